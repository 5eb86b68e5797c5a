"""A file of events, as TensorBoard reads them."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from plait.callbacks import optional

_BUCKETS = 30
# TensorBoard shows no more pictures of one step.
_PICTURES = 3


class EventFile:
    """Writes what was measured to a new file of events in a folder, which is made if it is not there.

    Errors: ImportError if the package tensorboard is not installed; OSError where nothing can be written.
    """

    def __init__(self, folder: str) -> None:
        writer = _module("summary.writer.event_file_writer")
        self._writer = writer.EventFileWriter(folder)
        self._event, self._summary, self._tensor, self._shape, self._types = (
            _module(f"compat.proto.{name}_pb2") for name in ("event", "summary", "tensor", "tensor_shape", "types")
        )

    def scalars(self, step: int, numbers: Mapping[str, float]) -> None:
        """Writes numbers by name."""
        for name, number in numbers.items():
            self._add(step, name, "scalars", self._array(np.float32(number), self._types.DT_FLOAT))

    def histogram(self, step: int, name: str, values: np.ndarray) -> None:
        """Writes how the elements of an array are distributed."""
        self._add(step, name, "histograms", self._array(buckets(values), self._types.DT_DOUBLE))

    def pictures(self, step: int, name: str, pictures: np.ndarray) -> None:
        """Writes grey pictures, (number, height, width), 0 black and 1 white."""
        _, height, width = pictures.shape
        # Keras's rounding.
        pixels = np.clip(pictures[:_PICTURES].astype(np.float64) * 255.5, 0, 255).astype(np.uint8)
        texts = [str(width).encode(), str(height).encode(), *map(png, pixels)]
        self._add(step, name, "images", self._texts(texts, [len(texts)]))

    def graph(self, config: str) -> None:
        """Writes the layers of a model and how they are connected, as JSON in Keras's grammar."""
        self._add(0, "keras", "graph_keras_model", self._texts([config.encode()], []), b"1")

    def flush(self) -> None:
        """Makes sure that all is in the file."""
        self._writer.flush()

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()

    def _add(self, step: int, name: str, plugin: str, tensor: Any, content: bytes = b"") -> None:
        kind = self._summary.SummaryMetadata(
            plugin_data=self._summary.SummaryMetadata.PluginData(plugin_name=plugin, content=content)
        )
        value = self._summary.Summary.Value(tag=name, metadata=kind, tensor=tensor)
        summary = self._summary.Summary(value=[value])
        self._writer.add_event(self._event.Event(wall_time=time.time(), step=step, summary=summary))

    def _array(self, array: Any, dtype: Any) -> Any:
        return self._tensor.TensorProto(
            dtype=dtype, tensor_shape=self._shape_of(array.shape), tensor_content=array.tobytes()
        )

    def _texts(self, texts: list[bytes], shape: list[int]) -> Any:
        return self._tensor.TensorProto(
            dtype=self._types.DT_STRING, tensor_shape=self._shape_of(shape), string_val=texts
        )

    def _shape_of(self, shape: Any) -> Any:
        sizes = self._shape.TensorShapeProto
        return sizes(dim=[sizes.Dim(size=size) for size in shape])


def _module(name: str) -> Any:
    return optional.module(f"tensorboard.{name}", "TensorBoard", "tensorboard")


def buckets(values: np.ndarray) -> np.ndarray:
    """Returns how many elements lie in each of 30 intervals of one width, from the smallest element to the largest.

    Elements that are not finite do not count.

    Shapes: any -> (30, 3), the ends and the number of each interval
    """
    finite = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    if finite.size == 0:
        return np.zeros((_BUCKETS, 3))
    edges = np.linspace(finite.min(), finite.max(), _BUCKETS + 1)
    return np.stack([edges[:-1], edges[1:], np.histogram(finite, edges)[0]], axis=1)


def png(pixels: np.ndarray) -> bytes:
    """Returns a grey picture as the content of a PNG file.

    Shapes: pixels (height, width), uint8
    Source: W3C, Portable Network Graphics, 2003, sections 5 and 11.
    """
    height, width = pixels.shape
    # Before each row stands how it is filtered: not at all.
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    # 8 bits of grey, and the only method there is of compression, of filters, and no interlacing.
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = {b"IHDR": header, b"IDAT": zlib.compress(rows), b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )
