"""What attention, dense layers of equations and wrappers say of a call that cannot be."""

import numpy as np
import pytest

from plait import layers
from plait.layers import Input

STEPS = (4, 5)


def attended(layer=None, query=STEPS, value=(6, 5), **arguments):
    return (layer or layers.MultiHeadAttention(2, 3))(Input(query), Input(value), **arguments)


def attended_before(layer, **arguments):
    """Returns the layer, after a first call."""
    attended(layer)
    return layer


@pytest.mark.parametrize(
    ("call", "fragments"),
    [
        # arguments
        (lambda: layers.MultiHeadAttention(0, 3), ['MultiHeadAttention "multi_head_attention_1"', "num_heads, got 0"]),
        (lambda: layers.MultiHeadAttention(2, 3.0), ["positive integer for key_dim, got 3.0"]),
        (lambda: layers.MultiHeadAttention(2, 3, 0), ["positive integer for value_dim, got 0"]),
        (lambda: layers.MultiHeadAttention(2, 3, dropout=2), ["from 0 to 1 for dropout, got 2"]),
        (lambda: layers.MultiHeadAttention(2, 3, output_shape=-1), ["positive integers for output_shape, got -1"]),
        (lambda: layers.MultiHeadAttention(2, 3, attention_axes="1"), ["integers for attention_axes, got '1'"]),
        (lambda: layers.MultiHeadAttention(2, 3, sliding_window=0), ["positive integer for sliding_window, got 0"]),
        (lambda: layers.MultiHeadAttention(2, 3, kernel_initializer="on"), ["cannot take this kernel_initializer"]),
        (
            lambda: layers.MultiHeadAttention(2, 3, dropout=0.1, flash_attention=True),
            ["cannot drop scores in flash attention", "Leave one of them out"],
        ),
        (lambda: layers.GroupQueryAttention(3, 4, 3), ["num_query_heads that 3 heads", "equally, got 4"]),
        (lambda: layers.GroupQueryAttention(0, 4, 2), ["positive integer for head_dim, got 0"]),
        (lambda: layers.Attention(score_mode="dott"), ["'dot', 'concat' for score_mode", 'Did you mean "dot"?']),
        (lambda: layers.AdditiveAttention(dropout=-1), ["from 0 to 1 for dropout, got -1"]),
        # tensors
        (lambda: layers.MultiHeadAttention(2, 3)(Input(STEPS)), ["needs queries and values", "layer(x, x)"]),
        (lambda: layers.MultiHeadAttention(2, 3)([Input(STEPS)] * 2), ["needs queries and values"]),
        (lambda: attended(query=(5,), value=(5,)), ["3 or more (batch included), got queries (None, 5)"]),
        (lambda: attended(query=(4, 4, 5)), ["of one number of axes", "(None, 4, 4, 5), values (None, 6, 5)"]),
        (lambda: attended(key=Input((7, 5))), ["a value for each key", "keys (None, 7, 5)"]),
        (
            lambda: attended(layers.MultiHeadAttention(2, 3, attention_axes=2), (3, 4, 5), (2, 4, 5)),
            ["of one batch with the queries", "(None, 2, 4, 5)"],
        ),
        (lambda: attended(layers.MultiHeadAttention(2, 3, attention_axes=3)), ["got attention_axes=(3,)"]),
        (lambda: attended(layers.MultiHeadAttention(2, 3, attention_axes=(1, -2))), ["different axes between batch"]),
        (lambda: attended(query=(4, None)), ["needs to know the size of the last axis"]),
        (
            lambda: attended(attended_before(layers.MultiHeadAttention(2, 3)), value=(6, 4)),
            ["needs values with 5 features on the last axis, got 4", "make a new MultiHeadAttention layer"],
        ),
        (
            lambda: attended(attended_before(layers.MultiHeadAttention(2, 3)), query=(4, 6)),
            ["with 5 features on the last axis, got 6"],
        ),
        (
            lambda: attended(layers.GroupQueryAttention(3, 4, 2), (4, 4, 5), (4, 4, 5)),
            ['GroupedQueryAttention "grouped_query_attention_1" needs tensors of 3 axes'],
        ),
        (lambda: layers.Attention()(Input(STEPS)), ["a list of 2 or 3 tensors, got one of shape (None, 4, 5)"]),
        (lambda: layers.Attention()([Input(STEPS)]), ["a list of 2 or 3 tensors, got 1", "layer([query, value])"]),
        (lambda: layers.Attention()([Input(STEPS), Input((6, 4))]), ["queries (None, 4, 5)", "keys (None, 6, 4)"]),
        (lambda: layers.AdditiveAttention()([Input((5,))] * 2), ["a value for each key"]),
        # masks
        (
            lambda: attended(attention_mask=np.ones((2, 4, 5), bool)),
            ["attention_mask for scores of shape (None, 2, 4, 6), got shape (2, 4, 5)", "Its last axes are targets"],
        ),
        (lambda: attended(attention_mask=np.ones(6, bool)), ["got shape (6,)"]),
        (
            lambda: layers.MultiHeadAttention(2, 3)(
                np.ones((1, 2, 3, 4), "float32"), np.ones((1, 2, 3, 4), "float32"), use_causal_mask=True
            ),
            ["a causal mask needs one axis, got attention_axes=(1, 2)"],
        ),
        (
            lambda: layers.MultiHeadAttention(2, 3)(
                np.ones((1, 2, 3, 4), "float32"), np.ones((1, 2, 3, 4), "float32"), value_mask=np.ones((1, 2), bool)
            ),
            ["masks of steps need attention over axis 1 alone"],
        ),
        (
            lambda: layers.Attention()([np.ones((1, 2, 3), "float32")] * 2, mask=np.ones((1, 2), bool)),
            ["a list of masks, [query_mask, value_mask], got an array"],
        ),
        # equations
        (lambda: layers.EinsumDense("ab,bc", 3), ['EinsumDense "einsum_dense_1"', "x,y->z", "got 'ab,bc'"]),
        (lambda: layers.EinsumDense("ab,bc->ad", 3), ["'c' stands in one place only"]),
        (lambda: layers.EinsumDense("ab,bc->ac"), ["for output_shape, got None"]),
        (lambda: layers.EinsumDense("ab,bc->ac", (0,)), ["positive integers and None for output_shape, got (0,)"]),
        (lambda: layers.EinsumDense("ab,bc->ac", 3, lora_rank=2), ["has no lora_rank in Plait"]),
        (lambda: layers.EinsumDense("ab,bc->ac", 3)(Input(STEPS)), ["names 2 of 3 axes", "'ab,bc->ac'"]),
        (lambda: layers.EinsumDense("abc,cd->abd", 3)(Input(STEPS)), ["do not have the axes of output_shape (3,)"]),
        (lambda: layers.EinsumDense("abc,cd->abd", (6, 3))(Input(STEPS)), ["is 4 in the inputs and 6 in output_shape"]),
        (
            lambda: layers.EinsumDense("ab,bc->ac", 3, bias_axes="b")(Input((5,))),
            ["letters of the outputs 'ac', got 'b'"],
        ),
        (lambda: layers.EinsumDense("abc,cd->abd", (None, 3))(Input((4, None))), ["needs to know the size"]),
        # layers in layers
        (lambda: layers.Wrapper("dense"), ['Wrapper "wrapper_1" holds a layer, got the string', "Make a layer first"]),
        (lambda: layers.SpectralNormalization(layers.Dense(3), 0), ["positive integer for power_iterations, got 0"]),
        (lambda: layers.SpectralNormalization(layers.ReLU())(Input((3,))), ["with a kernel or embeddings, got ReLU"]),
        (
            lambda: layers.SpectralNormalization(layers.Conv2D(3, 2))(Input((3,))),
            ['Conv2D "conv2d_1" needs inputs with 4 axes'],
        ),
        # embeddings
        (lambda: layers.ReversibleEmbedding(0, 3), ["positive integer for input_dim, got 0"]),
        (lambda: layers.ReversibleEmbedding(7, 3, logit_soft_cap=0), ["positive number for logit_soft_cap, got 0"]),
        (lambda: layers.ReversibleEmbedding(7, 3, reverse_dtype="floaty"), ["floaty"]),
        (lambda: layers.ReversibleEmbedding(7, 3)(Input((4,)), reverse=True), ["vectors with 3 elements", "(None, 4)"]),
    ],
)
def test_a_call_that_cannot_be_is_explained(call, fragments):
    with pytest.raises(ValueError, match=r"Called at .*test_attention_errors\.py:\d+") as caught:
        call()
    for fragment in fragments:
        assert fragment in str(caught.value)
