"""The two layers of Keras 2 that NVIDIA's cuDNN computed: LSTM and GRU, with the one set of settings that it has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from plait.core import errors, registry
from plait.layers.recurrent.gru import GRU
from plait.layers.recurrent.lstm import LSTM

_LEFT_OUT = (
    "activation", "recurrent_activation", "use_bias", "reset_after", "dropout", "recurrent_dropout", "seed",
    "implementation", "unroll", "use_cudnn", "zero_output_for_mask",
)  # fmt: skip


def CuDNNLSTM(units: int, **settings: Any) -> LSTM:  # noqa: N802 - Keras's name
    """Returns an LSTM: tanh, sigmoid at the gates, with bias, without dropout.

    Args:   settings: as of `LSTM`, without those that cuDNN has not.
    Errors: TypeError for one of these.
    """
    _check("CuDNNLSTM", settings)
    return LSTM(units, **settings)


def CuDNNGRU(units: int, **settings: Any) -> GRU:  # noqa: N802 - Keras's name
    """Returns a GRU that resets after the recurrent kernel: tanh, sigmoid at the gates, with bias, without dropout.

    Args:   settings: as of `GRU`, without those that cuDNN has not.
    Errors: TypeError for one of these.
    """
    _check("CuDNNGRU", settings)
    return GRU(units, reset_after=True, **settings)


def _check(name: str, settings: Iterable[str]) -> None:
    """Errors: TypeError for a setting that cuDNN has not."""
    surplus = next((one for one in settings if one in _LEFT_OUT), None)
    if surplus:
        raise TypeError(
            errors.explain(
                f'{name} has no argument "{surplus}": cuDNN computes in one way only.',
                f"Write {name.removeprefix('CuDNN')}, which computes in others too.",
            )
        )


# Files of Keras 2 have layers of these names.
registry.register_as("keras.layers", "CuDNNLSTM", CuDNNLSTM)
registry.register_as("keras.layers", "CuDNNGRU", CuDNNGRU)
