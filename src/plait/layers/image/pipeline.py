"""A layer of layers, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.graph.layer import Layer
from plait.layers.image.image_layer import Augmenting


@registry.register
@dataclass(eq=False, repr=False)
class Pipeline(Augmenting):
    """Runs layers one after the other, such as those that prepare images; called alone, as in training.

    Args:   layers: the layers, in their order.
    Errors: ValueError if they are not a list of layers.
    """

    layers: Sequence[Layer]

    mixes_batch = False
    mixes_batch_always = False

    def check(self) -> None:
        """Makes sure that there are layers."""
        if not isinstance(self.layers, list | tuple) or not all(isinstance(layer, Layer) for layer in self.layers):
            raise ValueError(errors.explain(f"{self} needs a list of layers, got {self.layers!r}."))
        self.layers = list(self.layers)
        self.mixes_batch = any(layer.mixes_batch for layer in self.layers)
        self.mixes_batch_always = any(layer.mixes_batch_always for layer in self.layers)

    def get_config(self) -> dict[str, Any]:
        """Returns the layers and the name, which is all that Keras's layer takes."""
        config = super().get_config()
        return {name: config[name] for name in ("name", "layers")}

    def call(self, inputs: Any) -> Any:
        """Runs them."""
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs
