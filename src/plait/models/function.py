"""What Keras calls a graph that is no model."""

from __future__ import annotations

from plait.models.model import Model


class Function(Model):
    """Computes tensors from others: a Model by another name, counted on its own: `function_1`, `function_2`, …

    Keras keeps the two apart, as one has no weights to train; in Plait nothing is allocated for what nobody trains.
    """
