"""Changes chosen at random from a menu: shapes, shades and colors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.functional import images
from plait.graph import checks
from plait.graph.shapes import Shape
from plait.layers.image.coloring import RandomColorDegeneration
from plait.layers.image.focusing import RandomSharpness
from plait.layers.image.image_layer import (
    ImageLayer,
    Span,
    check_colors,
    check_number,
    complete_value_range,
    span,
)
from plait.layers.image.moving import RandomRotation, RandomShear, RandomTranslation
from plait.layers.image.shading import (
    AutoContrast,
    Equalization,
    RandomBrightness,
    RandomContrast,
    RandomPosterization,
    Solarization,
)


class MenuLayer(ImageLayer):
    """Has a menu of layers with one strength; a subclass has the fields that say how strong, and of which colors."""

    value_range: Span
    factor: float | Span
    interpolation: str
    seed: int | None

    # Of Equalization, which is on the menu.
    mixes_batch = True

    def check(self) -> None:
        """Checks strength, range and sampling."""
        super().check()
        self.factor = span(self, "factor", 0, 1)
        complete_value_range(self)
        checks.one_of(self, "interpolation", images.INTERPOLATIONS)

    def build(self, input_shape: Shape) -> None:
        """Makes sure that the channels are those of colors, or one."""
        check_colors(self, input_shape)

    def set_menu(self, *, with_colors: bool) -> None:
        """Makes the layers to choose from."""
        factor = span(self, "factor", 0, 1)
        common = {"dtype": self.dtype, "data_format": self.data_format}
        moving = {"interpolation": self.interpolation, **common}
        shading: dict[str, Any] = {"value_range": self.value_range, **common}
        menu: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
            "shear": (RandomShear, (factor, factor), moving),
            "translation": (RandomTranslation, (factor, factor), moving),
            "rotation": (RandomRotation, (factor,), moving),
            "posterization": (RandomPosterization, (max(1, int(8 * factor[1])),), shading),
            "solarization": (Solarization, (factor, factor), shading),
            "auto_contrast": (AutoContrast, (), shading),
            "equalization": (Equalization, (), shading),
        }
        if with_colors:
            menu |= {
                "brightness": (RandomBrightness, (factor,), shading),
                "color_degeneration": (RandomColorDegeneration, (factor,), shading),
                "contrast": (RandomContrast, (factor,), shading),
                "sharpness": (RandomSharpness, (factor,), shading),
            }
        self.menu: list[ImageLayer] = [
            kind(*factors, name=f"{self.name}_{what}", **rest) for what, (kind, factors, rest) in menu.items()
        ]

    def changed(self, batch: Any, ctx: Context, key: jax.Array, *, sometimes: bool = False) -> Any:
        """Returns the images, all changed by the layer of the menu that this key draws, or `sometimes` by none."""
        of_choice, of_change = jax.random.split(key)
        inside = replace(ctx, root_key=of_change)
        branches: list[Callable[[Any], Any]] = [partial(layer.transformed, ctx=inside) for layer in self.menu]
        if sometimes:
            branches.append(lambda images: images)
        return jax.lax.switch(jax.random.randint(of_choice, (), 0, len(branches)), branches, batch)


@registry.register
@dataclass(eq=False, repr=False)
class RandAugment(MenuLayer):
    """Changes the images of a batch in training by some layers, drawn from eleven.

    Shapes: (batch, height, width, 3 or 1), or without batch -> the same
    Args:   value_range: between which numbers the colors are.
            num_ops: how many changes, one after the other.
            factor: how strong they are, at most, or at least and at most, from 0 to 1.
            interpolation: "bilinear" or "nearest".
            seed: makes the draws differ from those with another seed.
    Source: E. D. Cubuk et al., RandAugment, 2019.
    """

    value_range: Span = (0, 255)
    num_ops: int = 2
    factor: float | Span = 0.5
    interpolation: str = "bilinear"
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        """Makes the menu."""
        super().check()
        checks.positive(self, "num_ops")
        self.set_menu(with_colors=True)

    def transformed(self, batch: Any, ctx: Context) -> Any:
        """Changes in training."""
        if not ctx.training:
            return batch
        key = ctx.key_with(self.seed)
        return jax.lax.fori_loop(
            0,
            self.num_ops,
            lambda number, batch: self.changed(batch, ctx, jax.random.fold_in(key, number)),
            self.as_floats(batch),
        )


@registry.register
@dataclass(eq=False, repr=False)
class AugMix(MenuLayer):
    """Mixes the images in training with an average of themselves, each of it changed by some layers in a chain.

    Shapes: (batch, height, width, 3 or 1), or without batch -> the same
    Args:   value_range: between which numbers the colors are; they are kept there.
            num_chains: how many chains are averaged.
            chain_depth: how many changes a chain has; one of those drawn changes nothing.
            factor: how strong they are, at most, or at least and at most, from 0 to 1.
            alpha: of the distributions of the weights, Dirichlet's and beta; the larger, the more even.
            all_ops: whether brightness, contrast, color and sharpness are changed, too.
            interpolation: "bilinear" or "nearest".
            seed: makes the draws differ from those with another seed.
    Source: D. Hendrycks et al., AugMix, 2019.
    """

    value_range: Span = (0, 255)
    num_chains: int = 3
    chain_depth: int = 3
    factor: float | Span = 0.3
    alpha: float = 1.0
    all_ops: bool = True
    interpolation: str = "bilinear"
    seed: int | None = None
    data_format: str | None = None

    def check(self) -> None:
        """Checks numbers and weights, and makes the menu."""
        super().check()
        checks.positive(self, "num_chains", "chain_depth")
        check_number(self, "alpha")
        if self.alpha <= 0:
            raise ValueError(errors.explain(f"{self} needs a positive number for alpha, got {self.alpha!r}."))
        self.set_menu(with_colors=bool(self.all_ops))

    def transformed(self, batch: Any, ctx: Context) -> Any:
        """Mixes in training."""
        if not ctx.training:
            return batch
        batch = self.as_floats(batch)
        of_weights, of_part, of_changes = jax.random.split(ctx.key_with(self.seed), 3)
        weights = jax.random.dirichlet(of_weights, jnp.full(self.num_chains, self.alpha, "float32")).astype(batch.dtype)
        part = jax.random.beta(of_part, self.alpha, self.alpha, dtype="float32").astype(batch.dtype)

        def with_chain(total: Any, numbered: Any) -> Any:
            number, weight = numbered
            of_chain = jax.random.fold_in(of_changes, number)
            chained = jax.lax.fori_loop(
                0,
                self.chain_depth,
                lambda step, one: self.changed(one, ctx, jax.random.fold_in(of_chain, step), sometimes=True),
                batch,
            )
            return total + weight * chained, None

        numbered = (jnp.arange(self.num_chains), weights)
        mixed, _ = jax.lax.scan(with_chain, jnp.zeros_like(batch), numbered)
        return jnp.clip(part * batch + (1 - part) * mixed, *self.value_range)
