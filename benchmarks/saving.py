"""Measures how long weights take to be saved and loaded, beside a plain copy of as many bytes.

    python -m benchmarks.saving                    400 MB, five turns
    python -m benchmarks.saving --megabytes 8      only to see that it works

The plain copy is `ndarray.tofile` to a new file that is brought to the disk and put in the place of the old one, as
Plait does with each of its files, and `numpy.fromfile`. Both are done in turns; what counts is the median over the
turns, and the ratio turn by turn. What is read was written just before, and comes from memory if there is room.
"""

from __future__ import annotations

import argparse
import datetime
import math
import os
import pathlib
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

import plait
from benchmarks.run import HERE, machine
from plait import layers, saving

ENDINGS = [".weights.h5", ".keras", ".safetensors", ".npz"]
_DEPTH = 4
_ITEM_BYTES = 4

# Of one turn: seconds of saving, of the plain copy, of loading, of reading the plain copy.
Turn = tuple[float, float, float, float]


def declared(megabytes: float) -> plait.Model:
    """Returns a model of about so many bytes whose weights have no values yet."""
    width = max(1, round(math.sqrt(megabytes * 1e6 / _ITEM_BYTES / _DEPTH)))
    return plait.Sequential([plait.Input((width,)), *(layers.Dense(width, name=f"layer_{n}") for n in range(_DEPTH))])


def seconds(run: Callable[[], Any]) -> float:
    """Returns how long something takes, until its arrays are there."""
    begin = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - begin


def save(model: plait.Model, path: pathlib.Path) -> None:
    """Writes a model in the format that the name of the file says."""
    write = model.save if path.suffix == ".keras" else model.save_weights
    write(path)


def load(model: plait.Model, path: pathlib.Path) -> list[Any]:
    """Returns the arrays of a file; those of weights alone are given to the model."""
    if path.suffix == ".keras":
        model = saving.load_model(path)
    else:
        model.load_weights(path)
    return [weight.value for weight in model.weights]


def copy(array: np.ndarray, path: pathlib.Path) -> None:
    """Writes an array's bytes to the disk, in the place of the file if there is one."""
    new = path.with_suffix(".part")
    with open(new, "wb") as file:
        array.tofile(file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def in_turns(megabytes: float, turns: int, folder: pathlib.Path) -> dict[str, list[Turn]]:
    """Returns all measurements by the ending of a file's name; those of a first turn are not counted."""
    model = declared(megabytes)
    jax.block_until_ready([weight.value for weight in model.weights])
    plain = np.random.default_rng(0).standard_normal(model.count_params(), dtype=np.float32)
    found: dict[str, list[Turn]] = {ending: [] for ending in ENDINGS}
    for turn in range(turns + 1):
        for ending in ENDINGS:
            kept, copied, fresh = folder / f"model{ending}", folder / "plain", declared(megabytes)
            measured = (
                seconds(lambda: save(model, kept)),  # noqa: B023 - called at once, as the others
                seconds(lambda: copy(plain, copied)),  # noqa: B023
                seconds(lambda: load(fresh, kept)),  # noqa: B023
                seconds(lambda: np.fromfile(copied, np.float32)),  # noqa: B023
            )
            if turn:
                found[ending].append(measured)
    return found


def report(found: dict[str, list[Turn]], megabytes: float) -> str:
    """Returns the measurements as Markdown."""
    here = machine()
    versions = ", ".join(f"{name} {version}" for name, version in here["versions"].items())
    lines = [
        f"# {datetime.date.today().isoformat()}: {here['processor']}, {here['cores']} cores",
        "",
        f"{versions}.",
        f"A model of {megabytes:g} MB in {_DEPTH} Dense layers; medians of {len(found[ENDINGS[0]])} turns, beside a "
        "plain copy of as many bytes (`tofile`, fsync, rename; `fromfile`).",
        "",
        "| | saved (s) | plain copy (s) | ratio | loaded (s) | plain copy (s) | ratio |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for ending, measured in found.items():
        saved, written, loaded, read = (statistics.median(column) for column in zip(*measured, strict=True))
        saving_ratio = statistics.median(turn[0] / turn[1] for turn in measured)
        loading_ratio = statistics.median(turn[2] / turn[3] for turn in measured)
        lines.append(
            f"| `{ending}` | {saved:.3g} | {written:.3g} | **{saving_ratio:.2f}** "
            f"| {loaded:.3g} | {read:.3g} | **{loading_ratio:.2f}** |"
        )
    return "\n".join([*lines, ""])


def main() -> None:
    """Runs what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=400)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--folder", type=pathlib.Path, default=HERE, help="on the disk that is to be written to")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        text = report(in_turns(args.megabytes, args.turns, pathlib.Path(folder)), args.megabytes)
    args.out.mkdir(parents=True, exist_ok=True)
    written = args.out / f"{datetime.date.today().isoformat()}-saving.md"
    written.write_text(text)
    print(text)
    print(f"Written to {written}")


if __name__ == "__main__":
    main()
