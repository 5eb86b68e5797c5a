import numpy as np
import pytest

from plait import Input, Sequential, layers


@pytest.mark.parametrize(
    "first",
    [
        lambda: [Input((3,)), layers.Dense(4)],
        lambda: [layers.InputLayer(shape=(3,)), layers.Dense(4)],
        lambda: [layers.Dense(4, input_shape=(3,))],
        lambda: [layers.Dense(4, input_dim=3)],
        lambda: [layers.Dense(4, batch_input_shape=(None, 3))],
        lambda: [Sequential([layers.Dense(4, input_shape=(3,))])],
    ],
    ids=["Input", "InputLayer", "input_shape", "input_dim", "batch_input_shape", "a built model"],
)
def test_the_shape_of_the_inputs_may_be_given_in_several_ways(first):
    model = Sequential([*first(), layers.Dense(2)])
    assert model.built
    assert model.input_shape == (None, 3)
    assert model.output_shape == (None, 2)
    assert len(model.layers) == 2


def test_a_batch_size_may_be_fixed():
    assert Sequential([layers.Dense(4, input_shape=(3,), batch_size=8)]).input_shape == (8, 3)


def test_without_a_shape_the_model_is_built_by_the_first_data():
    model = Sequential([layers.Dense(4), layers.Dense(2)])
    assert not model.built
    assert model.predict(np.ones((5, 3)), verbose=0).shape == (5, 2)
    assert [weight.shape for weight in model.weights] == [(3, 4), (4,), (4, 2), (2,)]


def test_pop_takes_the_last_layer_away_and_add_goes_on_from_there():
    model = Sequential([layers.Dense(4, input_shape=(3,)), layers.Dense(2, name="last")])
    assert model.pop().name == "last"
    assert model.output_shape == (None, 4)
    model.add(layers.Dense(7))
    assert model.predict(np.ones((1, 3)), verbose=0).shape == (1, 7)


def test_a_model_can_be_called_on_new_inputs_and_keeps_its_weights():
    model = Sequential([layers.Dense(4, input_shape=(3,))])
    outputs = model(Input((3,)))
    assert outputs.shape == (None, 4)
    assert outputs.node.layer is model
    assert model(np.ones((2, 3), np.float32)).shape == (2, 4)
