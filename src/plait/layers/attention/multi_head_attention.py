"""Attention with several heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, InitVar
from typing import Any

from plait import constraints, initializers, regularizers
from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.graph import checks
from plait.layers.attention.heads import Heads, Sizes


@registry.register
@dataclass(eq=False, repr=False)
class MultiHeadAttention(Heads):
    """Lets several heads weigh values by how well a query fits their keys: `layer(query, value, key=value)`.

    Probabilities are float32 also under mixed precision. The outputs carry the mask of the queries.

    Shapes:  query (batch, targets, features), value and key (batch, sources, any)
             -> (batch, targets, features), and the scores (batch, heads, targets, sources) if
             return_attention_scores; more axes may stand between batch and features
    Weights: kernel and bias of query, key, gate if use_gate, value, attention_output
    Args:    key_dim, value_dim: the size of a head's keys, and of its values; the same if not given.
             dropout: the rate at which scores are dropped in training, from 0 to 1.
             output_shape: sizes of the outputs in place of the queries' features.
             attention_axes: the axes attended over; all between batch and features if not given.
             sliding_window: attend only to steps fewer than so many away.
             flash_attention: for Keras's sake; XLA chooses how to compute.
             use_gate: multiply what the heads give by a sigmoid of a projection of the queries.
             seed: makes the draws differ from those with another seed.
    Errors:  ValueError for a wrong argument, or tensors or masks that do not fit together.
    Source:  A. Vaswani et al., Attention Is All You Need, 2017, section 3.2.
    """

    num_heads: int
    key_dim: int
    value_dim: int | None = None
    dropout: float = 0.0
    use_bias: bool = True
    # Not a field: the layer has a property of this name.
    output_shape: InitVar[Any] = None
    attention_axes: int | Sequence[int] | None = None
    sliding_window: int | None = None
    flash_attention: InitVar[bool | None] = None
    kernel_initializer: initializers.Like = "glorot_uniform"
    bias_initializer: initializers.Like = "zeros"
    kernel_regularizer: regularizers.Like = None
    bias_regularizer: regularizers.Like = None
    # By name only: Keras has activity_regularizer in between.
    _: KW_ONLY
    kernel_constraint: constraints.Like = None
    bias_constraint: constraints.Like = None
    use_gate: bool = False
    seed: int | None = None

    def __post_init__(self, *common: Any) -> None:
        *common, output_shape, flash_attention = common  # type: ignore[assignment]
        self._given_shape = output_shape
        super().__post_init__(*common, flash_attention)

    @property
    def sizes(self) -> Sizes:
        """The number of heads, and the sizes of their keys and values."""
        return Sizes(self.num_heads, self.num_heads, self.key_dim, self.value_dim or self.key_dim)

    def check(self) -> None:
        """Checks the sizes and the axes, and what all layers with heads have."""
        super().check()
        # Each projection has it, as in Keras, and not the layer as a whole.
        self.activity_regularizer = None
        self.value_dim = self.key_dim if self.value_dim is None else self.value_dim
        checks.positive(self, "num_heads", "key_dim", "value_dim")
        self.output_sizes = self._sizes_given(self._given_shape, "output_shape", least=1)
        self.attention_axes = self._sizes_given(self.attention_axes, "attention_axes")

    def _sizes_given(self, value: Any, name: str, least: int | None = None) -> tuple[int, ...] | None:
        if value is None:
            return None
        several = tuple(value) if isinstance(value, list | tuple) else (value,)
        is_right = several and all(isinstance(one, int) and not isinstance(one, bool) for one in several)
        if not is_right or (least is not None and min(several) < least):
            kind = "positive integers" if least else "integers"
            raise ValueError(errors.explain(f"{self} needs one or several {kind} for {name}, got {value!r}."))
        return several

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, as plain data."""
        given = {"output_shape": self.output_sizes, "activity_regularizer": self._penalty}
        return {**super().get_config(), **registry.serialize(given)}


# Set by the dataclass as the default of the constructor's argument; here stands the property of all layers.
del MultiHeadAttention.output_shape  # type: ignore[attr-defined]
