"""What the layers with several heads share: projections, masks, and how the heads attend."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp

from plait import constraints, initializers, regularizers
from plait.core import errors, nest
from plait.core.context import Context
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.functional import attention, dropout
from plait.graph import checks
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec, Shape, Spec
from plait.layers.attention import demands, masks
from plait.layers.einsum_dense import EinsumDense


class Sizes(NamedTuple):
    """How many heads queries have, and keys and values; how many numbers a key has in each, and a value."""

    heads: int
    key_heads: int
    key: int
    value: int


class Heads(Layer):
    """Projects queries, keys and values for several heads, lets each head attend, and projects what they give.

    A kind of its own has the fields below, and says its `sizes`.
    """

    dropout: float
    use_bias: bool
    sliding_window: int | None
    kernel_initializer: initializers.Like
    bias_initializer: initializers.Like
    kernel_regularizer: regularizers.Like
    bias_regularizer: regularizers.Like
    kernel_constraint: constraints.Like
    bias_constraint: constraints.Like
    use_gate: bool
    seed: int | None
    attention_axes: Any

    supports_masking = True
    # How many axes queries have, batch included; None for any number from 3.
    rank: ClassVar[int | None] = None
    # The sizes of the outputs in place of the queries' features; None for the same.
    output_sizes: tuple[int, ...] | None = None

    def __post_init__(self, *common: Any) -> None:
        *common, flash_attention = common  # type: ignore[assignment]
        super().__post_init__(*common)
        if flash_attention and self.dropout:
            raise ValueError(
                errors.explain(
                    f"{self} cannot drop scores in flash attention, got dropout={self.dropout}, flash_attention=True.",
                    "Leave one of them out.",
                )
            )

    @property
    def sizes(self) -> Sizes:
        """The numbers of heads, and their sizes."""
        raise NotImplementedError

    def check(self) -> None:
        """Checks what the fields of all layers with heads have in common, and looks the names up."""
        checks.rates(self, "dropout")
        if self.sliding_window is not None:
            checks.positive(self, "sliding_window")
        checks.looked_up(self)
        self._penalty = self.activity_regularizer

    # ------------------------------------------------------------------------------------------ it is built

    def build(self, query_shape: Any, value_shape: Any = None, key_shape: Any = None) -> None:
        """Declares the projections."""
        key_shape = value_shape if key_shape is None else key_shape
        self._check_shapes(query_shape, value_shape, key_shape)
        self.attention_axes = demands.completed_axes(self, query_shape)
        heads, key_heads, key, value = self.sizes
        features = self.known_axis(query_shape, -1)
        self.query_dense = self._projection("query", query_shape, (heads, key))
        self.key_dense = self._projection("key", key_shape, (key_heads, key))
        if self.use_gate:
            self.gate_dense = self._projection("gate", query_shape, (heads, value), activation="sigmoid")
        self.value_dense = self._projection("value", value_shape, (key_heads, value))
        self.output_dense = self._projection(
            "attention_output", (*query_shape[:-1], heads, value), self.output_sizes or (features,), summed=2
        )
        self.input_spec = InputSpec(ndim=len(query_shape), axes={-1: features})

    def _projection(
        self, name: str, input_shape: Shape, sizes: tuple[int, ...], *, summed: int = 1, activation: Any = None
    ) -> EinsumDense:
        """Returns a layer that makes axes of these sizes of the last axes of its inputs."""
        letters = iter(string.ascii_lowercase)
        kept, inner, outer = (
            "".join(next(letters) for _ in range(count)) for count in (len(input_shape) - summed, summed, len(sizes))
        )
        layer = EinsumDense(
            f"{kept}{inner},{inner}{outer}->{kept}{outer}",
            (*[None] * (len(kept) - 1), *sizes),
            activation,
            outer if self.use_bias else None,
            self.kernel_initializer,
            self.bias_initializer,
            self.kernel_regularizer,
            self.bias_regularizer,
            self.kernel_constraint,
            self.bias_constraint,
            activity_regularizer=self._penalty,
            name=name,
            dtype=self.dtype_policy,
        )
        self.adopt(layer, name)
        layer.build(tuple(input_shape))
        return layer

    # ------------------------------------------------------------------------------------------ it is run

    def apply(
        self,
        values: Mapping[Weight, Any],
        query: Any,
        ctx: Context,
        value: Any = None,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Updated:
        """Attends; returns the scores after the outputs if asked."""
        key = value if key is None else key
        self._check_shapes(*(getattr(tensor, "shape", None) for tensor in (query, value, key)))
        query_mask = ctx.mask if query_mask is None else query_mask
        mask = masks.joined(
            self,
            (query.shape, value.shape, self._scores_shape(query.shape, value.shape)),
            (query_mask, value_mask, key_mask),
            attention_mask,
            is_causal=use_causal_mask,
        )
        losses: list[Any] = []

        def projected(layer: EinsumDense, inputs: Any) -> Any:
            updated = layer.run(values, jnp.asarray(inputs), ctx.at(layer.name), {})
            losses.extend(updated.losses)
            return updated.outputs

        gate = projected(self.gate_dense, query) if self.use_gate else None
        heads, scores = self._attended(
            projected(self.query_dense, query),
            projected(self.key_dense, key),
            projected(self.value_dense, value),
            mask,
            ctx,
            return_attention_scores,
        )
        outputs = projected(self.output_dense, heads if gate is None else heads * gate)
        if return_attention_scores:
            return Updated((outputs, scores), losses=tuple(losses), mask=[query_mask, None])
        return Updated(outputs, losses=tuple(losses), mask=query_mask)

    def _attended(
        self, query: Any, key: Any, value: Any, mask: Any, ctx: Context, is_asked_for_scores: bool
    ) -> tuple[Any, Any]:
        """Returns what the heads give, and the scores if they were computed."""
        # Where all is masked the two ways differ, as they do in Keras: the mean of all values, or 0.
        if not (self.dropout or is_asked_for_scores or query.ndim != 4):
            return attention.dot_product(query, key, value, mask), None
        key, value = (attention.repeated(x, self.sizes.heads) for x in (key, value))
        products = attention.products(query.ndim, self.attention_axes)
        attended = tuple(range(-len(self.attention_axes), 0))
        scores = attention.probabilities(attention.scaled_scores(products.scores, query, key), mask, attended)
        scores = (scores if mask is None else jnp.where(mask, scores, 0)).astype(query.dtype)
        is_dropped = ctx.training and self.dropout
        kept = dropout.dropout(scores, self.dropout, ctx.key_with(self.seed)) if is_dropped else scores
        return jnp.einsum(products.outputs, kept, value), scores

    # ------------------------------------------------------------------------------------------ it is asked

    def _check_shapes(self, query_shape: Any, value_shape: Any, key_shape: Any) -> None:
        denses = (self.query_dense, self.value_dense, self.key_dense) if self.built else ()
        features = [dense.kernel.shape[0] for dense in denses]
        demands.check_shapes(self, [query_shape, value_shape, key_shape], features)

    def _scores_shape(self, query_shape: Shape, value_shape: Shape) -> Shape:
        kept = [size for axis, size in enumerate(query_shape[:-1]) if axis not in self.attention_axes]
        attended = [shape[axis] for shape in (query_shape, value_shape) for axis in self.attention_axes]
        return (*kept, self.sizes.heads, *attended)

    def compute_output_shape(self, query_shape: Shape, value_shape: Any = None, key_shape: Any = None) -> Shape:
        """Returns the shape of the queries, or with other sizes in place of their features."""
        self._check_shapes(query_shape, value_shape, value_shape if key_shape is None else key_shape)
        return (*query_shape[:-1], *(self.output_sizes or query_shape[-1:]))

    def compute_output_spec(self, specs: Any, **arguments: Any) -> Any:
        """Returns the Specs of the outputs, and of the scores if they are asked for."""
        given = (specs, arguments.get("value"), arguments.get("key"))
        query, value, key = (None if one is None else tuple(one.shape) for one in given)
        outputs = Spec(self.compute_output_shape(query, value, key), self.compute_dtype)  # type: ignore[arg-type]
        mask = arguments.get("attention_mask")
        scores = Spec(self._scores_shape(query, value), self.compute_dtype)  # type: ignore[arg-type]
        if mask is not None:
            demands.check_mask(self, tuple(mask.shape), scores.shape, 2 * len(self.attention_axes))
        return (outputs, scores) if arguments.get("return_attention_scores") else outputs

    def masked_outputs(self, specs: Any, masked: Any, outputs: Any, arguments: Mapping[str, Any]) -> list[bool]:
        """Returns that the outputs carry the mask of the queries, and the scores none."""
        is_masked = any(nest.flatten(masked)) or arguments.get("query_mask") is not None
        return [is_masked, *[False] * (len(nest.flatten(outputs)) - 1)]
