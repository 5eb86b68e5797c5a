"""What the table of layers does not say of Lambda: masks in a graph, and that no config holds code."""

import numpy as np
import pytest

from plait import activations, ops
from plait.core import registry
from plait.layers import Input, Lambda, Masking
from plait.models import Model

SEQUENCES = np.array([[[1.0], [3.0], [0.0]]], "float32")


def masked_mean(x, mask):
    weights = mask[:, :, None].astype(x.dtype)
    return (x * weights).sum(axis=1) / weights.sum(axis=1)


def test_the_function_gets_the_mask_when_it_has_a_parameter_for_it():
    inputs = Input((3, 1))
    model = Model(inputs, Lambda(masked_mean)(Masking()(inputs)))
    np.testing.assert_array_equal(model(SEQUENCES), [[2.0]])


def test_a_mask_that_nobody_sees_to_is_lost_with_a_warning():
    with pytest.warns(UserWarning, match="does not pass on the mask"):
        Lambda(lambda x: x)(Masking()(Input((3, 1))))


def test_the_function_is_told_whether_it_is_in_training():
    layer = Lambda(lambda x, training: x + (1.0 if training else 0.0))
    assert layer(np.zeros(1, "float32"), training=True) == layer(np.zeros(1, "float32")) + 1


def test_its_shape_is_found_by_tracing():
    assert Lambda(lambda x: x.reshape(x.shape[0], -1))(Input((2, 3))).shape == (None, 6)


def test_it_takes_several_tensors():
    a, b = Input((2,)), Input((2,))
    model = Model([a, b], Lambda(lambda x: x[0] * x[1])([a, b]))
    np.testing.assert_array_equal(model([np.full((1, 2), 2.0), np.full((1, 2), 3.0)]), [[6.0, 6.0]])


@pytest.mark.parametrize("function", [lambda x: x, masked_mean], ids=["lambda", "not registered"])
def test_a_function_without_a_registered_name_is_not_written(function):
    with pytest.raises(ValueError, match=r"(?s)cannot be written to a config.*register_keras_serializable"):
        Lambda(function).get_config()


@pytest.mark.parametrize("function", [ops.square, activations.relu])
def test_functions_of_plait_are_written_by_name(function):
    config = Lambda(function).get_config()
    assert config["function"] == function.__name__
    x = np.array([-2.0, 3.0], "float32")
    np.testing.assert_array_equal(Lambda.from_config(config)(x), function(x))


def test_bytecode_in_a_config_is_refused():
    config = {
        "function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
    }
    with pytest.raises(ValueError, match="holds the bytecode of a lambda, which is never run"):
        registry.deserialize({"class_name": "Lambda", "config": config})


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="needs a function, got 3"):
        Lambda(3)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="Unknown"):
        Lambda("no_such_function")
