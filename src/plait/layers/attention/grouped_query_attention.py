"""Attention with several heads, of which some share keys and values."""

from __future__ import annotations

from dataclasses import KW_ONLY, InitVar

from plait import constraints, initializers, regularizers
from plait.core import errors, registry
from plait.core.fields import dataclass
from plait.graph import checks
from plait.layers.attention.heads import Heads, Sizes


@registry.register
@dataclass(eq=False, repr=False)
class GroupQueryAttention(Heads):
    """Attends as MultiHeadAttention does, with fewer heads for keys and values, each for several heads of queries.

    Shapes:  query (batch, targets, features), value and key (batch, sources, any)
             -> (batch, targets, features), and the scores (batch, query heads, targets, sources) if
             return_attention_scores
    Weights: kernel and bias of query, key, gate if use_gate, value, attention_output
    Args:    head_dim: the size of each head.
             num_key_value_heads: divides num_query_heads; 1 for keys and values that all heads share.
             The others are those of MultiHeadAttention.
    Errors:  ValueError for a wrong argument, or tensors or masks that do not fit together.
    Source:  J. Ainslie et al., GQA: Training Generalized Multi-Query Transformer Models, 2023.
    """

    head_dim: int
    num_query_heads: int
    num_key_value_heads: int
    dropout: float = 0.0
    use_bias: bool = True
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

    rank = 3
    attention_axes = (1,)

    @property
    def type_name(self) -> str:
        """The name of Keras's class, which it exports under another."""
        return "GroupedQueryAttention"

    @property
    def sizes(self) -> Sizes:
        """The numbers of heads, and their size."""
        return Sizes(self.num_query_heads, self.num_key_value_heads, self.head_dim, self.head_dim)

    def check(self) -> None:
        """Checks the numbers of heads, and what all layers with heads have."""
        super().check()
        checks.positive(self, "head_dim", "num_query_heads", "num_key_value_heads")
        if self.num_query_heads % self.num_key_value_heads:
            raise ValueError(
                errors.explain(
                    f"{self} needs num_query_heads that {self.num_key_value_heads} heads of keys and values can share "
                    f"equally, got {self.num_query_heads}."
                )
            )
