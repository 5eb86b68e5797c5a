"""What a user gave a model: arrays as a whole, or a source of batches; and what is read of it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plait.core import errors, nest
from plait.training import asked, checks
from plait.training import steps as own_steps
from plait.training.compiled import Compiled
from plait.training.feed import arrays, sources
from plait.training.feed.arrays import Arrays
from plait.training.feed.batches import END, Batches, Kind, Source, in_batch, noted
from plait.training.feed.numbered import Slices
from plait.training.program import Program, no_loss
from plait.training.steps import Packed, Steps

# Makes arrays of x, y and sample_weight.
Reader = Callable[[Any, Any, Any], Arrays]


@dataclass
class Given:
    """Data as they were given.

    source:  of batches; None if the data are there as a whole.
    element: (x, y, sample_weight), or the first batch of the source.
    what:    e.g. "the training data", for errors.
    is_told: whether errors of arrays are to say so too, as they are not the ones that x and y stand for.
    """

    source: Source | None
    element: Any
    what: str
    is_told: bool = False

    def build(self, model: Any) -> None:
        """Builds a model whose inputs are known only now."""
        with self._told():
            x, _, _ = asked.unpacked(self.element)
            if x is not None:
                model.build_for(x)

    def read(self, model: Any, reader: Reader) -> Arrays | Batches:
        """Returns the arrays, or the batches, of which the first one is read."""
        if self.source is None:
            with self._told():
                return reader(*self.element)

        def read(element: Any) -> Arrays:
            return reader(*asked.unpacked(element))

        return Batches(self.source, read, functools.partial(_kinds, model), self.element, self.what)

    @property
    def whereabouts(self) -> str:
        """Where the data are while they are gone over: "device", "host" for arrays that stay there, or "batches".

        Arrays that are mapped from a file, or larger than a quarter of the device's memory, go there batch by batch.
        """
        if self.source is None:
            return "device"
        return "host" if isinstance(self.source, Slices) else "batches"

    def split(self, fraction: float) -> tuple[Given, Given]:
        """Returns the first of the samples, and the last fraction of them.

        Errors: ValueError for batches, which are not known before they come.
        """
        if not isinstance(self.source, Slices):
            raise ValueError(
                errors.explain(
                    f"validation_split needs {self.what} as arrays, and they come batch by batch.",
                    "Give validation_data, which may come batch by batch too.",
                )
            )
        examples = self.source.rows.examples
        at = checks.split_position(examples, fraction)
        parts = self.source.part(0, at), self.source.part(at, examples)
        return Given(parts[0], parts[0].first(), self.what), Given(parts[1], parts[1].first(), "validation_data")

    def _told(self) -> contextlib.AbstractContextManager[None]:
        if self.source is not None:
            return in_batch(1, self.what)
        return noted(f"  In {self.what}.") if self.is_told else contextlib.nullcontext()


def given(
    x: Any,
    y: Any,
    sample_weight: Any,
    batch_of: Callable[[int], int],
    what: str,
    steps: int | None,
    asks_for: str,
    is_told: bool = False,
) -> Given:
    """Returns data as they were given.

    Args:   batch_of: the size of a batch for so many samples.
            steps: how many batches are asked for by the argument `asks_for`; None for all.
            what, is_told: see `Given`.
    Errors: ValueError if there are no batches, or no end of them and all are asked for; what making one raises.
    """
    source = sources.of(x, y, sample_weight, batch_of)
    if source is None:
        return Given(None, (x, y, sample_weight), what, is_told)
    if source.is_endless and steps is None:
        raise ValueError(errors.explain(f"There is no end of {what}: say how many batches, by {asks_for}."))
    with in_batch(1, what):
        element = source.first()
    if element is END:
        raise ValueError(
            errors.explain(
                f"There are no batches in {what}: {errors.described(x)} gave none.",
                "An iterator gives each batch once: make a new one." if source.continues else None,
            )
        )
    return Given(source, element, what, is_told)


def given_validation(data: Any, batch_size: int | None, steps: int | None) -> Given:
    """Returns what is given as validation_data: batches, or arrays in a tuple or list."""
    is_pair = isinstance(data, list | tuple) and len(data) in (2, 3)
    if not is_pair and not sources.gives_batches(data):
        raise ValueError(
            errors.explain(
                "validation_data must be (x, y) or (x, y, sample_weight), or give these batch by batch, "
                f"got {errors.described(data)}."
            )
        )
    x, y, sample_weight = asked.unpacked(tuple(data) if is_pair else data)
    batch_of = functools.partial(checks.batch_size, batch_size)
    return given(x, y, sample_weight, batch_of, "validation_data", steps, "validation_steps", is_told=True)


def check_lasts(held_out: Given, steps: int | None, times: int) -> None:
    """Makes sure that an iterator is not to be gone over whole more than once.

    Errors: ValueError.
    """
    if held_out.source is not None and held_out.source.continues and steps is None and times > 1:
        raise ValueError(
            errors.explain(
                f"validation_data is an iterator, which can be gone over once, and there are {times} validations.",
                "Say how many batches each takes, by validation_steps, or give arrays or what can be gone over again.",
            )
        )


def reader(compiled: Compiled, model: Any, step: str, class_weight: Any = None) -> Reader:
    """Returns what reads the data of a model, as its own step takes them if it has one of this name."""

    def read(x: Any, y: Any, sample_weight: Any) -> Arrays:
        if step in model.own_steps:
            return own_steps.read(model, x, y, sample_weight, class_weight)
        return arrays.read(model, compiled.objective_of(model), x, y, sample_weight, class_weight)

    return read


def program_for(compiled: Compiled, model: Any, data: Arrays | Batches) -> Program | Steps:
    """Returns the program for these data, made once and kept."""
    first = data.first if isinstance(data, Batches) else data
    if isinstance(first, Packed):
        return compiled.steps_for(model, first.structures)
    return compiled.program_for(model, tuple(None if one is None else tuple(one.shape[1:]) for one in first.targets))


def learner(compiled: Compiled, model: Any, data: Arrays | Batches) -> Program | Steps:
    """Returns the program to train with, unless it is clear that there is nothing to minimise."""
    program = program_for(compiled, model, data)
    if not program.may_have_loss:
        raise no_loss()
    return program


def _kinds(model: Any, data: Arrays) -> dict[str, Kind]:
    """Returns of what kind the arrays are that could differ from batch to batch: inputs are as the model takes them."""
    flat = (data.inputs, data.targets, data.weights)
    named: list[tuple[str, Any]] = []
    if isinstance(data, Packed):
        for what, structure, leaves in zip(("x", "y", "sample_weight"), data.structures, flat, strict=True):
            paths = [] if structure is None else nest.paths(structure)
            named += [(f'"{what}/{path}"' if path else what, leaf) for path, leaf in zip(paths, leaves, strict=True)]
    elif data.targets:
        for what, leaves in zip(("target", "sample weight"), flat[1:], strict=True):
            named += [(f'the {what} "{name}"', leaf) for name, leaf in zip(model.output_names, leaves, strict=True)]
    return {name: (str(leaf.dtype), leaf.ndim, leaf.shape) for name, leaf in named if leaf is not None}
