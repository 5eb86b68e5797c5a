"""What the layers that prepare data say of arguments and data that cannot be."""

import numpy as np
import pytest

from plait import layers
from plait.layers import Input
from plait.models import Model

TABLE = np.ones((4, 3), "float32")


@pytest.mark.parametrize(
    ("call", "fragments"),
    [
        (lambda: layers.Rescaling("a"), ['Rescaling "rescaling_1" needs a number', "for scale, got 'a'"]),
        (lambda: layers.Rescaling(1.0, None), ["for offset, got None"]),
        (lambda: layers.Rescaling([1.0, 2.0])(Input((3,))), ["fit its scale of shape (2,), got shape (None, 3)"]),
        (lambda: layers.Normalization("last"), ["integers or None for axis, got 'last'"]),
        (lambda: layers.Normalization(mean=1.0), ["both mean and variance or neither", "variance=None"]),
        (lambda: layers.Normalization(mean=[1.0, 2.0], variance=1.0), ["of one shape, got (2,) and ()"]),
        (lambda: layers.Normalization(mean=[[1.0]], variance=[[1.0]]), ["in axis=(-1,), got shape (1, 1)"]),
        (lambda: layers.Normalization(3)(Input((3,))), ["inputs that have the axes (3,), got shape (None, 3)"]),
        (lambda: layers.Normalization()(Input((None,))), ["needs to know the size of the axis 1"]),
        (lambda: layers.Normalization(mean=[1.0, 2.0], variance=[1.0, 2.0])(Input((3,))), ["fit the sizes (3,)"]),
        (lambda: layers.Normalization(mean=1.0, variance=1.0).adapt(TABLE), ["was given its mean", "Leave them out"]),
        (lambda: layers.Normalization().adapt([]), ["cannot be adapted to no data"]),
        (lambda: layers.Normalization().adapt(iter([])), ["cannot be adapted to no data"]),
        (lambda: layers.Normalization().adapt([[1.0, 2.0], [3.0]]), ["lists of equal lengths"]),
        (lambda: layers.Normalization().adapt([TABLE, TABLE[:, :2]]), ["3 features on the last axis, got 2"]),
        (lambda: layers.Discretization(), ["either bin_boundaries or num_bins, got neither"]),
        (lambda: layers.Discretization([1.0], 3), ["either bin_boundaries or num_bins, got both"]),
        (lambda: layers.Discretization([2.0, 1.0]), ["rising numbers for bin_boundaries, got [2.0, 1.0]"]),
        (lambda: layers.Discretization(num_bins=0), ["positive integer for num_bins, got 0"]),
        (lambda: layers.Discretization(num_bins=3, epsilon=0), ["between 0 and 1 for epsilon, got 0"]),
        (lambda: layers.Discretization([1.0], output_mode="onehot"), ["for output_mode", 'Did you mean "one_hot"?']),
        (lambda: layers.Discretization([1.0], sparse=True), ["has no sparse outputs"]),
        (lambda: layers.Discretization([1.0]).adapt(TABLE), ["was given its bin_boundaries", "num_bins instead"]),
        (lambda: layers.Discretization(num_bins=3)(TABLE), ["has no boundaries yet", "adapt(data)"]),
        (lambda: layers.Discretization(num_bins=3).adapt(np.zeros((0, 2))), ["boundaries in no numbers"]),
        (lambda: layers.CategoryEncoding(), ["positive integer for num_tokens, got None"]),
        (lambda: layers.CategoryEncoding(3, "int"), ["for output_mode, got 'int'"]),
        (lambda: layers.CategoryEncoding(3)([[0, 3]]), ["ids go from 0 to 2, got 3 in row 0, position 1"]),
        (lambda: layers.CategoryEncoding(3)([[0.5]]), ["categories are whole numbers, got 0.5"]),
        (lambda: layers.CategoryEncoding(3)(Input((2, 2))), ["at most 2 axes (batch included)"]),
        (
            lambda: layers.CategoryEncoding(3)([[0, 1]], count_weights=np.ones((1, 2), "float32")),
            ["count_weights only with output_mode=\"count\", it has 'multi_hot'"],
        ),
        (
            lambda: layers.CategoryEncoding(3, "count")([[0, 1]], count_weights=np.ones((1, 3), "float32")),
            ["count_weights in the shape (1, 2) of the inputs, got (1, 3)"],
        ),
        (
            lambda: Model(x := Input((2,)), layers.CategoryEncoding(3)(x)).predict(np.full((1, 2), 7.0), verbose=0),
            ["does not suit CategoryEncoding", "ids go from 0 to 2, got 7"],
        ),
        (lambda: layers.Hashing(0), ["positive integer for num_bins, got 0"]),
        (lambda: layers.Hashing(3, salt=[1]), ["one or two whole numbers for salt, got [1]"]),
        (lambda: layers.Hashing(3, salt="pepper"), ["whole numbers for salt, got 'pepper'"]),
        (lambda: layers.Hashing(3, dtype="float32"), ['dtype "int32" or "int64" with output_mode="int"']),
        (lambda: layers.Hashing(3, output_mode="tf_idf"), ["for output_mode, got 'tf_idf'"]),
        (lambda: layers.Hashing(3, mask_value="")([1, 2]), ["of the kind of its mask_value ''"]),
        (lambda: layers.HashedCrossing(3)(np.array(["a"])), ["a list of at least two features"]),
        (lambda: layers.HashedCrossing(3)([["a"]]), ["at least two features, got 1 feature"]),
        (lambda: layers.HashedCrossing(3)([["a", "b"], ["a"]]), ["features of one shape", "got (2,), (1,)"]),
        (lambda: layers.HashedCrossing(3)([[["a", "b"]], [["a", "b"]]]), ["(batch,) or (batch, 1), got (1, 2)"]),
        (lambda: layers.HashedCrossing(3, "count"), ["for output_mode, got 'count'"]),
        (lambda: layers.StringLookup(max_tokens=1), ["an integer above 1 for max_tokens, got 1"]),
        (lambda: layers.StringLookup(num_oov_indices=-1), ["0 or more for num_oov_indices, got -1"]),
        (lambda: layers.StringLookup(pad_to_max_tokens=True), ["max_tokens with pad_to_max_tokens, got None"]),
        (lambda: layers.StringLookup(invert=True, output_mode="count"), ['output_mode="int" with invert']),
        (lambda: layers.StringLookup(invert=True, oov_token=None), ["an oov_token with invert, got None"]),
        (lambda: layers.StringLookup(idf_weights=[1.0]), ['output_mode="tf_idf" with idf_weights']),
        (lambda: layers.StringLookup(vocabulary=["a"], output_mode="tf_idf"), ["needs idf_weights with a vocabulary"]),
        (lambda: layers.StringLookup(vocabulary=[]), ["a vocabulary of one token at least"]),
        (lambda: layers.StringLookup(vocabulary=["a", "b", "a"]), ["each token of a vocabulary once, got 'a'"]),
        (lambda: layers.StringLookup(vocabulary=["a", ""], mask_token=""), ["keeps '' for itself, got it as token 1"]),
        (lambda: layers.StringLookup(vocabulary=["a", "[UNK]"], invert=True), ["keeps '[UNK]' for itself"]),
        (lambda: layers.StringLookup(2, vocabulary=["a", "b"]), ["at most max_tokens=2 tokens, got 3"]),
        (lambda: layers.StringLookup(vocabulary="no/such/file.txt"), ["finds no vocabulary file 'no/such/file.txt'"]),
        (lambda: layers.StringLookup(vocabulary=["a"]).adapt(["a"]), ["was given its vocabulary"]),
        (lambda: layers.StringLookup().adapt(iter([])), ["cannot be adapted to no data"]),
        (lambda: layers.StringLookup().adapt(["[UNK]"]), ["found no tokens in the data"]),
        (lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["b"]), ["does not know 'b'"]),
        (lambda: layers.StringLookup(vocabulary=["a"], output_mode="count")([[["a"]]]), ["at most 2 axes"]),
        (lambda: layers.StringLookup(vocabulary=["a"], invert=True)(Input((1,), dtype="int32")), ["gives text"]),
        (
            lambda: layers.StringLookup.from_config({"vocabulary": "/etc/passwd"}),
            ["names a vocabulary file, which is not read", "set_vocabulary"],
        ),
        (lambda: layers.IntegerLookup(vocabulary_dtype="int32"), ["for vocabulary_dtype, got 'int32'"]),
        (lambda: layers.IntegerLookup(oov_method="mod"), ["'floormod', 'farmhash' for oov_method, got 'mod'"]),
        (lambda: layers.IntegerLookup(salt=3), ['a salt only with oov_method="farmhash"']),
        (lambda: layers.IntegerLookup(vocabulary=[1])([0.5]), ["it takes whole numbers, got 0.5"]),
        (lambda: layers.IntegerLookup(vocabulary=[1], num_oov_indices=0)([1, 2]), ["it does not know 2"]),
        (lambda: layers.TextVectorization(standardize="upper"), ["for standardize, got 'upper'"]),
        (lambda: layers.TextVectorization(split="words"), ["for split, got 'words'"]),
        (lambda: layers.TextVectorization(ngrams="two"), ["for ngrams, got 'two'"]),
        (lambda: layers.TextVectorization(ngrams=0), ["for ngrams, got 0"]),
        (lambda: layers.TextVectorization(output_sequence_length=0), ["for output_sequence_length, got 0"]),
        (lambda: layers.TextVectorization(output_mode="one_hot"), ["for output_mode, got 'one_hot'"]),
        (lambda: layers.TextVectorization(output_mode="count", output_sequence_length=4), ['output_mode="int" with']),
        (lambda: layers.TextVectorization(ragged=True), ["has no ragged outputs"]),
        (lambda: layers.TextVectorization().adapt([["a", "b"]]), ["splits texts of shape (batch,) or (batch, 1)"]),
        (
            lambda: layers.TextVectorization()(Input((2,), dtype="string")),
            ["splits texts", "got shape (None, 2)", "With split=None"],
        ),
    ],
)
def test_what_cannot_be_is_explained(call, fragments):
    with pytest.raises(ValueError, match=r"Called at .*test_preprocessing_errors\.py:\d+") as caught:
        call()
    for fragment in fragments:
        assert fragment in str(caught.value)


