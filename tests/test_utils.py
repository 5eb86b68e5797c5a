import gc
import weakref

import numpy as np
import pytest

import plait
from plait import layers, utils
from tests.genuine import genuine_keras

X, Y, W = np.ones((4, 3)), np.zeros((4, 1)), np.full(4, 0.5)


def test_clearing_the_session_counts_names_from_1_again():
    first = layers.Dense(1).name

    utils.clear_session()

    assert (first, layers.Dense(1).name) == ("dense_1", "dense_1")


def test_clearing_the_session_frees_models_that_nothing_refers_to():
    gc.disable()
    model = plait.Sequential([layers.Dense(1)])
    model.myself = [model]
    alive = weakref.ref(model)
    del model

    utils.clear_session()

    gc.enable()
    assert alive() is None


def test_what_scripts_prepare_data_with_is_at_hand():
    assert utils.to_categorical([1, 0]).tolist() == [[0, 1], [1, 0]]
    assert utils.pad_sequences([[1], [2, 3]]).tolist() == [[0, 1], [2, 3]]
    assert utils.normalize(np.array([[3.0, 4.0]])).tolist() == [[0.6, 0.8]]


PACKED = [(X,), (X, Y), (X, Y, W), ([X, Y],), ((X, Y),), ([X, Y], W), ({"a": X}, [Y], W)]


@pytest.mark.parametrize("given", PACKED, ids=lambda given: f"{len(given)} of {type(given[0]).__name__}")
def test_data_are_packed_as_keras_packs_them_and_taken_apart_again(given):
    packed = utils.pack_x_y_sample_weight(*given)

    with genuine_keras() as keras:
        expected = keras.utils.pack_x_y_sample_weight(*given)
    assert type(packed) is type(expected)
    np.testing.assert_equal(packed, expected)
    np.testing.assert_equal(utils.unpack_x_y_sample_weight(packed)[: len(given)], given)


def test_weights_without_targets_are_refused():
    with pytest.raises(ValueError, match="A sample_weight needs the y"):
        utils.pack_x_y_sample_weight(X, None, W)


def graph(library):
    """Returns two inputs, a third that is not used, and what is computed from the two."""
    first, second, third = (library.Input((3,)) for _ in range(3))
    joined = library.layers.concatenate([second, library.layers.Dense(2)(first)])
    return (first, second, third), library.layers.Dense(1)(joined + library.ops.sum(second, axis=-1, keepdims=True))


def test_the_sources_of_a_tensor_are_found_in_keras_order():
    inputs, outputs = graph(plait)
    found = utils.get_source_inputs(outputs)

    with genuine_keras() as keras:
        their_inputs, their_outputs = graph(keras)
        their_found = keras.utils.get_source_inputs(their_outputs)
    assert [inputs.index(one) for one in found] == [
        next(place for place, one in enumerate(their_inputs) if one is source) for source in their_found
    ]
    assert utils.get_source_inputs(inputs[2]) == [inputs[2]]
    assert utils.get_source_inputs(3) == 3


def test_a_deep_graph_with_many_ways_has_its_source_once():
    x = start = plait.Input((1,))
    for _ in range(2000):
        x = x + x

    assert utils.get_source_inputs(x) == [start]


def test_symbolic_tensors_are_told_from_arrays():
    assert [utils.is_keras_tensor(x) for x in (plait.Input((1,)), X, 1.0)] == [True, False, False]


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("size", [(4, 4), (3, 7), (9, 2)])
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_images_are_resized_without_being_bent_as_in_keras(data_format, size, interpolation):
    shape = (2, 6, 8, 3) if data_format == "channels_last" else (2, 3, 6, 8)
    images = np.random.default_rng(0).random(shape, "float32")

    with genuine_keras() as keras:
        smart_resize = keras.preprocessing.image.smart_resize
        expected = smart_resize(images, size, interpolation, data_format)
    found = utils.smart_resize(images, size, interpolation, data_format)

    assert type(found) is np.ndarray
    np.testing.assert_allclose(found, expected, atol=1e-6)
