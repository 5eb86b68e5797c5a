"""Images of a batch mixed with each other at random."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.functional import colors, images
from plait.layers.image.image_layer import RandomImageLayer, Span, check_number, drawn, placed, span


class MixedImages(RandomImageLayer):
    """Mixes each image with another one. The labels, which it does not see, stay those of the first."""

    mixes_batch = True

    def altered(self, batch: Any, key: jax.Array) -> Any:
        """Mixes with the batch in another order."""
        of_order, of_mixture = jax.random.split(key)
        return self.mixed(batch, batch[jax.random.permutation(of_order, batch.shape[0])], of_mixture)

    def mixed(self, batch: Any, others: Any, key: jax.Array) -> Any:
        """Returns each image with something of another one."""
        raise NotImplementedError


@registry.register
@dataclass(eq=False, repr=False)
class MixUp(MixedImages):
    """Averages each image in training with another one of the batch, with weights drawn from a beta distribution.

    Of images alone: Keras's layer averages labels too, if they come with the images in a dict, which is not taken here.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   alpha: of the distribution, above 0; the larger, the more even are the weights.
            seed: makes the draws differ from those with another seed.
    Source: H. Zhang et al., mixup, 2017.
    """

    alpha: float = 0.2
    data_format: str | None = None
    seed: int | None = None

    def check(self) -> None:
        """Checks alpha."""
        super().check()
        check_number(self, "alpha")
        if self.alpha <= 0:
            raise ValueError(errors.explain(f"{self} needs a positive number for alpha, got {self.alpha!r}."))

    def mixed(self, batch: Any, others: Any, key: jax.Array) -> Any:
        """Averages."""
        return colors.blend(batch, others, jax.random.beta(key, self.alpha, self.alpha, batch.shape[:1], "float32"))


@registry.register
@dataclass(eq=False, repr=False)
class CutMix(MixedImages):
    """Replaces a box of each image in training by that of another one of the batch.

    Of images alone: Keras's layer averages labels too, if they come with the images in a dict, which is not taken here.

    Shapes: (batch, height, width, channels), or without batch -> the same
    Args:   factor: the alpha of the beta distribution that areas are drawn from: it is drawn itself, from 0 to this,
              or between two, from 0 to 1.
            seed: makes the draws differ from those with another seed.
    Source: S. Yun et al., CutMix, 2019.
    """

    factor: float | Span = 1.0
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        """Checks the factor."""
        super().check()
        self.factor = span(self, "factor", 0, 1)

    def mixed(self, batch: Any, others: Any, key: jax.Array) -> Any:
        """Replaces."""
        of_alpha, of_area, of_rows, of_columns = jax.random.split(key, 4)
        # As much more than 0 as in Keras.
        alpha = 1e-6 + drawn(of_alpha, batch, span(self, "factor", 0, 1))
        share = jnp.sqrt(jax.random.beta(of_area, alpha, alpha, dtype="float32"))
        return images.erase(batch, placed(of_rows, batch, 1, share), placed(of_columns, batch, 2, share), others)
