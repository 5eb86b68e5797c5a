"""The layers of Keras 2 that see through windows with a kernel of its own for each."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

from plait import Model, Sequential, layers, models, optimizers
from plait.layers import Input, LocallyConnected1D, LocallyConnected2D
from tests.functional.test_locally_connected import by_hand

SHAPES = {
    # the layer, its inputs; its kernel and outputs
    "one axis": (lambda: LocallyConnected1D(4, 3), (7, 3), (5, 9, 4), (5, 4)),
    "strides": (lambda: LocallyConnected1D(4, 3, 2), (7, 3), (3, 9, 4), (3, 4)),
    "channels first": (lambda: LocallyConnected1D(4, 3, data_format="channels_first"), (3, 7), (5, 9, 4), (4, 5)),
    "the same length": (lambda: LocallyConnected1D(4, 3, padding="same", implementation=2), (7, 3), (7, 9, 4), (7, 4)),
    "two axes": (lambda: LocallyConnected2D(4, (2, 3)), (5, 6, 2), (16, 12, 4), (4, 4, 4)),
    "two strides": (lambda: LocallyConnected2D(4, 2, (2, 1)), (5, 6, 2), (10, 8, 4), (2, 5, 4)),
    "images with channels first": (
        lambda: LocallyConnected2D(4, (2, 3), data_format="channels_first"),
        (2, 5, 6),
        (16, 12, 4),
        (4, 4, 4),
    ),
    "strides that halve": (
        lambda: LocallyConnected2D(4, 3, 2, "same", implementation=3),
        (5, 6, 2),
        (9, 18, 4),
        (3, 3, 4),
    ),
}
shapes = pytest.mark.parametrize(("make", "inputs", "kernel", "outputs"), SHAPES.values(), ids=SHAPES)


def drawn(*shape):
    return np.random.default_rng(0).normal(size=(3, *shape)).astype("float32")


def filled(layer, shape):
    """Returns the layer, built for inputs of this shape, with numbers for its weights."""
    layer(Input(shape))
    random = np.random.default_rng(1)
    layer.set_weights([random.normal(size=weight.shape) for weight in layer.weights])
    return layer


@shapes
def test_it_declares_what_keras_2_does(make, inputs, kernel, outputs):
    layer = make()
    assert layer(Input(inputs)).shape == (None, *outputs)
    places = outputs[:-1] if layer.data_format == "channels_last" else outputs[1:]
    assert [(weight.name, weight.shape) for weight in layer.weights] == [("kernel", kernel), ("bias", (*places, 4))]


def test_it_has_as_many_weights_as_the_example_in_the_documentation_of_keras_2():
    layer = LocallyConnected2D(64, (3, 3), input_shape=(32, 32, 3))
    assert Sequential([layer]).output_shape == (None, 30, 30, 64)
    assert layer.count_params() == (30 * 30) * (3 * 3 * 3 * 64) + (30 * 30) * 64


@shapes
def test_it_multiplies_each_window_by_its_own_kernel(make, inputs, kernel, outputs):
    layer, x = filled(make(), inputs), drawn(*inputs)
    expected = by_hand(x, *layer.get_weights(), layer.kernel_size, layer.strides, layer.padding, layer.data_format)
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-5)


def test_it_adds_no_bias_where_there_is_none_and_activates():
    layer, x = filled(LocallyConnected1D(4, 3, use_bias=False, activation="tanh"), (7, 3)), drawn(7, 3)
    (kernel,) = layer.get_weights()
    expected = np.tanh(by_hand(x, kernel, np.zeros((5, 4), "float32"), (3,), (1,), "valid", "channels_last"))
    np.testing.assert_allclose(layer(x), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("implementation", [2, 3])
def test_each_implementation_computes_the_same(implementation):
    first, other = (LocallyConnected2D(4, 2, 2, implementation=number) for number in (1, implementation))
    for layer in (first, other):
        filled(layer, (5, 6, 2))
    np.testing.assert_array_equal(other(drawn(5, 6, 2)), first(drawn(5, 6, 2)))


def test_each_place_learns_a_kernel_of_its_own():
    x = np.random.default_rng(0).normal(size=(64, 4, 1)).astype("float32")
    factors = np.array([[1], [-2], [3], [-4]], "float32")
    model = Sequential([Input((4, 1)), LocallyConnected1D(1, 1, use_bias=False)])
    model.compile(optimizers.SGD(0.5), "mse")
    model.fit(x, x * factors, batch_size=64, epochs=100, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], factors[:, :, None], rtol=1e-4)


def test_under_a_mixed_policy_it_computes_in_half_precision():
    layer, x = filled(LocallyConnected2D(4, (2, 3)), (5, 6, 2)), drawn(5, 6, 2)
    half = filled(LocallyConnected2D(4, (2, 3), dtype="mixed_bfloat16"), (5, 6, 2))
    outputs = half(x)
    assert (outputs.dtype, half.kernel.dtype) == (jnp.bfloat16, "float32")
    np.testing.assert_allclose(outputs.astype("float32"), layer(x), rtol=0.05, atol=0.1)


def test_regularizers_and_constraints_are_those_of_its_weights():
    layer = LocallyConnected1D(
        2, 2, kernel_regularizer="l2", bias_regularizer="l1", kernel_constraint="non_neg", bias_constraint="max_norm"
    )
    layer(Input((3, 1)))
    assert [type(weight.regularizer).__name__ for weight in layer.weights] == ["L2", "L1"]
    assert [type(weight.constraint).__name__ for weight in layer.weights] == ["NonNeg", "MaxNorm"]


@shapes
def test_its_config_makes_the_same_layer_again(make, inputs, kernel, outputs):
    layer = make()
    again = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
    assert again.get_config() == layer.get_config()
    assert again(Input(inputs)).shape == (None, *outputs)


def test_a_model_of_its_json_is_the_same_model():
    model = Sequential([Input((5, 6, 2)), LocallyConnected2D(4, 2, implementation=2), layers.Flatten()])
    again = models.model_from_json(model.to_json())
    assert type(again.layers[0]) is LocallyConnected2D
    assert again.get_config() == model.get_config()


def called_before(layer, shape):
    """Returns the layer, after a first call on inputs of this shape."""
    layer(Input(shape))
    return layer


@pytest.mark.parametrize(
    ("call", "fragments"),
    [
        (lambda: LocallyConnected1D(0, 3), ['LocallyConnected1D "locally_connected1d_1"', "for filters, got 0"]),
        (lambda: LocallyConnected1D(4, (3, 3)), ["positive integer for kernel_size, got (3, 3)"]),
        (lambda: LocallyConnected2D(4, 3, (1, 2, 3)), ["or 2 of them for strides, got (1, 2, 3)"]),
        (lambda: LocallyConnected2D(4, 3, padding="causal"), ["'valid', 'same' for padding, got 'causal'"]),
        (lambda: LocallyConnected2D(4, 3, data_format="last"), ["for data_format, got 'last'"]),
        (lambda: LocallyConnected1D(4, 3, implementation=4), ["one of 1, 2, 3 for implementation, got 4"]),
        (
            lambda: LocallyConnected1D(4, 3, padding="same"),
            ['needs padding="valid" with implementation=1, got "same"', "Write implementation=2"],
        ),
        (lambda: LocallyConnected1D(4, 3)(Input((7,))), ["3 axes (batch included), got shape (None, 7)"]),
        (lambda: LocallyConnected1D(4, 3)(Input((None, 3))), ["needs to know the size of the axis 1"]),
        (lambda: LocallyConnected2D(4, 3)(Input((7, 7, None))), ["needs to know the size of the axis 3"]),
        (lambda: LocallyConnected1D(4, 3)(Input((2, 3))), ["3 or more on axis 1, got 2", "Use a smaller window"]),
        (
            lambda: LocallyConnected1D(4, 3, padding="same", implementation=3)(Input((2, 3))),
            ["inputs as long as its window, 3 or more on axis 1, got 2"],
        ),
        (
            lambda: called_before(LocallyConnected1D(4, 3), (7, 3))(Input((8, 3))),
            ["needs inputs with 7 elements on axis 1, got 8", "make a new LocallyConnected1D layer"],
        ),
        (
            lambda: called_before(LocallyConnected2D(4, 3), (7, 7, 3))(Input((7, 7, 2))),
            ["needs inputs with 3 elements on the last axis, got 2"],
        ),
    ],
)
def test_a_call_that_cannot_be_is_explained(call, fragments):
    with pytest.raises(ValueError, match=r"Called at .*test_locally_connected\.py:\d+") as caught:
        call()
    for fragment in fragments:
        assert fragment in str(caught.value)


def test_a_length_that_was_not_known_is_checked_when_it_is():
    layer, inputs = called_before(LocallyConnected1D(4, 3), (7, 3)), Input((None, 3))
    model = Model(inputs, layer(inputs))
    assert model.output_shape == (None, None, 4)
    with pytest.raises(ValueError, match="with 7 elements on axis 1, got 8"):
        model.predict(drawn(8, 3), verbose=0)
