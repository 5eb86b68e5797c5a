"""Data in memory: matched to a model's inputs and outputs, checked on the host, placed on the device once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, nest, seeds
from plait.functional import ids
from plait.graph import ports, walks
from plait.graph.ports import Port
from plait.graph.tensor import SymbolicTensor
from plait.training import targets
from plait.training.feed import frames
from plait.training.objective import Objective, OutputObjective
from plait.training.program import Data


@dataclass
class Arrays:
    """Arrays in the order of the model's inputs and outputs; None for a target nobody asks for.

    examples: how many there are.
    """

    inputs: list[Any]
    targets: list[Any]
    weights: list[Any]
    examples: int

    def steps(self, batch: int) -> int:
        """Returns the number of batches, the last of which may be smaller."""
        return math.ceil(self.examples / batch)

    def part(self, start: int, stop: int) -> Arrays:
        """Returns the examples from start to stop."""

        def cut(arrays: list[Any]) -> list[Any]:
            return [None if array is None else array[start:stop] for array in arrays]

        return replace(
            self,
            inputs=cut(self.inputs),
            targets=cut(self.targets),
            weights=cut(self.weights),
            examples=min(stop, self.examples) - start,
        )

    def as_given(self) -> Data:
        """Returns the arrays where they are: a program that takes them just once places them sooner than `placed`."""
        return Data(self.inputs, self.targets, self.weights)

    def placed(self) -> Data:
        """Returns the arrays on the device."""
        return Data(*jax.device_put((self.inputs, self.targets, self.weights)))

    def order(self, batch: int, shuffle: Any, seed: int, turn: int) -> np.ndarray:
        """Returns the positions in the order they are taken in; see `order`."""
        return order(self.examples, batch, shuffle, seed, turn)


def order(examples: int, batch: int, shuffle: Any, seed: int, turn: int) -> np.ndarray:
    """Returns the positions of examples in the order they are taken in, padded to whole batches.

    Args: shuffle: True for a new order each turn, "batch" for batches as they are in another order, False for none.
          turn: e.g. the number of steps made so far; the order is a function of seed and turn.
    """
    positions = np.arange(examples, dtype=np.int32)
    if shuffle:
        generator = seeds.generator(f"order/{turn}", seed)
        if shuffle == "batch":
            whole = examples // batch * batch
            batches = generator.permutation(positions[:whole].reshape(-1, batch)).reshape(-1)
            positions = np.concatenate([batches, positions[whole:]])
        else:
            positions = generator.permutation(positions)
    padding = -examples % batch
    return np.concatenate([positions, np.zeros(padding, np.int32)])


def filled(array: Any, rows: int) -> np.ndarray:
    """Returns the array with its first row again and again at the end, so that it has as many as this."""
    array = np.asarray(array)
    return np.concatenate([array, np.repeat(array[:1], rows - len(array), axis=0)])


def read(
    model: Any, objective: Objective | None, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None
) -> Arrays:
    """Returns the data of a model, checked.

    Errors: ValueError or TypeError that names the array at fault; nothing has been changed then.
    """
    if x is None:
        raise ValueError(errors.explain("There are no inputs: x is None.", "Give arrays: x, and y for training."))
    inputs = (None if model.has_keras_call else as_declared(model, x)) or _arranged(model, x)
    check_values(model, inputs)
    found: list[Any] = []
    weights: list[Any] = []
    if objective is not None:
        found = targets_of(model, objective, y)
        weights = _weights(objective, found, sample_weight, class_weight)
    examples = len(inputs[0])
    if examples == 0 or any(array is not None and len(array) != examples for array in (*inputs, *found, *weights)):
        raise _no_samples(_counts(model, objective, inputs, found, weights))
    _check_batches(model, examples)
    given = inputs if model.has_keras_call else model.graph.before.run(inputs)
    return Arrays(given, found, weights, examples)


def _arranged(model: Any, x: Any) -> list[Any]:
    """Returns what is given for the inputs in their order, as they take it."""
    in_ports = model.input_ports
    x = frames.by_name(x, [port.name for port in in_ports], "inputs")
    given = ports.arrange(x, model.input_structure, in_ports, "inputs")
    tensors = nest.flatten(model.input_structure)
    sites = [tensor.node.site if isinstance(tensor, SymbolicTensor) else None for tensor in tensors]
    is_raw = [False] * len(tensors) if model.has_keras_call else model.graph.before.is_raw
    return [input_array(*one) for one in zip(given, in_ports, sites, is_raw, strict=True)]


def _check_batches(model: Any, examples: int) -> None:
    """Errors: ValueError for samples that make no whole batches, where a layer needs these."""
    sizes = (tensor.shape[0] for tensor in nest.flatten(model.input_structure) if tensor.shape)
    size = next(filter(None, sizes), None)
    if not size or examples % size == 0:
        return
    layer = walks.remembering_layer(model)
    if layer is not None:
        raise ValueError(
            errors.explain(
                f"{model} takes batches of {size}, as {layer} goes on in each where the one before ended, "
                f"got {errors.counted(examples, 'sample')}.",
                f"Give a multiple of {size}, with batch_size={size}.",
            )
        )


def _counts(
    model: Any, objective: Objective | None, inputs: list[Any], found: list[Any], weights: list[Any]
) -> dict[str, int]:
    """Returns how many samples each array has, by what it is."""
    counts = {f'input "{port.name}"': len(array) for port, array in zip(model.input_ports, inputs, strict=True)}
    for output, target, weight in zip(objective.outputs if objective else [], found, weights, strict=True):
        counts |= {} if target is None else {f'target "{output.port.name}"': len(target)}
        counts |= {} if weight is None else {f'sample weight "{output.port.name}"': len(weight)}
    return counts


def _no_samples(counts: dict[str, int]) -> ValueError:
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} has {count}" for name, count in counts.items())
        return ValueError(errors.explain(f"The arrays have different numbers of samples: {listed}."))
    return ValueError(errors.explain(f"The data are empty: {next(iter(counts))} has 0 samples."))


def as_declared(model: Any, given: Any) -> list[Any] | None:
    """Returns the arrays for the inputs of a graph if they are given just as these were declared, else None.

    What is given otherwise has to be arranged and converted, or refused: `read` does so, and takes longer.
    """
    leaves = given if isinstance(given, list | tuple) else [given]
    declared = model.graph.declared
    if len(leaves) != len(declared):
        return None
    for leaf, (shape, dtype) in zip(leaves, declared, strict=True):
        is_array = type(leaf) is np.ndarray or (isinstance(leaf, jax.Array) and not isinstance(leaf, jax.core.Tracer))
        if not (is_array and leaf.dtype == dtype and ports.fits(leaf.shape, shape)):
            return None
    return list(leaves)


def input_array(given: Any, port: Port, made_at: errors.CallSite | None = None, is_raw: bool = False) -> Any:
    """Returns what is given for an input, as the input takes it.

    Args:   is_raw: whether layers on the host take it, which take text and wide integers too.
    Errors: TypeError if it is no array of numbers; ValueError for another shape, or fractions where ids are wanted.
    """
    array = np.asarray(given) if is_raw else as_array(given, f'input "{port.name}"')
    if ports.way_in(array.shape, port.shape) is None:
        alone = (1, *array.shape)
        raise ValueError(
            errors.explain(
                f'The input "{port.name}" needs shape {port.shape}, got {array.shape}.',
                f"The first axis counts the samples. One sample alone: x[None], of shape {alone}."
                if ports.way_in(alone, port.shape) is ...
                else None,
                f"The Input was made at {made_at}." if made_at else None,
            )
        )
    if is_raw:
        return ports.arranged(array, port)
    if jnp.issubdtype(jnp.dtype(port.dtype), jnp.integer) and jnp.issubdtype(array.dtype, jnp.floating):
        problem = ids.not_whole(np.asarray(array))
        if problem:
            raise ValueError(
                errors.explain(f'The input "{port.name}" takes whole numbers ({port.dtype}), got {problem}.')
            )  # fmt: skip
    return ports.taken(array, port)


# By NumPy's letter for them: what arrays hold that are not of numbers, and what to do with it.
_NO_NUMBERS = {
    "U": ("text", "Turn text into numbers first: words or labels into ids."),
    "S": ("bytes", "Turn bytes into numbers first: np.frombuffer, or words into ids."),
    "O": ("objects", 'If all of them are numbers: .astype("float32"); None and text among them are none.'),
    "c": ("complex numbers", "Give real and imaginary part as two features: np.stack([x.real, x.imag], axis=-1)."),
}


def as_array(given: Any, name: str) -> Any:
    """Returns an array of numbers: JAX's as it is, anything else through NumPy.

    Errors: TypeError for strings and objects; ValueError for nested lists of unequal lengths.
    """
    if isinstance(given, jax.Array):
        return given
    if isinstance(given, str | bytes | SymbolicTensor):
        is_symbolic = isinstance(given, SymbolicTensor)
        raise TypeError(
            errors.explain(
                f"The {name} must be an array, got {errors.described(given)}.",
                "It has no numbers. To go on building from it, call the model: outputs = model(tensor)."
                if is_symbolic
                else None,
            )
        )
    given = frames.as_numbers(given, name)
    try:
        array = np.asarray(given)
    except ValueError as error:
        raise ValueError(errors.explain(f"The {name} cannot become an array: {error}.")) from error
    if array.dtype.kind not in "biuf" and array.dtype != jnp.bfloat16:
        if array.size and all(isinstance(one, list | tuple | np.ndarray) for one in array.flat):
            raise ValueError(
                errors.explain(
                    f"The {name} must be an array of numbers, got one of {len(array)} sequences.",
                    "Make them equally long first: plait.utils.pad_sequences(…).",
                )
            )
        kind, remedy = _NO_NUMBERS.get(array.dtype.kind, (f"values of dtype {array.dtype}", None))
        found = f"{kind} such as {array.ravel()[:1].tolist()[0]!r}" if array.size else kind
        if array.ndim == 0:
            found, remedy = errors.described(given), "Give a NumPy array, or what np.asarray makes one of."
        raise TypeError(errors.explain(f"The {name} must be an array of numbers, got {found}.", remedy))
    if array.ndim == 0:
        raise ValueError(errors.explain(f"The {name} must have an axis of samples, got the number {array}."))
    # float32 and int32: JAX computes in no wider types unless told to.
    return array.astype(jax.dtypes.canonicalize_dtype(array.dtype), copy=False)


def check_values(model: Any, inputs: list[Any]) -> None:
    """Asks the layers that read an input, as it is or (in a graph) arranged otherwise, whether its values suit them.

    Errors: ValueError that names the input, the layer and the value.
    """
    for number, see, layer in model.computation.readers:
        try:
            array = see(inputs[number])
        except Exception:  # what cannot be arranged as a whole, e.g. a reshape for one batch size
            continue
        problem = layer.problem_with(array)
        if problem:
            name = model.input_ports[number].name
            raise ValueError(errors.explain(f'The input "{name}" does not suit {layer}: {problem}'))


def targets_of(model: Any, objective: Objective, y: Any) -> list[Any]:
    """Returns what is given for the outputs in their order, checked; None for an output that needs none.

    Errors: ValueError or TypeError that names the target at fault.
    """
    outputs = objective.outputs
    if not any(output.needs_target for output in outputs):
        return [None] * len(outputs)
    if y is None:
        needed = ", ".join(f'"{output.port.name}"' for output in outputs if output.needs_target)
        raise ValueError(
            errors.explain(
                f"There are no targets: y is None, and loss or metrics compare the output {needed} with some.",
                "Give them after the inputs: fit(x, y).",
            )
        )
    if isinstance(y, dict):  # an output without loss and metrics needs no target
        y = {**{output.port.name: None for output in outputs if not output.needs_target}, **y}
    y = frames.by_name(y, [output.port.name for output in outputs], "targets")
    given = ports.arrange(y, model.output_structure, model.output_ports, "targets")
    return [
        targets.checked(as_array(array, f'target "{output.port.name}"'), output) if output.needs_target else None
        for array, output in zip(given, outputs, strict=True)
    ]


def _weights(objective: Objective, found: list[Any], sample_weight: Any, class_weight: Any) -> list[Any]:
    outputs = objective.outputs
    names = [output.port.name for output in outputs]
    per_output: list[Any]
    if isinstance(sample_weight, dict):
        for name in sample_weight:
            if name not in names:
                raise ValueError(
                    errors.explain(
                        f'sample_weight names "{name}", which is not an output.{errors.nearest(name, names)}',
                        f"Outputs: {', '.join(names)}.",
                    )
                )
        per_output = [sample_weight.get(name) for name in names]
    elif isinstance(sample_weight, list | tuple):
        if all(isinstance(one, int | float) for one in sample_weight):
            raise ValueError(
                errors.explain(
                    f"sample_weight is a {type(sample_weight).__name__} of numbers, where each output takes one array.",
                    "Write np.array(…) around it.",
                )
            )
        if len(sample_weight) != len(names):
            raise ValueError(
                errors.explain(
                    f"sample_weight is a list of {len(sample_weight)} for {errors.counted(len(names), 'output')}: "
                    f"{', '.join(names)}."
                )
            )
        per_output = list(sample_weight)
    else:
        per_output = [sample_weight if target is not None else None for target in found]
    result = []
    for output, target, given in zip(outputs, found, per_output, strict=True):
        name = f'sample weight "{output.port.name}"'
        weight = None if given is None else as_array(given, name).astype(np.float32)
        if weight is not None and target is None:
            raise ValueError(errors.explain(f"The {name} applies to nothing: the output has no loss."))
        if weight is not None and weight.ndim > 1 and weight.shape != target.shape[: weight.ndim]:
            if weight.ndim != 2 or weight.shape[1] != 1:
                raise ValueError(
                    errors.explain(f"The {name} needs shape (samples,) or {target.shape[:2]}, got {weight.shape}.")
                )
            weight = weight[:, 0]
        result.append(weight)
    if class_weight is not None:
        _apply_class_weight(outputs, found, result, class_weight)
    return result


def _apply_class_weight(outputs: list[Any], found: list[Any], weights: list[Any], class_weight: Any) -> None:
    names = [output.port.name for output in outputs]
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            errors.explain(
                f"class_weight must be a dict from class ids to factors, got {class_weight!r}.",
                "For example: class_weight={0: 1.0, 1: 2.0}.",
            )
        )
    by_output = class_weight if any(isinstance(value, dict) for value in class_weight.values()) else None
    if by_output is None:
        if len(outputs) > 1:
            raise ValueError(
                errors.explain(
                    "class_weight needs a dict per output for a model with several.",
                    f'For example: class_weight={{"{names[0]}": {{0: 1.0, 1: 2.0}}}}.',
                )
            )
        by_output = {names[0]: class_weight}
    for name, factors in by_output.items():
        if name not in names:
            raise ValueError(
                errors.explain(f'class_weight names "{name}", which is not an output.{errors.nearest(name, names)}',
                               f"Outputs: {', '.join(names)}.")
            )  # fmt: skip
        position = names.index(name)
        classes = _classes(found[position], outputs[position], factors)
        there, positions = np.unique(classes, return_inverse=True)
        # A class that is not named counts as 1.
        table = np.array([factors.get(label, 1.0) for label in there.tolist()], np.float32)
        per_example = table[positions].reshape(classes.shape)
        weights[position] = per_example if weights[position] is None else weights[position] * per_example


def _classes(target: Any, output: OutputObjective, factors: Mapping[Any, float]) -> np.ndarray:
    """Returns the class of each target, once it is clear that these factors can be meant for them."""
    size = output.port.shape[-1]
    array = np.asarray(target)
    has_columns = array.ndim == len(output.port.shape) and array.shape[-1] > 1
    who = f'class_weight of the output "{output.port.name}"'
    problem: str | None = None
    if target is None:
        problem = f"{who} applies to nothing: the output has no loss."
    elif unknown := [label for label in factors if not isinstance(label, int | float | np.integer) or label % 1]:
        problem = f"{who} needs class ids as its keys, whole numbers, got {unknown[0]!r}."
    elif size not in (1, None) and (outside := [label for label in factors if not 0 <= label < size]):
        problem = f"{who} names class {outside[0]}, but its classes go from 0 to {size - 1}."
    elif not has_columns and (wrong := ids.not_whole(array)):
        problem = f"{who} needs targets that are classes, got {wrong}."
    if problem:
        way_out = "For example: class_weight={0: 1.0, 1: 2.0}."
        raise ValueError(errors.explain(problem, way_out))
    if has_columns:
        return array.argmax(-1)
    return array[..., 0] if array.ndim == len(output.port.shape) else array
