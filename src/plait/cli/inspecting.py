"""`plait inspect FILE`: what a file of a model or of weights holds, without building it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import rich.console
import rich.table
import rich.text

import plait.models  # noqa: F401 - whose classes are those that are known
from plait.cli import words
from plait.files import contents
from plait.files.contents import Array, Contents

# A file may say anything: what is shown of one word is cut here.
_MOST_LETTERS = 300


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments of the command."""
    parser.add_argument("file", help=".keras, .h5, .weights.h5, .weights.json, .npz or .safetensors")


def main(args: argparse.Namespace) -> int:
    """Shows what a file holds: layers, weights, how the model is compiled. Nothing in it is built, imported or run."""
    with words.explained("inspect"):
        found = contents.of(args.file)
        console = rich.console.Console()
        # Gathered first: a file that turns out to be unreadable is not half shown.
        sections = list(_sections(found))
        for section in sections:
            _show(section, console)
    return 0


class _Section(NamedTuple):
    """A line that says what it is about, and rows under it."""

    heading: str
    columns: Sequence[str] = ()
    rows: Sequence[tuple[str, ...]] = ()


def _sections(found: Contents) -> Iterator[_Section]:
    yield _Section(f"format: {found.format}")
    for name, value in (("written by Keras", found.version), ("date", found.date)):
        if value is not None:
            yield _Section(f"{name}: {value}")
    if found.model is not None:
        yield _Section(f"model: {_brief(found.model)}")
        layers = list(found.layers())
        described = [(layer.path, layer.class_name, "" if layer.is_known else "unknown") for layer in layers]
        yield _Section(f"layers: {len(layers)}", ("layer", "class", ""), described)
        unknown = list(dict.fromkeys(layer.class_name for layer in layers if not layer.is_known))
        if unknown:
            yield _Section(f"classes that must be registered before it is loaded: {', '.join(unknown)}")
    rows = [(one.path, str(one.shape), one.dtype, f"{one.nbytes:,}") for one in found.weights]
    yield _Section(f"weights: {_total(found.weights)}", ("weight", "shape", "dtype", "bytes"), rows)
    if found.training is not None:
        named = {name: found.training.get(name) for name in ("optimizer", "loss", "metrics", "weighted_metrics")}
        said = ", ".join(f"{name} {_brief(value)}" for name, value in named.items() if value)
        yield _Section(f"compiled: {said}")
    elif found.model is not None:
        yield _Section("compiled: no")
    yield _Section(f"optimizer state: {_total(found.state)}")


def _total(held: Sequence[Array]) -> str:
    if not held:
        return "none"
    numbers, size = sum(one.size for one in held), sum(one.nbytes for one in held)
    return f"{len(held)} arrays, {numbers:,} numbers, {size:,} bytes"


def _brief(value: Any) -> str:
    """Returns the names in a part of a config."""
    if isinstance(value, Mapping) and "class_name" in value:
        name = value["class_name"]
        return str(value.get("config") if name == "function" else name)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_brief(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_brief, value)) + "]"
    return str(value)


def _shown(text: str) -> str:
    """Returns a text as it may be printed, cut where it is too long."""
    return words.printable(text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}…")


def _show(section: _Section, console: rich.console.Console) -> None:
    """Prints a table on a terminal, and elsewhere plain lines."""
    if not console.is_terminal:
        print(_shown(section.heading))
        for row in section.rows:
            print("  " + "  ".join(_shown(cell) for cell in row if cell))
        return
    console.print(rich.text.Text(_shown(section.heading), style="bold"))
    if section.rows:
        table = rich.table.Table(*section.columns)
        for row in section.rows:
            table.add_row(*(rich.text.Text(_shown(cell)) for cell in row))
        console.print(table)
