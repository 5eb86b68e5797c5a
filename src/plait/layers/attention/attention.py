"""Attention without heads, whose scores are products of queries and keys, or sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Any

import jax.numpy as jnp

from plait.core import errors, nest, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.functional import attention, dropout
from plait.graph import checks, shapes
from plait.graph.layer import Layer
from plait.graph.shapes import Shape, Spec


class Headless(Layer):
    """Weighs values by scores of queries and keys: `layer([query, value])` or `layer([query, value, key])`.

    A kind of its own has the fields below, declares its weights in `build`, and computes `scores`.
    """

    use_scale: bool
    dropout: float
    seed: int | None

    supports_masking = True

    def scores(self, values: Mapping[Weight, Any], query: Any, key: Any) -> Any:
        """Returns how well each query fits each key: (batch, targets, sources)."""
        raise NotImplementedError

    def check(self) -> None:
        """Checks the rate."""
        checks.rates(self, "dropout")

    def build(self, input_shape: Any) -> None:
        """Checks the shapes."""
        self._check_shapes(input_shape)
        self.scale: Weight | None = None

    def apply(
        self,
        values: Mapping[Weight, Any],
        inputs: Any,
        ctx: Context,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Updated:
        """Attends; makes masked queries zero; returns the scores after the outputs if asked."""
        self._check_shapes(nest.walk(lambda tensor: tuple(tensor.shape), inputs))
        query, value, *rest = inputs
        scores = self.scores(values, query, rest[0] if rest else value)
        for_queries, for_values, *_ = self._masks(ctx.mask, scores)
        by_position = attention.by_position(*scores.shape[-2:], is_causal=use_causal_mask)
        for_sources = None if for_values is None else for_values[:, None, :]
        mask = attention.joined([for_sources, by_position], scores.ndim)
        weights = attention.probabilities(attention.subtracted(scores, mask)).astype(value.dtype)
        if ctx.training and self.dropout:
            weights = dropout.dropout(weights, self.dropout, ctx.key_with(self.seed))
        outputs = weights @ value
        if for_queries is not None:
            outputs = jnp.where(for_queries[:, :, None], outputs, 0)
        if return_attention_scores:
            return Updated((outputs, weights), mask=[for_queries, None])
        return Updated(outputs, mask=for_queries)

    def _masks(self, mask: Any, scores: Any) -> list[Any]:
        """Returns the masks of query and value, as given in the list."""
        if mask is None:
            return [None, None]
        if not isinstance(mask, list | tuple) or len(mask) not in (2, 3):
            raise ValueError(
                errors.explain(f"{self} needs a list of masks, [query_mask, value_mask], got {errors.described(mask)}.")
            )
        if scores.ndim != 3 and any(one is not None for one in mask):
            raise ValueError(
                errors.explain(f"{self} needs masked inputs to have 3 axes (batch included), got {scores.ndim}.")
            )
        return [None if one is None else jnp.asarray(one).astype(bool) for one in mask]

    def _check_shapes(self, given: Any) -> None:
        is_list = not shapes.is_shape(given) and isinstance(given, list | tuple)
        if not is_list or len(given) not in (2, 3) or not all(map(shapes.is_shape, given)):
            got = f"one of shape {tuple(given)}" if shapes.is_shape(given) else f"{len(given)}"
            raise ValueError(
                errors.explain(
                    f"{self} takes a list of 2 or 3 tensors, got {got}.",
                    "Write layer([query, value]) or layer([query, value, key]).",
                )
            )
        query, value, key = (*map(tuple, given), tuple(given[1]))[:3]
        pairs = [*zip(query[:-2], value[:-2], strict=False), *zip(value[:-1], key[:-1], strict=False)]
        ranks = {len(query), len(value), len(key)}
        if (
            len(ranks) > 1
            or min(ranks) < 3
            or any(None not in pair and len(set(pair)) > 1 for pair in [*pairs, (query[-1], key[-1])])
        ):
            raise ValueError(
                errors.explain(
                    f"{self} needs queries and keys of as many features, and a value for each key, "
                    f"got queries {query}, values {value}, keys {key}."
                )
            )

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Returns the shape of the queries, with the features of the values."""
        self._check_shapes(input_shape)
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(self, specs: Any, **arguments: Any) -> Any:
        """Returns the Specs of the outputs, and of the scores if they are asked for."""
        given = nest.walk(lambda spec: tuple(spec.shape), specs)
        outputs = Spec(self.compute_output_shape(given), self.compute_dtype)
        scores = Spec((*given[0][:-1], given[1][-2]), self.compute_dtype)
        return (outputs, scores) if arguments.get("return_attention_scores") else outputs

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns the mask of the queries."""
        return mask[0] if mask else None

    def masked_outputs(self, specs: Any, masked: Any, outputs: Any, arguments: Mapping[str, Any]) -> list[bool]:
        """Returns that the outputs carry the mask of the queries, and the scores none."""
        return [nest.flatten(masked)[0], *[False] * (len(nest.flatten(outputs)) - 1)]


@registry.register
@dataclass(eq=False, repr=False)
class Attention(Headless):
    """Weighs values by the products of queries and keys: `layer([query, value])` or `layer([query, value, key])`.

    Probabilities are float32 also under mixed precision. The outputs carry the mask of the queries.

    Shapes:  query (batch, targets, size), value (batch, sources, features), key (batch, sources, size)
             -> (batch, targets, features), and the scores (batch, targets, sources) if return_attention_scores
    Weights: scale () if use_scale; concat_score_weight () if score_mode is "concat"
    Args:    use_scale: multiply the scores by a number that is learned.
             score_mode: "dot", or "concat" for sums through a tanh.
             dropout: the rate at which scores are dropped in training, from 0 to 1.
             seed: makes the draws differ from those with another seed.
    Errors:  ValueError for a wrong argument, or tensors that do not fit together.
    Source:  M.-T. Luong et al., Effective Approaches to Attention-based Neural Machine Translation, 2015, eq. 7 and 8.
    """

    use_scale: bool = False
    score_mode: str = "dot"
    dropout: float = 0.0
    seed: int | None = None

    def check(self) -> None:
        """Checks the rate and the mode."""
        super().check()
        checks.one_of(self, "score_mode", ("dot", "concat"))

    def build(self, input_shape: Any) -> None:
        """Declares the scale, and the weight of the sums."""
        super().build(input_shape)
        if self.use_scale:
            self.scale = self.declare("scale", (), "ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.declare("concat_score_weight", (), "ones")

    def scores(self, values: Mapping[Weight, Any], query: Any, key: Any) -> Any:
        """Returns products, or weighed sums."""
        scale = 1.0 if self.scale is None else values[self.scale]
        if self.score_mode == "dot":
            return query @ jnp.swapaxes(key, -2, -1) * scale
        sums = jnp.sum(jnp.tanh(attention.pairs(query, key) * scale), axis=-1)
        return sums * values[self.concat_score_weight]


@registry.register
@dataclass(eq=False, repr=False)
class AdditiveAttention(Headless):
    """Weighs values by sums of queries and keys: `layer([query, value])` or `layer([query, value, key])`.

    Probabilities are float32 also under mixed precision. The outputs carry the mask of the queries.

    Shapes:  query (batch, targets, size), value (batch, sources, features), key (batch, sources, size)
             -> (batch, targets, features), and the scores (batch, targets, sources) if return_attention_scores
    Weights: scale (size,) if use_scale
    Args:    use_scale: weigh the elements of each sum by numbers that are learned.
             dropout: the rate at which scores are dropped in training, from 0 to 1.
             seed: makes the draws differ from those with another seed.
    Errors:  ValueError for a wrong argument, or tensors that do not fit together.
    Source:  D. Bahdanau et al., Neural Machine Translation by Jointly Learning to Align and Translate, 2014, A.1.2.
    """

    use_scale: bool = True
    dropout: float = 0.0
    _: KW_ONLY
    seed: int | None = None

    def build(self, input_shape: Any) -> None:
        """Declares the scale."""
        super().build(input_shape)
        if self.use_scale:
            self.scale = self.declare("scale", (self.known_axis(input_shape[0], -1),), "glorot_uniform")

    def scores(self, values: Mapping[Weight, Any], query: Any, key: Any) -> Any:
        """Returns weighed sums."""
        sums = jnp.tanh(attention.pairs(query, key))
        if self.scale is None:
            return jnp.sum(sums, axis=-1)
        return sums @ values[self.scale]
