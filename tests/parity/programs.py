"""Random programs that draw a model: the same text is run with Plait and with genuine Keras."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import hypothesis.strategies as st
import numpy as np

from plait.core import nest

Shape = tuple[int, ...]
SIZES = st.sampled_from([2, 3, 4])
# No axis grows beyond this.
LARGEST = 12


@dataclass(frozen=True)
class Tensor:
    """A variable of the program: its shape without the batch, whether it holds ids, and whether it may carry a mask."""

    name: str
    shape: Shape
    is_ids: bool = False
    may_be_masked: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def entry(self) -> str:
        """The Input that gives such a tensor."""
        return f"Input({self.shape}, dtype='int32')" if self.is_ids else f"Input({self.shape})"

    def fits(self, other: Tensor) -> bool:
        """Whether one can stand in the place of the other."""
        return (self.shape, self.is_ids) == (other.shape, other.is_ids)


class Called(NamedTuple):
    """A layer or model of the program, the structure of tensors it was first called on, and what that gave."""

    name: str
    takes: Any
    gives: Any


class Program:
    """The text of a program that ends in `model = …`, and the structure of tensors that the model takes."""

    def __init__(self, text: str, takes: Any) -> None:
        self.text = text
        self.takes = takes

    def __repr__(self) -> str:
        return f"\n\n{self.text}\n"

    def run(self, library: Any) -> Any:
        """Returns the model that a library makes of it."""
        variables = {name: getattr(library, name) for name in ("Input", "Model", "Sequential", "layers")}
        exec(self.text, variables)
        return variables["model"]

    def data(self) -> Any:
        """Returns a batch of two examples. Some ids are 0."""
        random = np.random.default_rng(0)

        def array(tensor: Tensor) -> np.ndarray:
            if tensor.is_ids:
                return random.integers(0, 5, (2, *tensor.shape)).astype("int32")
            return random.normal(size=(2, *tensor.shape)).astype("float32")

        return nest.walk(array, self.takes)


@st.composite
def programs(draw: Callable[..., Any]) -> Program:
    """Draws programs: layers that are shared, models in models, several inputs and outputs, operators."""
    writer = _Writer(draw)
    takes, _ = writer.model("model", depth=0)
    return Program("\n".join(writer.lines), takes)


class _Writer:
    """Writes a program line by line, and knows what is there to be called."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw
        self.lines: list[str] = []
        self.called: list[Called] = []
        self.names: Counter[str] = Counter()

    def name(self, stem: str) -> str:
        self.names[stem] += 1
        return f"{stem}{self.names[stem]}"

    def one_of(self, choices: Any) -> Any:
        return self.draw(st.sampled_from(list(choices)))

    # -------------------------------------------------------------------------------------- a model

    def model(self, name: str, depth: int, like: list[Tensor] | None = None) -> tuple[Any, Any]:
        """Writes a model, and returns the structures of tensors it takes and gives.

        Args: like: for a model inside another, the tensors it will be called on.
        """
        tensors = [self.input(one) for one in like or self.kinds_of_input()]
        inputs = self.structure(tensors)
        calls = [self.fresh, self.fresh, self.again, self.again, self.merged, self.operated, self.chained]
        calls += [lambda known: self.nested(known, depth + 1)] * 2 if depth < 2 else []
        for _ in range(self.draw(st.integers(2, 7 if depth == 0 else 3))):
            tensors += self.one_of(calls)(tensors)
        # The last is always among the outputs, so that most of what was drawn is in the model.
        last = next((tensor for tensor in reversed(tensors) if not tensor.is_ids), None) or self.fresh(tensors)[0]
        others = self.draw(st.lists(st.sampled_from(tensors), max_size=2, unique=True))
        outputs = self.structure([tensor for tensor in others if not tensor.is_ids and tensor != last] + [last])
        self.lines.append(f"{name} = Model({_written(inputs)}, {_written(outputs)})")
        return inputs, outputs

    def kinds_of_input(self) -> list[Tensor]:
        kinds = [Tensor("", (4,), is_ids=True), Tensor("", (self.draw(SIZES),)), Tensor("", (4, self.draw(SIZES)))]
        return [self.one_of(kinds) for _ in range(self.one_of([1, 1, 2]))]

    def input(self, like: Tensor) -> Tensor:
        tensor = replace(like, name=self.name("x"))
        self.lines.append(f"{tensor} = {tensor.entry}")
        return tensor

    def structure(self, tensors: list[Tensor]) -> Any:
        """Returns the tensors in a structure; one tensor may stay alone."""
        keys = "abcdef"
        choices: list[Any] = [list(tensors), dict(zip(keys, tensors, strict=False))]
        if len(tensors) == 1:
            choices = [tensors[0], *choices]
        if len(tensors) == 3:
            choices.append({"a": tensors[0], "b": [tensors[1], tensors[2]]})
        return self.one_of(choices)

    # -------------------------------------------------------------------------------------- its lines

    def fresh(self, known: list[Tensor]) -> list[Tensor]:
        """Calls a new layer."""
        tensor = self.one_of(known)
        layer, shape, keeps_mask = self.one_of(_layers(tensor, self.draw(SIZES)))
        name = self.name("layer")
        self.lines.append(f"{name} = layers.{layer}")
        made = Tensor("", shape, may_be_masked=_makes_mask(layer) or (keeps_mask and tensor.may_be_masked))
        return self.call(Called(name, tensor, made), tensor)

    def again(self, known: list[Tensor]) -> list[Tensor]:
        """Calls a layer or model that was called before, in this model or another."""
        fitting = [one for one in self.called if all(any(t.fits(x) for t in known) for x in nest.flatten(one.takes))]
        if not fitting:
            return self.fresh(known)
        called = self.one_of(fitting)
        alike = [[tensor for tensor in known if tensor.fits(one)] for one in nest.flatten(called.takes)]
        return self.call(called, nest.pack(called.takes, map(self.one_of, alike)))

    def merged(self, known: list[Tensor]) -> list[Tensor]:
        """Calls a merging layer."""
        some = self.alike(known, self.one_of([2, 2, 3]))
        if not some:
            return self.fresh(known)
        layer, shape = self.one_of(_merging(some))
        name = self.name("layer")
        self.lines.append(f"{name} = layers.{layer}")
        made = Tensor("", shape, may_be_masked=any(tensor.may_be_masked for tensor in some))
        return self.call(Called(name, some, made), some)

    def operated(self, known: list[Tensor]) -> list[Tensor]:
        """Writes an operator. Not on masks: Keras's operators drop them, Plait's keep them."""
        some = self.alike([tensor for tensor in known if not tensor.may_be_masked], 2)
        if not some:
            return self.fresh(known)
        a, b = some
        text = self.one_of(
            [f"{a} + {b}", f"{a} - {b}", f"{a} * {b}", f"1.0 - {a}", f"{a} * 0.5", f"-{a}", f"{a} / 2.0"]
        )
        made = Tensor(self.name("t"), a.shape)
        self.lines.append(f"{made} = {text}")
        return [made]

    def chained(self, known: list[Tensor]) -> list[Tensor]:
        """Calls a new Sequential model; it may hold a layer that is used elsewhere too."""
        tensor = entry = self.one_of(known)
        texts = [tensor.entry] if self.draw(st.booleans()) else []
        held: set[str] = set()
        for _ in range(self.draw(st.integers(1, 3))):
            shared = [
                one
                for one in self.called
                if isinstance(one.takes, Tensor)
                and isinstance(one.gives, Tensor)
                and one.takes.fits(tensor)
                and one.name not in held
            ]
            if shared and self.one_of([True, False, False]):
                one = self.one_of(shared)
                held.add(one.name)
                texts.append(one.name)
                tensor = replace(one.gives, may_be_masked=tensor.may_be_masked or one.gives.may_be_masked)
            else:
                layer, shape, _ = self.one_of(_layers(tensor, self.draw(SIZES)))
                texts.append(f"layers.{layer}")
                tensor = Tensor("", shape, may_be_masked=_makes_mask(layer) or tensor.may_be_masked)
        name = self.name("chain")
        self.lines.append(f"{name} = Sequential([{', '.join(texts)}])")
        return self.call(Called(name, entry, tensor), entry)

    def nested(self, known: list[Tensor], depth: int) -> list[Tensor]:
        """Writes another model, and calls it."""
        name = self.name("model")
        inputs = [self.one_of(known) for _ in range(self.one_of([1, 1, 2]))]
        # It may be called again on what carries a mask.
        like = [replace(tensor, may_be_masked=len(tensor.shape) > 1) for tensor in inputs]
        takes, gives = self.model(name, depth, like)
        return self.call(Called(name, takes, gives), nest.pack(takes, inputs))

    def call(self, called: Called, inputs: Any) -> list[Tensor]:
        """Writes a call, and returns the tensors it gives."""
        if called not in self.called:
            self.called.append(called)
        is_masked = any(tensor.may_be_masked for tensor in nest.flatten(inputs))
        made = nest.walk(
            lambda one: replace(
                one, name=self.name("t"), may_be_masked=len(one.shape) > 1 and (one.may_be_masked or is_masked)
            ),
            called.gives,
        )
        text = f"{called.name}({_written(inputs)})"
        if isinstance(made, Tensor):
            self.lines.append(f"{made} = {text}")
        else:
            result = self.name("several")
            self.lines.append(f"{result} = {text}")
            self.lines += [f"{tensor} = {result}{place}" for place, tensor in _places(made)]
        return nest.flatten(made)

    def alike(self, known: list[Tensor], count: int) -> list[Tensor]:
        """Returns tensors of one shape, which may repeat; none if there are but ids."""
        known = [tensor for tensor in known if not tensor.is_ids]
        if not known:
            return []
        first = self.one_of(known)
        return [first] + [self.one_of([tensor for tensor in known if tensor.fits(first)]) for _ in range(count - 1)]


def _layers(tensor: Tensor, size: int) -> list[tuple[str, Shape, bool]]:
    """Returns the layers that a tensor can go into: what is called, the shape that comes out, whether masks pass."""
    if tensor.is_ids:
        shape = (*tensor.shape, size)
        return [(f"Embedding(5, {size})", shape, False), (f"Embedding(5, {size}, mask_zero=True)", shape, False)]
    shape, features = tensor.shape, tensor.shape[-1]
    found = [
        (f"Dense({size})", (*shape[:-1], size), True),
        (f"Dense({size}, activation='relu')", (*shape[:-1], size), True),
        (f"Dense({size}, use_bias=False)", (*shape[:-1], size), True),
        ("Activation('tanh')", shape, True),
        ("Dropout(0.5)", shape, True),
        ("BatchNormalization()", shape, True),
    ]
    if len(shape) == 1:
        found.append((f"Reshape(({features}, 1))", (features, 1), False))
        found += [("Reshape((2, -1))", (2, features // 2), False)] if features % 2 == 0 else []
        return found
    steps = shape[0]
    found += [
        ("Permute((2, 1))", shape[::-1], False),
        (f"Conv1D({size}, 2, padding='same', strides=2)", (-(-steps // 2), size), False),
        ("GlobalMaxPooling1D()", (features,), False),
        ("GlobalAveragePooling1D()", (features,), False),
        ("AveragePooling1D(2, padding='same')", (-(-steps // 2), features), False),
        (f"LSTM({size})", (size,), False),
        (f"LSTM({size}, return_sequences=True)", (steps, size), True),
    ]
    if steps > 1:
        found += [
            (f"Conv1D({size}, 2)", (steps - 1, size), False),
            ("MaxPooling1D(2)", (steps // 2, features), False),
        ]
    if steps * features <= LARGEST:
        found += [
            ("Flatten()", (steps * features,), False),
            ("Reshape((-1,))", (steps * features,), False),
        ]
    return found


def _merging(some: list[Tensor]) -> list[tuple[str, Shape]]:
    shape = some[0].shape
    found = [(f"{name}()", shape) for name in ("Add", "Multiply", "Average", "Maximum", "Minimum")]
    found += [("Subtract()", shape)] if len(some) == 2 else []
    for axis in range(len(shape)):
        size = shape[axis] * len(some)
        if size <= LARGEST:
            found.append((f"Concatenate(axis={axis + 1})", (*shape[:axis], size, *shape[axis + 1 :])))
    return found


def _makes_mask(layer: str) -> bool:
    return "mask_zero" in layer


def _written(structure: Any) -> str:
    """Returns the structure as the program spells it."""
    if isinstance(structure, dict):
        return "{" + ", ".join(f'"{key}": {_written(one)}' for key, one in structure.items()) + "}"
    if isinstance(structure, list):
        return "[" + ", ".join(map(_written, structure)) + "]"
    return str(structure)


def _places(structure: Any, path: str = "") -> Iterator[tuple[str, Tensor]]:
    """Yields the subscripts that lead to each tensor."""
    if isinstance(structure, Tensor):
        yield path, structure
        return
    for key, one in structure.items() if isinstance(structure, dict) else enumerate(structure):
        yield from _places(one, f"{path}[{key!r}]")
