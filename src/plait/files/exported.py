"""Programs that `files/stablehlo.py` wrote, read back: they compute without the model, its classes or its layers."""

from __future__ import annotations

import json
import os
import pathlib
import zipfile
from typing import IO, Any

import jax
import jax.numpy as jnp
import numpy as np

from plait.core import errors, nest
from plait.files.archive import Archive
from plait.files.inference import need
from plait.files.stablehlo import METADATA, PROGRAM, VERSION, WEIGHT
from plait.graph import ports
from plait.graph.ports import Port


class Exported:
    """Computes what the model predicted when it was exported.

    program: what `jax.export` gives; a function of two lists, the weights and the inputs.
    inputs:  name, shape and dtype of each; None for a size that may be any.
    outputs: likewise.
    """

    def __init__(self, program: Any, weights: list[Any], metadata: dict[str, Any]) -> None:
        self.program = program
        self.inputs, self.outputs = (_ports(metadata[what]) for what in ("inputs", "outputs"))
        self._given_as, self._returned_as = metadata["given_as"], metadata["returned_as"]
        self._weights = jax.device_put(weights)
        self._call = jax.jit(program.call)

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return [port.name for port in self.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs."""
        return [port.name for port in self.outputs]

    def __call__(self, inputs: Any) -> Any:
        """Returns the outputs for inputs that are given as to the model: an array, a list, or a dict by name.

        Errors: ValueError for other inputs than it takes.
        """
        given = ports.arrange(inputs, self._given_as, self.inputs, "inputs")
        arrays = [_taken(array, port) for array, port in zip(given, self.inputs, strict=True)]
        return nest.pack(self._returned_as, self._call(self._weights, arrays))


def load_exported(path: str | os.PathLike[str]) -> Exported:
    """Returns the program in a file or folder that `model.export` wrote as StableHLO, as a function.

    Errors: FileNotFoundError; ValueError for what is no such program, or a damaged one; ImportError where JAX cannot
            read programs.
    """
    need("flatbuffers", "export", "StableHLO")
    from jax import export

    if not pathlib.Path(path).exists():
        raise FileNotFoundError(f"There is no exported program {str(path)!r}.")
    if not os.path.isdir(path) and not zipfile.is_zipfile(path):
        raise _refused(path, "it is no zip archive")
    with _Folder(path) if os.path.isdir(path) else Archive(os.fspath(path)) as parts:
        try:
            metadata = json.loads(parts.text(METADATA))
            if metadata["format"] != VERSION:
                raise ValueError(f"its format is number {metadata['format']}, and {VERSION} is known")
            with parts.open(PROGRAM) as part:
                program = export.deserialize(bytearray(part.read()))
            weights = [_weight(parts, number, one) for number, one in enumerate(metadata["weights"])]
            return Exported(program, weights, metadata)
        # What a reader of JAX or NumPy raises for what it cannot read is no promise of theirs.
        except Exception as error:
            raise _refused(path, str(error).partition(chr(10))[0] or type(error).__name__) from error


class _Folder:
    """The parts of a program in a folder, read as those in an Archive are."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = pathlib.Path(path)

    def __enter__(self) -> _Folder:
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def open(self, name: str) -> IO[bytes]:
        """Returns a part as a binary file."""
        return (self.path / name).open("rb")

    def text(self, name: str) -> str:
        """Returns a part as text."""
        return (self.path / name).read_text(encoding="utf-8")


def _weight(parts: Any, number: int, described: dict[str, Any]) -> np.ndarray:
    with parts.open(WEIGHT.format(number)) as part:
        # NumPy's files know nothing of bfloat16, and give bytes.
        array = np.load(part, allow_pickle=False).view(np.dtype(described["dtype"]))
    if list(array.shape) != described["shape"]:
        raise ValueError(f'the weight "{described["name"]}" has shape {array.shape}')
    return array


def _taken(array: Any, port: Port) -> Any:
    array = jnp.asarray(array)
    if ports.way_in(array.shape, port.shape) is None:
        raise ValueError(
            errors.explain(f'The program needs shape {port.shape} for its input "{port.name}", got {array.shape}.')
        )
    return ports.taken(array, port)


def _ports(described: list[dict[str, Any]]) -> list[Port]:
    return [Port(one["name"], tuple(one["shape"]), one["dtype"]) for one in described]


def _refused(path: Any, problem: str) -> ValueError:
    return ValueError(
        errors.explain(
            f"There is no exported program in {str(path)!r}, or a damaged one: {problem}.",
            'It reads what model.export("….stablehlo") writes. An .onnx file is run by onnxruntime.',
        )
    )
