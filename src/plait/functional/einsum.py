"""Products of inputs and a kernel in Einstein's notation: which sizes the kernel, the bias and the outputs have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

Shape: TypeAlias = tuple[int | None, ...]

# Where an equation leaves axes out, and how it is then written.
_FORMS = {
    "nowhere": r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)",
    "left": r"\.\.\.([a-zA-Z]+),([a-zA-Z]+)->\.\.\.([a-zA-Z]+)",
    "right": r"([a-zA-Z]{2,})\.\.\.,([a-zA-Z]+)->([a-zA-Z]+)\.\.\.",
}


class Equation(NamedTuple):
    """The letters of inputs, kernel and outputs, and on which side "..." stands for further axes."""

    inputs: str
    kernel: str
    outputs: str
    elided: str


class Sizes(NamedTuple):
    """The shapes of kernel, bias (None without one) and outputs, and which axes of the kernel count what.

    input_axes:  the axes of the kernel that are summed over.
    output_axes: those that the outputs have.
    """

    kernel: Shape
    bias: Shape | None
    outputs: Shape
    input_axes: tuple[int, ...]
    output_axes: tuple[int, ...]


def parsed(equation: str) -> Equation:
    """Returns the parts of an equation such as `"abc,cd->abd"`, `"...a,ab->...b"` or `"ab...,bc->ac..."`.

    Errors: ValueError for one that is not written so, or with a letter whose size nothing says.
    """
    found = [(elided, match) for elided, form in _FORMS.items() if (match := re.fullmatch(form, equation))]
    if not found:
        raise ValueError(f"an equation is written x,y->z, ...x,y->...z or x...,y->z..., got {equation!r}.")
    elided, match = found[0]
    inputs, kernel, outputs = match.groups()
    unknown = [*set(outputs) - set(inputs + kernel), *set(kernel) - set(inputs + outputs)]
    if unknown:
        raise ValueError(f"{min(unknown)!r} stands in one place only of the equation {equation!r}.")
    return Equation(inputs, kernel, outputs, elided)


def sizes(equation: Equation, input_shape: Shape, output_shape: Shape, bias_axes: str | None = None) -> Sizes:
    """Returns the shapes that belong to inputs of this shape, with None for what is not known.

    Args:   output_shape: without the batch, and without axes that "..." stands for; None for sizes of the inputs.
            bias_axes: the letters of the outputs that the bias has; None for no bias.
    Errors: ValueError if the shapes do not fit the equation.
    """
    inputs, kernel, outputs, elided = equation
    further = len(input_shape) - len(inputs)
    if further < 0 or (further and elided == "nowhere"):
        raise ValueError(f"the equation names {len(inputs)} of {len(input_shape)} axes.")
    left = further if elided == "left" else 0
    right = further if elided == "right" else 0
    # The batch is the first of the further axes on the left, or else the first letter.
    whole = [*input_shape[: max(left, 1)], *output_shape, *input_shape[len(input_shape) - right :]]
    if len(whole) != left + len(outputs) + right:
        raise ValueError(f"the outputs {outputs!r} do not have the axes of output_shape {tuple(output_shape)}.")
    given = dict(zip(inputs, input_shape[left:], strict=False))
    wanted = dict(zip(outputs, whole[left:], strict=False))
    for letter in set(given) & set(wanted):
        if None not in (given[letter], wanted[letter]) and given[letter] != wanted[letter]:
            raise ValueError(
                f"{letter!r} of the equation is {given[letter]} in the inputs and {wanted[letter]} in output_shape."
            )
    known = given | {letter: size if size is not None else given.get(letter) for letter, size in wanted.items()}
    whole[left : left + len(outputs)] = [known[letter] for letter in outputs]
    return Sizes(
        tuple(known[letter] for letter in kernel),
        _bias(equation, known, bias_axes, right) if bias_axes else None,
        tuple(whole),
        tuple(axis for axis, letter in enumerate(kernel) if letter not in wanted),
        tuple(axis for axis, letter in enumerate(kernel) if letter in wanted),
    )


def _bias(equation: Equation, known: dict[str, int | None], bias_axes: Sequence[str], right: int) -> Shape:
    """Returns the sizes of the outputs from the first of the bias's axes on, 1 where the bias has none."""
    outputs = equation.outputs
    missing = set(bias_axes) - set(outputs)
    if missing:
        raise ValueError(f"bias_axes are letters of the outputs {outputs!r}, got {min(missing)!r}.")
    first = min(map(outputs.index, bias_axes))
    return (*(known[letter] if letter in bias_axes else 1 for letter in outputs[first:]), *[1] * right)
