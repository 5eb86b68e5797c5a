"""Models as ONNX, by jax2onnx: a graph of standard operators, which onnxruntime and many others run."""

from __future__ import annotations

import os
import warnings
from typing import Any

from plait.core import errors, names
from plait.files import atomic
from plait.files.inference import Inference, need
from plait.functional import kernels

# Of one file, whose numbers are counted by 32 bits with a sign.
_MOST_BYTES = 2**31 - 2**20
_INSTEAD = 'Or export it as StableHLO: model.export("….stablehlo").'
# What jax2onnx writes as float32 in some places, and not in others.
_OTHER_FLOATS = frozenset(["float16", "bfloat16", "float64"])


def check(inference: Inference) -> None:
    """Makes sure that ONNX can hold the model.

    Errors: ImportError without jax2onnx; ValueError for a model that is too large, or computes in another dtype.
    """
    need("jax2onnx", "onnx", "ONNX")
    size = sum(array.nbytes for array in inference.weights.values())
    if size > _MOST_BYTES:
        raise ValueError(
            errors.explain(
                f'Model "{inference.name}" has {size / 2**30:.1f} GB of weights, and an ONNX file holds 2.', _INSTEAD
            )
        )
    others = sorted(inference.computes_in & _OTHER_FLOATS)
    if others:
        raise ValueError(
            errors.explain(
                f'Model "{inference.name}" computes in {others[0]}, and is exported as ONNX from float32 only.',
                "Make it again under the policy float32, and give it the same weights by set_weights.",
                _INSTEAD,
            )
        )


def make(inference: Inference) -> Any:
    """Returns the model as ONNX's own object.

    Errors: what layers, JAX or jax2onnx raise for what cannot be in one.
    """
    arrays = list(inference.weights.values())
    # An output may have the name of an input to Plait, and not to ONNX.
    unique = names.deduplicated([*inference.input_names, *inference.output_names])
    count = len(inference.input_names)

    with warnings.catch_warnings():
        # It loads all libraries that it knows layers of, which warn of each other.
        warnings.simplefilter("ignore")
        import jax2onnx

        with kernels.plain("jax2onnx"):
            return jax2onnx.to_onnx(
                lambda *inputs: inference.function(arrays, list(inputs)),
                inference.specs,
                model_name=inference.name,
                input_names=unique[:count] or None,
                output_names=unique[count:] or None,
            )


def write(path: str | os.PathLike[str], model: Any, inference: Inference) -> None:
    """Writes the file.

    Errors: OSError where it cannot be written.
    """
    with atomic.replacing(path) as new:
        new.write_bytes(model.SerializeToString())
