"""Random programs that draw a model: the same text is run with Plait and with genuine Keras."""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

import plait
from plait.core import nest
from plait.graph.tensor import is_symbolic
from tests.layers.cases_core import scaled
from tests.parity.steps import Step, Tensor
from tests.parity.table_of_functions import FUNCTIONS
from tests.parity.table_of_layers import LAYERS
from tests.spelled import Spelled

STEPS = [*LAYERS, *FUNCTIONS]
# Only steps that draw nothing are put between those that a program is dealt.
FREE = [step for step in STEPS if not step.is_random]
SHAPES = [(4,), (5, 3), (4, 4), (2, 3), (1, 4), (4, 5, 2), (6, 6, 3), (3, 4, 3, 2), (2, 3, 2, 3, 1)]
INPUTS = [Tensor("", (4,), is_ids=True), *(Tensor("", shape) for shape in SHAPES)]
BATCH = 3
# Steps that a program is dealt; it has about twice as many.
DEALT = 4
COUNT = -(-len(STEPS) // DEALT)


class Program:
    """The text of a program that ends in `model = …`, and the structure of tensors that the model takes.

    is_random: whether the model draws random numbers in training.
    """

    def __init__(self, text: str, takes: Any, is_random: bool) -> None:
        self.text = text
        self.takes = takes
        self.is_random = is_random

    def __str__(self) -> str:
        """Returns the program as it runs by itself."""
        return "\n".join(
            [
                "from plait import Input, Model, Sequential, layers, ops",
                "from tests.layers.cases_core import scaled",
                "",
                self.text,
            ]
        )

    def run(self, library: Any) -> Any:
        """Returns the model that a library makes of it."""
        variables = names_of(library)
        exec(self.text, variables)
        return variables["model"]

    def data(self) -> Any:
        """Returns a batch. Some ids are 0, and some steps of sequences nothing but 0.5; both may be masked."""
        numbers = np.random.default_rng(0)

        def array(tensor: Tensor) -> np.ndarray:
            shape = (BATCH, *tensor.shape)
            if tensor.is_ids:
                ids = numbers.integers(0, 5, shape)
                ids[:, 1] = 3
                return ids.astype("int32")
            values = numbers.uniform(0, 1, shape) if len(shape) == 4 else numbers.normal(size=shape)
            if len(shape) == 3:
                values[1, -1] = values[2, 0] = 0.5
            return values.astype("float32")

        return nest.walk(array, self.takes)


def names_of(library: Any) -> dict[str, Any]:
    """Returns what a program may use."""
    names = ("Input", "Model", "Sequential", "layers", "ops")
    return {name: getattr(library, name) for name in names} | {"scaled": scaled}


def program(deal: int, number: int) -> Program:
    """Returns a program. Each deal gives every step of the table to one of its COUNT programs.

    What draws random numbers is kept together, so that few programs have any of it.
    """
    steps = list(STEPS)
    random.Random(deal).shuffle(steps)
    steps.sort(key=lambda step: step.is_random)
    writer = _Writer(random.Random(f"{deal} {number}"))
    dealt = steps[number * DEALT : (number + 1) * DEALT]
    takes = writer.whole(dealt)
    return Program("\n".join(writer.lines), takes, any(step.is_random for step in dealt))


class Called(NamedTuple):
    """A layer or model of the program, what tensors it was called on, and what writes a call on others.

    is_plain: whether it is called on one tensor alone.
    """

    name: str
    takes: list[Tensor]
    write: Callable[[list[str]], str]
    is_plain: bool


class _Writer:
    """Writes a program line by line, runs each line with Plait, and knows what is there to be called."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.lines: list[str] = []
        self.variables = names_of(plait)
        self.called: list[Called] = []
        self.names: Counter[str] = Counter()
        self.used: set[str] = set()
        self.depth = 0

    def name(self, stem: str) -> str:
        self.names[stem] += 1
        return f"{stem}{self.names[stem]}"

    def value(self, text: str) -> Any:
        """Returns what an expression gives."""
        try:
            return eval(text, self.variables)
        except Exception as error:
            error.add_note("\n".join([*self.lines, text]))
            raise

    def write(self, name: str, text: str) -> Any:
        """Writes a line that gives a variable a value, and returns the value."""
        value = self.variables[name] = self.value(text)
        self.lines.append(f"{name} = {text}")
        return value

    # -------------------------------------------------------------------------------------- a model

    def whole(self, dealt: Sequence[Step]) -> Any:
        """Writes the model that all these steps are in, with others between them; returns what tensors it takes."""
        inputs: list[Tensor] = []
        known: list[Tensor] = []
        for step in dealt:
            if not any(map(step.takes, known)):
                inputs.append(self.input(self.random.choice([one for one in INPUTS if step.takes(one)])))
                known.append(inputs[-1])
            known += self.follow(step, self.fitting(step, known))
            if self.random.random() < 0.4:
                known += self.move(known)
        ends = [tensor for tensor in known if tensor.name not in self.used]
        embed = Step(lambda L: L.Embedding(5, 2), of_ids=True)
        floats = [made for end in ends for made in (self.follow(embed, [end]) if end.is_ids else [end])]
        return self.model("model", inputs, floats)

    def model(self, name: str, inputs: list[Tensor], outputs: list[Tensor]) -> Any:
        """Writes the line that makes a model, and returns the structure of tensors it takes."""
        takes = self.structure(inputs)
        self.write(name, f"Model({_written(takes)}, {_written(self.structure(outputs))})")
        return takes

    def input(self, like: Tensor) -> Tensor:
        tensor = replace(like, name=self.name("x"))
        self.write(tensor.name, tensor.entry)
        return tensor

    def structure(self, tensors: list[Tensor]) -> Any:
        """Returns the tensors in a structure; one tensor may stay alone."""
        choices: list[Any] = [list(tensors), dict(zip(string.ascii_lowercase, tensors, strict=False))]
        if len(tensors) == 1:
            choices = [tensors[0], *choices]
        if len(tensors) == 3:
            choices.append({"a": tensors[0], "b": [tensors[1], tensors[2]]})
        return self.random.choice(choices)

    # -------------------------------------------------------------------------------------- its lines

    def move(self, known: list[Tensor]) -> list[Tensor]:
        """Goes on somehow from some tensors."""
        moves = [self.fresh, self.fresh, self.again, self.again, self.chained]
        moves += [self.nested] * 2 if self.depth < 2 else []
        return self.random.choice(moves)(known)

    def fresh(self, known: list[Tensor]) -> list[Tensor]:
        """Takes a step that was not taken yet."""
        tensor = self.one_of(known)
        step = self.random.choice([step for step in FREE if step.takes(tensor)])
        return self.follow(step, self.fitting(step, known, like=tensor))

    def follow(self, step: Step, tensors: list[Tensor]) -> list[Tensor]:
        """Takes a step, and returns the tensors it gives."""
        if step.make is None:
            return self.result(str(step.call(Spelled(), *(Spelled(tensor.name) for tensor in tensors))), tensors)
        name = self.name("layer")
        self.write(name, str(step))
        takes = [step.like(tensor.shape) for tensor in tensors]

        def write(names: list[str]) -> str:
            return str(step.call(Spelled(name), *map(Spelled, names)))

        return self.call(Called(name, takes, write, step.is_plain), tensors)

    def again(self, known: list[Tensor]) -> list[Tensor]:
        """Calls a layer or model that was called before, in this model or another."""
        fitting = [one for one in self.called if all(any(map(x.takes, known)) for x in one.takes)]
        if not fitting:
            return self.fresh(known)
        called = self.random.choice(fitting)
        return self.call(called, [self.one_of([t for t in known if x.takes(t)]) for x in called.takes])

    def chained(self, known: list[Tensor]) -> list[Tensor]:
        """Calls a new Sequential model; it may hold a layer that is used elsewhere too."""
        entry = self.one_of(known)
        first = tensor = _anywhere(entry)
        value = self.value(first.entry)
        held: list[str] = []
        for _ in range(self.random.randint(1, 3)):
            shared = [one.name for one in self.called if one.is_plain and one.takes[0].takes(tensor)]
            shared = [name for name in shared if name not in held]
            if shared and self.random.random() < 0.3:
                text = self.random.choice(shared)
            else:
                text = str(self.random.choice([step for step in FREE if step.is_plain and step.takes(tensor)]))
            made = self.value(text)(value)
            # What has several outputs cannot stand in a Sequential model.
            if is_symbolic(made):
                held.append(text)
                value, tensor = made, _anywhere(self.tensor("", made, []))
        begun = [first.entry] if self.random.random() < 0.5 else []
        name = self.name("chain")
        self.write(name, f"Sequential([{', '.join(begun + (held or ['layers.Identity()']))}])")
        return self.call(Called(name, [first], lambda names: f"{name}({names[0]})", is_plain=True), [entry])

    def nested(self, known: list[Tensor]) -> list[Tensor]:
        """Writes another model, and calls it."""
        name = self.name("model")
        given = [self.one_of(known) for _ in range(self.random.choice([1, 1, 2]))]
        like = [_anywhere(tensor) for tensor in given]
        self.depth += 1
        inputs = [self.input(tensor) for tensor in like]
        inner = list(inputs)
        for _ in range(self.random.randint(1, 3)):
            inner += self.move(inner)
        # The last is always among the outputs, so that most of what was drawn is in the model.
        floats = [tensor for tensor in inner if not tensor.is_ids] or self.fresh(inner)
        others = self.random.sample(floats[:-1], min(len(floats) - 1, self.random.choice([0, 0, 1, 2])))
        takes = self.model(name, inputs, [*others, floats[-1]])
        self.depth -= 1

        def write(names: list[str]) -> str:
            return f"{name}({_written(nest.pack(takes, names))})"

        return self.call(Called(name, like, write, isinstance(takes, Tensor)), given)

    def call(self, called: Called, inputs: list[Tensor]) -> list[Tensor]:
        """Writes a call, and returns the tensors it gives."""
        if called not in self.called:
            self.called.append(called)
        return self.result(called.write([tensor.name for tensor in inputs]), inputs)

    def result(self, text: str, inputs: list[Tensor]) -> list[Tensor]:
        """Writes a line with the tensors that an expression gives."""
        self.used |= {tensor.name for tensor in inputs}
        value = self.value(text)
        name = self.name("t" if is_symbolic(value) else "several")
        self.variables[name] = value
        self.lines.append(f"{name} = {text}")
        if is_symbolic(value):
            return [self.tensor(name, value, inputs)]
        leaves = [(self.name("t"), path) for path in _places(value)]
        return [self.tensor(leaf, self.write(leaf, f"{name}{path}"), inputs) for leaf, path in leaves]

    # -------------------------------------------------------------------------------------- its tensors

    def tensor(self, name: str, value: Any, inputs: list[Tensor]) -> Tensor:
        """Returns a tensor that was computed from others."""
        # In a model inside another it is not known yet what carries a mask.
        is_masked = value.node.masked[value.index] or (
            self.depth > 0 and len(value.shape) > 2 and any(tensor.is_masked for tensor in inputs)
        )
        return Tensor(name, tuple(value.shape[1:]), "int" in value.dtype, is_masked, is_computed=True)

    def one_of(self, tensors: list[Tensor]) -> Tensor:
        """Returns a tensor, more often one that nothing was called on yet."""
        loose = [tensor for tensor in tensors if tensor.name not in self.used]
        return self.random.choice(loose if loose and self.random.random() < 0.7 else tensors)

    def fitting(self, step: Step, known: list[Tensor], like: Tensor | None = None) -> list[Tensor]:
        """Returns tensors of one shape for a step, which may repeat."""
        known = [tensor for tensor in known if step.takes(tensor)]
        first = like or self.one_of(known)
        alike = [tensor for tensor in known if tensor.shape == first.shape]
        return [first, *(self.one_of(alike) for _ in range(step.count - 1))]


def _anywhere(tensor: Tensor) -> Tensor:
    """Returns what stands for a tensor inside another model, which may be called again on one with a mask."""
    return replace(tensor, name="", is_masked=len(tensor.shape) > 1, is_computed=True)


def _written(structure: Any) -> str:
    """Returns the structure as the program spells it."""
    if isinstance(structure, dict):
        return "{" + ", ".join(f'"{key}": {_written(one)}' for key, one in structure.items()) + "}"
    if isinstance(structure, list):
        return "[" + ", ".join(map(_written, structure)) + "]"
    return str(structure)


def _places(structure: Any, path: str = "") -> Iterator[str]:
    """Yields the subscripts that lead to each tensor."""
    if is_symbolic(structure):
        yield path
        return
    for key, one in structure.items() if isinstance(structure, dict) else enumerate(structure):
        yield from _places(one, f"{path}[{key!r}]")
