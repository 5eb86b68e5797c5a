"""What a layer returns when it did more than compute outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Updated:
    """Outputs, with the new values of running state, the states of metrics that counted, and extra terms of the loss.

    `mask` is the mask of the outputs where the layer found it while it computed them (a nested model does);
    a layer that leaves it at `ASK` is asked by `compute_mask`.
    """

    ASK = object()

    outputs: Any
    values: Mapping[Any, Any] = field(default_factory=dict)
    losses: tuple[Any, ...] = ()
    mask: Any = ASK