@pytest.mark.parametrize(
    ("call", "fragments"),
    [
        (lambda: layers.Normalization().adapt(["a"]), ["lists of numbers, got an array of object such as 'a'"]),
        (lambda: layers.Normalization().adapt(np.array([3 + 4j])), ["lists of numbers"]),
        (lambda: layers.StringLookup(vocabulary=["a"])([1, 2]), ["lists of text, got an array of int64 such as"]),
        (lambda: layers.StringLookup(vocabulary=["a"])([["a"], ["a", "b"]]), ["lists of text"]),
        (lambda: layers.StringLookup().adapt(object()), ["is adapted to an array, a list, or what gives batches"]),
        (lambda: layers.Hashing(3)([None]), ["lists of numbers or text"]),
        (lambda: layers.HashedCrossing(3)([[1.5], [2.5]]), ["lists of whole numbers or text"]),
    ],
)
def test_data_of_another_kind_are_explained(call, fragments):
    with pytest.raises(TypeError, match=r"Called at .*test_preprocessing_errors\.py:\d+") as caught:
        call()
    for fragment in fragments:
        assert fragment in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.StringLookup()(["a"]),
        lambda: layers.StringLookup(output_mode="count")(Input((1,), dtype="string")),
        lambda: layers.TextVectorization()(["a"]),
        lambda: layers.IntegerLookup()([1]),
    ],
)
def test_a_lookup_without_a_vocabulary_says_so(make):
    with pytest.raises(RuntimeError, match="has no vocabulary yet"):
        make()
