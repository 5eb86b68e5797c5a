"""What the layers that prepare data do besides their numbers: they take data as users have them, and learn."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait import layers
from plait.layers import Input
from plait.models import Model, Sequential
from tests.genuine import genuine_keras

RANDOM = np.random.default_rng(0)
TABLE = (RANDOM.normal(size=(64, 3)) * [1, 10, 100] + [0, 5, -50]).astype("float32")


# -------------------------------------------------------------------------------------------------- normalization


@pytest.mark.parametrize("axis", [-1, None, 1, (0, 1), (1, 2)])
@pytest.mark.parametrize("invert", [False, True])
def test_what_adapt_finds_is_what_keras_finds(axis, invert):
    data = TABLE.reshape(16, 4, 3)
    ours = layers.Normalization(axis, invert=invert)
    ours.adapt(data)
    with genuine_keras() as keras:
        theirs = keras.layers.Normalization(axis, invert=invert)
        theirs.adapt(data)
        expected = np.asarray(theirs(data))
    np.testing.assert_allclose(ours(data), expected, rtol=1e-4, atol=1e-4)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights] == ["mean", "variance", "count"]
    assert [w.shape for w in ours.weights] == [w.shape for w in theirs.weights]


def generator():
    yield TABLE[:10]
    yield TABLE[10:11]
    yield TABLE[11:]


class Pairs:
    """Gives (x, y) by position, as Keras's PyDataset does."""

    def __len__(self):
        return 4

    def __getitem__(self, number):
        return TABLE[16 * number : 16 * (number + 1)], np.zeros(16)


@pytest.mark.parametrize(
    "data",
    [generator(), [TABLE[:50], TABLE[50:]], TABLE.tolist(), jnp.asarray(TABLE), Pairs(), iter([(TABLE, None)])],
    ids=["generator", "list of arrays", "list", "array of JAX's", "by position", "pairs"],
)
def test_a_normalization_takes_data_in_many_forms(data):
    layer = layers.Normalization()
    layer.adapt(data)
    np.testing.assert_allclose(layer.mean.numpy(), TABLE.mean(0, dtype="float64"), rtol=1e-6)
    np.testing.assert_allclose(layer.variance.numpy(), TABLE.var(0, dtype="float64"), rtol=1e-6)


def test_a_model_sees_what_its_normalization_learns_later():
    model = Sequential([Input((3,)), normalization := layers.Normalization()])
    before = model.predict(TABLE, verbose=0)
    normalization.adapt(TABLE)
    np.testing.assert_array_equal(before, TABLE)
    np.testing.assert_allclose(model.predict(TABLE, verbose=0).std(0), 1, rtol=1e-4)


def test_a_mean_of_all_numbers_fits_inputs_of_any_number_of_axes():
    layer = layers.Normalization(axis=None, input_shape=(1,))
    layer.adapt(TABLE[:, 0])
    model = Sequential([layer, layers.Dense(1)])
    assert model.predict(TABLE[:, :1], verbose=0).shape == (64, 1)


def test_what_was_learned_is_not_trained():
    layer = layers.Normalization()
    layer.adapt(TABLE)
    mean = layer.mean.numpy()
    model = Sequential([layer, layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(TABLE, TABLE[:, :1], verbose=0)
    np.testing.assert_array_equal(layer.mean.numpy(), mean)


def test_large_numbers_are_told_apart_under_mixed_precision():
    layer = layers.Normalization(mean=1000.0, variance=1.0, dtype="mixed_bfloat16")
    outputs = layer(np.array([[1000.5], [999.5]], "float32"))
    assert outputs.dtype == jnp.bfloat16
    assert outputs.astype("float32").ravel().tolist() == [0.5, -0.5]


# ------------------------------------------------------------------------------------------------- discretization


def test_bins_have_about_equal_counts():
    layer = layers.Discretization(num_bins=4)
    layer.adapt(RANDOM.normal(size=10_000))
    counts = np.bincount(np.asarray(layer(RANDOM.normal(size=4000).astype("float32"))))
    assert all(850 < count < 1150 for count in counts)


def test_only_so_many_batches_are_read():
    layer = layers.Discretization(num_bins=2)
    layer.adapt((np.full(4, float(number)) for number in iter(int, 1)), steps=3)
    assert layer.bin_boundaries == [0.0]


def test_boundaries_do_not_change_under_a_compiled_program():
    model = Sequential([Input((3,)), layer := layers.Discretization(num_bins=2)])
    layer.adapt(TABLE)
    model.predict(TABLE, verbose=0)
    with pytest.raises(RuntimeError, match="is part of a compiled program"):
        layer.adapt(-TABLE)


def test_few_numbers_make_few_bins_and_a_drawn_layer_says_so():
    layer = layers.Discretization(num_bins=4, output_mode="one_hot")
    layer.adapt([1.0, 2.0])
    assert layer([1.5]).shape == (1, 2)
    drawn = layers.Discretization(num_bins=4, output_mode="one_hot")
    drawn(Input((1,)))
    with pytest.raises(RuntimeError, match="vectors of 4 bins, got data for 2"):
        drawn.adapt([1.0, 2.0])


# -------------------------------------------------------------------------------------------- lists, and eager calls


@pytest.mark.parametrize(
    ("layer", "data", "expected"),
    [
        (lambda: layers.Rescaling(2.0), [[1, 2]], [[2.0, 4.0]]),
        (lambda: layers.Discretization([1.0, 2.0]), [[0.5, 1.0, 5]], [[0, 1, 2]]),
        (lambda: layers.CategoryEncoding(3), [[0, 2], [1, 1]], [[1, 0, 1], [0, 1, 0]]),
        (lambda: layers.CategoryEncoding(3, "one_hot"), [2, 0], [[0, 0, 1], [1, 0, 0]]),
    ],
)
def test_a_list_is_data_too(layer, data, expected):
    np.testing.assert_array_equal(layer()(data), expected)


def test_weights_of_counts_may_be_a_list():
    outputs = layers.CategoryEncoding(2, "count")([[0, 0, 1]], count_weights=[[0.5, 1.0, 2.0]])
    np.testing.assert_array_equal(outputs, [[1.5, 2.0]])


# ------------------------------------------------------------------------------------------------- text and lookups


@pytest.mark.parametrize(
    "data",
    [
        ["b", "é"],
        [b"b", "é".encode()],
        np.array(["b", "é"]),
        np.array(["b", "é"], object),
        np.array([b"b", "é".encode()]),
    ],
    ids=["list", "bytes", "text", "objects", "array of bytes"],
)
def test_text_comes_in_many_forms(data):
    layer = layers.StringLookup(vocabulary=["é", "b"])
    assert layer(data).tolist() == [2, 1]
    assert layers.Hashing(1000)(data).tolist() == layers.Hashing(1000)(["b", "é"]).tolist()


def test_a_text_alone_is_looked_up_alone():
    assert layers.StringLookup(vocabulary=["a", "b"])("b").tolist() == 2
    assert layers.TextVectorization(vocabulary=["a", "b"])("b c a").tolist() == [3, 1, 2]


def test_places_of_texts_are_arrays_of_jax_and_texts_are_of_numpy():
    lookup = layers.StringLookup(vocabulary=["a", "b"])
    assert isinstance(lookup(["a"]), jax.Array)
    back = layers.StringLookup(vocabulary=lookup.get_vocabulary(), invert=True)
    assert back(lookup(["b", "c"])).tolist() == ["b", "[UNK]"]


def test_a_vocabulary_is_read_from_a_file_and_kept_in_the_config(tmp_path):
    file = tmp_path / "words.txt"
    file.write_text("a\né\n\n", encoding="utf-8")
    layer = layers.StringLookup(vocabulary=str(file))
    file.unlink()
    again = layers.StringLookup.from_config(layer.get_config())
    assert again.get_vocabulary() == ["[UNK]", "a", "é"]
    (tmp_path / "ids.txt").write_text("10\n20\n")
    assert layers.IntegerLookup(vocabulary=str(tmp_path / "ids.txt"))([20, 5]).tolist() == [2, 0]


def test_a_config_of_kerass_is_understood():
    config = {"name": "words", "trainable": True, "dtype": "float32", "invert": False, "max_tokens": None,
              "num_oov_indices": 1, "oov_token": "[UNK]", "mask_token": None, "output_mode": "int", "sparse": False,
              "pad_to_max_tokens": False, "idf_weights": None, "vocabulary": ["a"], "vocabulary_size": 2,
              "oov_method": "floormod", "salt": None, "encoding": "utf-8"}  # fmt: skip
    assert layers.StringLookup.from_config(config)(["a"]).tolist() == [1]


def test_a_config_of_kerass_promises_words_that_come_later():
    layer = layers.StringLookup.from_config({"output_mode": "count", "vocabulary": None, "vocabulary_size": 3})
    assert layer(Input((2,), dtype="string")).shape == (None, 3)
    with pytest.raises(RuntimeError, match="has no vocabulary yet"):
        layer(["a"])
    layer.set_vocabulary(["a", "b"])
    assert layer([["a", "x"]]).tolist() == [[1, 1, 0]]


def test_a_layer_that_is_made_from_a_config_may_learn_more_words_than_that_says():
    layer = layers.StringLookup.from_config({"output_mode": "count", "vocabulary_size": 2})
    layer.adapt(["a", "b"])
    assert layer(["a", "b", "b"]).tolist() == [0, 2, 1]


def test_a_new_vocabulary_takes_the_place_of_the_old():
    layer = layers.StringLookup()
    layer.set_vocabulary(["a", "b"])
    layer.set_vocabulary(["c"])
    assert layer.get_vocabulary() == ["[UNK]", "c"]
    assert layer.get_vocabulary(include_special_tokens=False) == ["c"]
    assert layer(["a", "c"]).tolist() == [0, 1]


def test_the_length_of_vectors_does_not_change_once_they_were_made():
    layer = layers.StringLookup(output_mode="count")
    layer.set_vocabulary(["a", "b"])
    layer(["a"])
    layer.set_vocabulary(["b", "c"])
    with pytest.raises(RuntimeError, match="called with a vocabulary of 3 tokens, got one of 2"):
        layer.set_vocabulary(["a"])


def test_wide_numbers_are_looked_up_and_hashed_whole():
    wide = np.array([2**40, 2**40 + 2**32, 7])
    assert layers.IntegerLookup(vocabulary=[2**40, 7])(wide).tolist() == [1, 0, 2]
    assert len(set(layers.Hashing(1_000_003)(wide).tolist())) == 3


def test_a_vocabulary_too_wide_for_a_program_says_so():
    model = Model(x := Input((1,), dtype="int32"), layers.IntegerLookup(vocabulary=[2**40])(x))
    with pytest.raises(ValueError, match="too large for the int32 of a compiled program"):
        model.predict(np.array([[1]]), verbose=0)


def test_a_layer_on_the_host_cannot_be_compiled():
    layer = layers.Hashing(3)
    with pytest.raises(ValueError, match="cannot stand inside a compiled program"):
        jax.jit(layer)(np.array([1, 2]))


def test_functions_of_ones_own_standardize_and_split():
    seen = []

    def bare(texts):
        seen.append(texts.dtype.kind)
        return np.char.replace(np.char.lower(texts), "-", "|")

    layer = layers.TextVectorization(standardize=bare, split=lambda texts: [text.split("|") for text in texts])
    layer.adapt(["A-b", "b|c"])
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "c", "a"]
    assert layer([["C-C-x"]]).tolist() == [[3, 3, 1]]
    assert set(seen) == {"U"}


def test_a_long_text_does_not_make_room_for_all_others():
    layer = layers.TextVectorization(output_mode="count", max_tokens=50)
    layer.adapt(["w" + "x" * 1_000_000, *["a b c"] * 5000])
    assert layer(["a a"]).shape == (1, 5)
