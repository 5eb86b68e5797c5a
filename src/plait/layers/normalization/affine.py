"""What normalizing layers learn: gamma, which multiplies, and beta, which is added."""

from __future__ import annotations

from typing import Any

from plait.core.weight import Weight


def declare_gamma(layer: Any, shape: tuple[int, ...], is_there: bool) -> Weight | None:
    """Declares gamma with the layer's initializer, regularizer and constraint; None if it is not to be there."""
    return _declare(layer, "gamma", shape) if is_there else None


def declare_beta(layer: Any, shape: tuple[int, ...], is_there: bool) -> Weight | None:
    """Declares beta with the layer's initializer, regularizer and constraint; None if it is not to be there."""
    return _declare(layer, "beta", shape) if is_there else None


def _declare(layer: Any, name: str, shape: tuple[int, ...]) -> Weight:
    # Not cast to half precision, in which statistics are not either.
    weight: Weight = layer.declare(
        name,
        shape,
        getattr(layer, f"{name}_initializer"),
        regularizer=getattr(layer, f"{name}_regularizer"),
        constraint=getattr(layer, f"{name}_constraint"),
        autocast=False,
    )
    return weight
