"""Rows of the table of layers: attention, with heads and without."""

import numpy as np

from tests.layers.case import Case

_random = np.random.default_rng(7)


def drawn(*shape):
    return _random.uniform(-1, 1, shape).astype("float32")


FOUR, SIX, SIX_KEYS = drawn(2, 4, 5), drawn(2, 6, 5), drawn(2, 6, 3)
GRID = drawn(2, 3, 4, 5)
MASK_OF_SIX = np.array([[1, 1, 0, 1, 0, 0], [1, 1, 1, 1, 1, 0]], bool)
# The last query may attend to nothing.
PAIRS = _random.random((2, 4, 6)) < 0.6
PAIRS[:, :3, 0], PAIRS[:, 3] = True, False
OF_HEADS = _random.random((2, 2, 4, 6)) < 0.8

CASES = [
    # With heads: what attends to what
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 4, 5)], arguments={"value": FOUR}),
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 4, 5)], free=(1,), arguments={"value": SIX}),
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 4, 7)], arguments={"value": SIX, "key": SIX_KEYS}),
    Case(lambda L: L.MultiHeadAttention(1, 1), [(2, 1, 1)], arguments={"value": drawn(2, 1, 2)}),
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 4, 5)], arguments={"value": FOUR, "return_attention_scores": True}),
    # masks
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 4, 5)], masked=True, arguments={"value": SIX}),
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 4, 5)], arguments={"value": SIX, "value_mask": MASK_OF_SIX}),
    Case(
        lambda L: L.MultiHeadAttention(2, 3),
        [(2, 4, 5)],
        masked=True,
        arguments={"value": SIX, "key": SIX_KEYS, "value_mask": MASK_OF_SIX, "key_mask": MASK_OF_SIX[::-1]},
    ),
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 4, 5)], arguments={"value": SIX, "attention_mask": PAIRS}),
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 4, 5)], arguments={"value": SIX, "attention_mask": PAIRS[0]}),
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 4, 5)], arguments={"value": SIX, "attention_mask": PAIRS[:, :1]}),
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 4, 5)], arguments={"value": SIX, "attention_mask": OF_HEADS}),
    Case(
        lambda L: L.MultiHeadAttention(2, 3, dropout=0.5),
        [(2, 4, 5)],
        arguments={"value": SIX, "attention_mask": OF_HEADS[:, :1].astype("float32")},
    ),
    # order
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 4, 5)], arguments={"value": FOUR, "use_causal_mask": True}),
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 4, 5)], arguments={"value": SIX, "use_causal_mask": True}),
    Case(
        lambda L: L.MultiHeadAttention(2, 3),
        [(2, 4, 5)],
        masked=True,
        arguments={"value": SIX, "value_mask": MASK_OF_SIX, "attention_mask": PAIRS, "use_causal_mask": True},
    ),
    Case(lambda L: L.MultiHeadAttention(2, 3, sliding_window=2), [(2, 4, 5)], arguments={"value": SIX}),
    Case(
        lambda L: L.MultiHeadAttention(2, 3, sliding_window=1),
        [(2, 4, 5)],
        arguments={"value": FOUR, "use_causal_mask": True},
    ),
    # arguments
    Case(
        lambda L: L.MultiHeadAttention(2, 3, value_dim=4),
        [(2, 4, 5)],
        arguments={"value": FOUR, "return_attention_scores": True},
    ),
    Case(lambda L: L.MultiHeadAttention(2, 3, 4, 0.5), [(2, 4, 5)], arguments={"value": SIX}),
    Case(
        lambda L: L.MultiHeadAttention(2, 3, dropout=0.5, seed=1),
        [(2, 4, 5)],
        training=True,
        is_random=True,
        arguments={"value": SIX},
    ),
    Case(lambda L: L.MultiHeadAttention(2, 3, use_bias=False), [(2, 4, 5)], arguments={"value": SIX}),
    Case(lambda L: L.MultiHeadAttention(2, 3, output_shape=7), [(2, 4, 5)], arguments={"value": SIX}),
    Case(lambda L: L.MultiHeadAttention(2, 3, output_shape=(2, 3)), [(2, 4, 5)], arguments={"value": SIX}),
    Case(lambda L: L.MultiHeadAttention(2, 3, use_gate=True), [(2, 4, 5)], masked=True, arguments={"value": SIX}),
    Case(
        lambda L: L.MultiHeadAttention(2, 3, value_dim=4, use_gate=True, use_bias=False, dropout=0.1),
        [(2, 4, 5)],
        arguments={"value": SIX},
    ),
    Case(
        lambda L: L.MultiHeadAttention(2, 3, flash_attention=False, kernel_initializer="he_normal", trainable=False),
        [(2, 4, 5)],
        arguments={"value": SIX},
    ),
    Case(
        lambda L: L.MultiHeadAttention(
            2, 3, kernel_regularizer="l2", bias_regularizer="l1", kernel_constraint="non_neg", activity_regularizer="l2"
        ),
        [(2, 4, 5)],
        arguments={"value": SIX},
    ),
    # more axes
    Case(lambda L: L.MultiHeadAttention(2, 3), [(2, 3, 4, 5)], free=(1,), arguments={"value": GRID}),
    Case(lambda L: L.MultiHeadAttention(2, 3, attention_axes=2), [(2, 3, 2, 5)], arguments={"value": GRID}),
    Case(lambda L: L.MultiHeadAttention(2, 3, attention_axes=(-3,)), [(2, 2, 4, 5)], arguments={"value": GRID}),
    Case(lambda L: L.MultiHeadAttention(2, 3, attention_axes=(2, 1)), [(2, 3, 4, 5)], arguments={"value": GRID}),
    Case(
        lambda L: L.MultiHeadAttention(2, 3, attention_axes=(1, 2)),
        [(2, 2, 2, 5)],
        arguments={"value": GRID, "attention_mask": _random.random((2, 2, 2, 3, 4)) < 0.8},
    ),
    # Heads in groups
    Case(lambda L: L.GroupQueryAttention(3, 4, 2), [(2, 4, 5)], arguments={"value": FOUR}),
    Case(
        lambda L: L.GroupQueryAttention(3, 4, 2), [(2, 4, 5)], arguments={"value": SIX, "return_attention_scores": True}
    ),
    Case(lambda L: L.GroupQueryAttention(3, 4, 1), [(2, 4, 5)], free=(1,), arguments={"value": SIX}),
    Case(lambda L: L.GroupQueryAttention(3, 2, 2), [(2, 4, 5)], arguments={"value": SIX, "key": drawn(2, 6, 4)}),
    Case(lambda L: L.GroupQueryAttention(3, 4, 2), [(2, 4, 5)], masked=True, arguments={"value": SIX}),
    Case(
        lambda L: L.GroupQueryAttention(3, 4, 2),
        [(2, 4, 5)],
        masked=True,
        arguments={"value": SIX, "value_mask": MASK_OF_SIX, "use_causal_mask": True},
    ),
    Case(lambda L: L.GroupQueryAttention(3, 4, 2), [(2, 4, 5)], arguments={"value": SIX, "attention_mask": PAIRS}),
    Case(lambda L: L.GroupQueryAttention(3, 4, 2), [(2, 4, 5)], arguments={"value": SIX, "use_causal_mask": True}),
    Case(lambda L: L.GroupQueryAttention(3, 4, 2, 0.5, False, 2), [(2, 4, 5)], arguments={"value": SIX}),
    Case(
        lambda L: L.GroupQueryAttention(3, 4, 2, dropout=0.5, seed=3),
        [(2, 4, 5)],
        training=True,
        is_random=True,
        arguments={"value": SIX},
    ),
    Case(
        lambda L: L.GroupQueryAttention(3, 4, 2, use_gate=True, kernel_regularizer="l2", bias_constraint="non_neg"),
        [(2, 4, 5)],
        arguments={"value": SIX},
    ),
    # Without heads: products
    Case(lambda L: L.Attention(), [(2, 4, 5), (2, 6, 5)]),
    Case(lambda L: L.Attention(), [(2, 4, 5), (2, 6, 3), (2, 6, 5)], free=(1,)),
    Case(lambda L: L.Attention(True), [(2, 1, 5), (2, 1, 5)]),
    Case(lambda L: L.Attention(), [(2, 4, 5), (2, 6, 5)], masked=True),
    Case(lambda L: L.Attention(), [(2, 4, 5), (2, 6, 5), (2, 6, 5)], masked=True),
    Case(lambda L: L.Attention(), [(2, 4, 5), (2, 6, 5)], masked=(True, False)),
    Case(
        lambda L: L.Attention(),
        [(2, 4, 5), (2, 6, 5)],
        masked=(False, True),
        arguments={"return_attention_scores": True},
    ),
    Case(lambda L: L.Attention(), [(2, 4, 5), (2, 6, 5)], masked=True, arguments={"use_causal_mask": True}),
    Case(
        lambda L: L.Attention(dropout=0.5),
        [(2, 4, 5), (2, 6, 5)],
        masked=True,
        arguments={"use_causal_mask": True, "return_attention_scores": True},
    ),
    Case(lambda L: L.Attention(dropout=0.5, seed=2), [(2, 4, 5), (2, 6, 5)], training=True, is_random=True),
    Case(lambda L: L.Attention(), [(2, 3, 4, 5), (2, 3, 6, 5)], arguments={"use_causal_mask": True}),
    # and sums
    Case(lambda L: L.Attention(score_mode="concat"), [(2, 4, 5), (2, 6, 5)]),
    Case(lambda L: L.Attention(True, "concat"), [(2, 4, 5), (2, 6, 3), (2, 6, 5)], masked=True),
    Case(lambda L: L.AdditiveAttention(), [(2, 4, 5), (2, 6, 5)]),
    Case(lambda L: L.AdditiveAttention(), [(2, 4, 5), (2, 6, 3), (2, 6, 5)], masked=True),
    Case(
        lambda L: L.AdditiveAttention(False, 0.5, seed=1),
        [(2, 4, 5), (2, 6, 5)],
        free=(1,),
        masked=(True, False),
        arguments={"return_attention_scores": True, "use_causal_mask": True},
    ),
    Case(lambda L: L.AdditiveAttention(dropout=0.5), [(2, 4, 5), (2, 6, 5)], training=True, is_random=True),
]
