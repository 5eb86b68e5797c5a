"""Programs in StableHLO, which JAX compiles for any platform, in one file (a zip archive) or in a folder:

`metadata.json`  names, shapes and dtypes of inputs, outputs and weights, and the structures they are given in
`program.bin`    a function of two lists, the weights and the inputs, as `jax.export` writes it
`weights/0.npy`  the first weight, and so on

The weights are arguments of the program, not constants in it: those are copied several times on the way into a file and
out of it, may not exceed 2 GB, and XLA tries to compute with them while it compiles.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any

import jax
import numpy as np

from plait.core import errors
from plait.files import atomic
from plait.files.inference import Inference, need
from plait.functional import kernels

METADATA, PROGRAM, WEIGHT = "metadata.json", "program.bin", "weights/{}.npy"
# A reader that finds another number here knows that it does not know the format.
VERSION = 1
_PLATFORMS = ("cpu", "cuda", "tpu")


def check(inference: Inference) -> None:
    """Makes sure that JAX can write programs here.

    Errors: ImportError if not.
    """
    need("flatbuffers", "export", "StableHLO")


def make(inference: Inference) -> Any:
    """Returns the program, for all platforms that have all of its operations.

    Errors: what layers or JAX raise for what cannot be in one.
    """
    from jax import export

    weights = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in inference.weights.values()]
    compiled = jax.jit(inference.function)
    with kernels.plain("jax.export"):
        try:
            return export.export(compiled, platforms=_PLATFORMS)(weights, inference.specs)
        except NotImplementedError:
            return export.export(compiled)(weights, inference.specs)


def write(path: str | os.PathLike[str], program: Any, inference: Inference) -> None:
    """Writes the program: to a folder if the name has no ending, else to a file.

    Errors: FileExistsError for a folder that holds something else; OSError where it cannot be written.
    """
    count = len(inference.weights)
    metadata = {
        "format": VERSION,
        "model": inference.name,
        "platforms": program.platforms,
        "inputs": _described(inference.input_names, program.in_avals[count:]),
        "outputs": _described(inference.output_names, program.out_avals),
        "weights": _described(list(inference.weights), program.in_avals[:count]),
        "given_as": inference.given_as,
        "returned_as": inference.returned_as,
    }
    parts = {METADATA: json.dumps(metadata, indent=1).encode(), PROGRAM: program.serialize()}
    replacing = _file if pathlib.Path(path).suffix else _folder
    with replacing(path) as opened:
        for name, content in parts.items():
            with opened(name) as part:
                part.write(content)
        for number, array in enumerate(inference.weights.values()):
            with opened(WEIGHT.format(number)) as part:
                np.lib.format.write_array(part, np.asarray(array), allow_pickle=False)


def _described(names: Sequence[str], avals: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "shape": [size if isinstance(size, int) else None for size in aval.shape],
            "dtype": aval.dtype.name,
        }
        for name, aval in zip(names, avals, strict=True)
    ]


# Opens a part of this name to write it.
_Opened = Callable[[str], IO[bytes]]


@contextlib.contextmanager
def _file(path: str | os.PathLike[str]) -> Iterator[_Opened]:
    with atomic.replacing(path) as new, zipfile.ZipFile(new, "w") as archive:
        # How large a part becomes is not known when it is begun.
        yield lambda name: archive.open(name, "w", force_zip64=True)


@contextlib.contextmanager
def _folder(path: str | os.PathLike[str]) -> Iterator[_Opened]:
    target = pathlib.Path(path)
    if target.exists() and not (target / METADATA).is_file():
        raise FileExistsError(
            errors.explain(
                f"There is something else at {str(path)!r}: only an exported program is replaced.",
                "Export to another name, or to one that ends with .stablehlo.",
            )
        )
    new = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    (new / WEIGHT).parent.mkdir(parents=True)
    try:
        yield lambda name: (new / name).open("wb")
        # No folder takes the place of another in one move.
        if target.exists():
            shutil.rmtree(target)
        os.replace(new, target)
    finally:
        shutil.rmtree(new, ignore_errors=True)
