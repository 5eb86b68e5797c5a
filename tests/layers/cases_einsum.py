"""Rows of the table of layers: dense layers between any axes, embeddings that are gone back, and nothing at all."""

from tests.layers.case import Case

CASES = [
    # Dense layers
    Case(lambda L: L.EinsumDense("ab,bc->ac", 3), [(4, 5)]),
    Case(lambda L: L.EinsumDense("ab,bc->ac", 3, "relu", "c"), [(4, 5)]),
    Case(lambda L: L.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"), [(2, 6, 5)], free=(1,)),
    Case(lambda L: L.EinsumDense("abc,cd->abd", (6, 3), bias_axes="bd"), [(2, 6, 5)]),
    Case(lambda L: L.EinsumDense("abc,cd->abd", [6, 3], bias_axes="b"), [(2, 6, 5)]),
    Case(lambda L: L.EinsumDense("abc,bcd->ad", 3, bias_axes="d"), [(2, 6, 5)]),
    Case(lambda L: L.EinsumDense("abc,bc->abc", (6, 5)), [(2, 6, 5)]),
    Case(lambda L: L.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"), [(2, 6, 5)], free=(1,)),
    Case(lambda L: L.EinsumDense("abcd,cde->abe", (None, 3), bias_axes="e"), [(2, 4, 3, 5)], free=(1,)),
    Case(lambda L: L.EinsumDense("abc,bd->adc", (3, 5), bias_axes="d"), [(2, 6, 5)]),
    Case(lambda L: L.EinsumDense("...x,xy->...y", 3, bias_axes="y"), [(4, 5)]),
    Case(lambda L: L.EinsumDense("...x,xy->...y", 3, bias_axes="y"), [(2, 6, 5)]),
    Case(lambda L: L.EinsumDense("...bc,cd->...bd", (6, 3), bias_axes="bd"), [(2, 6, 5)]),
    Case(lambda L: L.EinsumDense("...abx,xy->...aby", (6, 3), bias_axes="y"), [(2, 6, 5)]),
    Case(lambda L: L.EinsumDense("ab...,bc->ac...", 3, bias_axes="c"), [(2, 5, 4, 3)]),
    Case(lambda L: L.EinsumDense("ab...,bc->ac...", 3), [(2, 5)]),
    Case(lambda L: L.EinsumDense("ab,bc->ac", 3, "tanh", "c", "ones", "ones", "l2", "l1", "non_neg"), [(4, 5)]),
    Case(lambda L: L.EinsumDense("ab,bc->ac", 3, activity_regularizer="l2", kernel_initializer="he_normal"), [(4, 5)]),
    Case(lambda L: L.EinsumDense("ab,bc->ac", 3, lora_rank=None, quantization_config=None), [(4, 5)]),
    # Embeddings
    Case(lambda L: L.ReversibleEmbedding(7, 3), [(2, 4)], dtype="int32", between=(0, 7), free=(1,)),
    Case(lambda L: L.ReversibleEmbedding(7, 3, mask_zero=True), [(2, 4)], dtype="int32", between=(0, 3)),
    Case(lambda L: L.ReversibleEmbedding(7, 3), [(2, 4, 3)], free=(1,), masked=True, arguments={"reverse": True}),
    Case(lambda L: L.ReversibleEmbedding(7, 3, False), [(2, 4)], dtype="int32", between=(0, 7)),
    Case(lambda L: L.ReversibleEmbedding(7, 3, False), [(2, 3)], arguments={"reverse": True}),
    Case(lambda L: L.ReversibleEmbedding(7, 3, logit_soft_cap=0.3), [(2, 4, 3)], arguments={"reverse": True}),
    Case(
        lambda L: L.ReversibleEmbedding(7, 3, True, "ones", "l2", "non_neg", True, "float32", 2.0),
        [(2, 4, 3)],
        arguments={"reverse": True},
    ),
    # Nothing
    Case(lambda L: L.Identity(), [(4, 5)]),
    Case(lambda L: L.Identity(), [(2, 6, 5)], free=(1,), masked=True),
    Case(lambda L: L.Identity(), [(2, 6, 5), (2, 3, 4)], masked=(True, False)),
    Case(lambda L: L.Identity(), [(2, 3)], dtype="int32", between=(0, 7)),
]
