import numpy as np
import pytest

from plait import Input, Model, Sequential, layers
from plait.models import clone_model, model_from_json


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


def over_time(length):
    return np.random.default_rng(length).normal(size=(8, length, 2)).astype(np.float32)


WAYS_TO_MEET_DATA = {
    "predict": lambda model, x: model.predict(x, verbose=0),
    "a call": lambda model, x: model(x),
    "a call in training": lambda model, x: model(x, training=True),
    "predict_on_batch": lambda model, x: model.predict_on_batch(x),
    "a symbolic call": lambda model, x: Model(inputs := Input(x.shape[1:]), model(inputs)).predict(x, verbose=0),
    "evaluate": lambda model, x: model.evaluate(x, np.ones((8, x.shape[1], 1)), verbose=0),
    "fit": lambda model, x: model.fit(x, np.ones((8, x.shape[1], 1)), verbose=0),
    "validation": lambda model, x: model.fit(
        over_time(5), np.ones((8, 5, 1)), validation_data=(x, np.ones((8, x.shape[1], 1))), verbose=0
    ),
}


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("meet", WAYS_TO_MEET_DATA.values(), ids=WAYS_TO_MEET_DATA.keys())
def test_without_a_shape_the_model_takes_data_of_another_length_too(meet):
    model = Sequential([layers.LSTM(3, return_sequences=True), layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(over_time(5), np.ones((8, 5, 1)), verbose=0)
    meet(model, over_time(7))
    assert model.input_shape == (None, None, 2)
    assert model.output_shape == (None, None, 1)
    assert model.layers[0].get_output_at(0) == model.layers[0].output


def test_another_length_changes_neither_weights_nor_the_state_of_the_optimizer():
    models = [Sequential([layers.LSTM(3, name="lstm"), layers.Dense(1, name="head")], name="chain") for _ in range(2)]
    for model in models:
        model.compile("adam", "mse")
        model.fit(over_time(5), np.ones((8, 1)), verbose=0, shuffle=False)
    models[0].predict(over_time(7), verbose=0)
    for model in models:
        model.fit(over_time(5), np.ones((8, 1)), verbose=0, shuffle=False)
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("again", [lambda model: model_from_json(model.to_json()), clone_model], ids=["json", "clone"])
def test_a_model_made_again_has_no_more_of_a_shape_than_the_first(again):
    model = Sequential([layers.LSTM(3), layers.Dense(1)])
    model.predict(over_time(5), verbose=0)
    copy = again(model)
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy.predict(over_time(7), verbose=0), model.predict(over_time(7), verbose=0))


def test_whole_numbers_first_do_not_keep_other_numbers_out():
    model = Sequential([layers.Dense(4), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((8, 3), np.uint8), np.ones((8, 1)), verbose=0)
    x = np.full((2, 3), 0.5, np.float32)
    np.testing.assert_allclose(model.predict(x, verbose=0), model.layers[1](model.layers[0](x)), rtol=1e-5)


@pytest.mark.parametrize("shape", [(8, 7, 2), (8, 3), (8, 5, 2, 2)])
def test_data_that_a_layer_cannot_take_are_its_own_error_and_change_nothing(shape):
    model = Sequential([layers.Flatten(), layers.Dense(1, name="head")])
    x = over_time(5)
    before = model.predict(x, verbose=0)
    drawn = model.layers[1].output
    with pytest.raises(ValueError, match='Dense "head" needs inputs with 10 features on the last axis'):
        model.predict(np.ones(shape), verbose=0)
    assert model.input_shape == (None, 5, 2)
    assert model.layers[1].output == drawn
    np.testing.assert_array_equal(model.predict(x, verbose=0), before)


def test_a_layer_that_needs_a_size_gets_that_of_the_data_met_last():
    model = Sequential([layers.Lambda(lambda x: x.reshape(-1, {5: 10, 6: 12}[x.shape[1]]))])
    for length in (5, 6, 5):
        assert model.predict(over_time(length), verbose=0).shape == (8, 2 * length)


def test_layers_that_cannot_follow_each_other_are_left_as_they_were():
    model = Sequential([layers.Dense(4), layers.Conv2D(3, 3, name="conv")])
    with pytest.raises(ValueError, match='Conv2D "conv" needs inputs with 4 axes'):
        model.predict(np.ones((8, 3)), verbose=0)
    assert not model.built
    assert not model.layers[0].built
    assert model.weights == []
    assert model.predict(np.ones((2, 9, 9, 5)), verbose=0).shape == (2, 7, 7, 3)


def test_a_shape_that_the_user_gave_stays():
    model = Sequential([Input((5, 2)), layers.LSTM(3)])
    with pytest.raises(ValueError, match=r"needs shape \(None, 5, 2\), got \(8, 7, 2\)"):
        model.predict(over_time(7), verbose=0)


def of_two_inputs():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    return Model([a, b], layers.Subtract()([a, 2 * b]))


@pytest.mark.parametrize("first", [layers.Subtract, of_two_inputs])
def test_the_first_layer_may_take_several_tensors(first):
    model = Sequential([first(), layers.Dense(1)])
    x = [np.random.default_rng(seed).normal(size=(8, 3)).astype(np.float32) for seed in (1, 2)]
    called = model(x)
    np.testing.assert_allclose(called, model.layers[1](model.layers[0](x)), rtol=1e-5)
    np.testing.assert_allclose(model.predict(x, verbose=0), called, rtol=1e-5)
    model.compile("sgd", "mse")
    model.fit(x, np.ones((8, 1)), verbose=0)
    again = model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(again.predict(x, verbose=0), model(x), rtol=1e-5)
    assert model.input_shape == [(None, 3), (None, 3)]
    model.pop()
    assert model.predict(x, verbose=0).shape == (8, 3)


def test_it_may_be_given_other_tensors_later():
    model = Sequential([layers.Add(), layers.Dense(1)])
    x = np.ones((8, 3), np.float32)
    assert model([x, x]).shape == model([x, x, x]).shape == (8, 1)


def test_inputs_of_a_model_that_comes_first_are_addressed_by_its_names():
    model = Sequential([of_two_inputs()])
    a, b = np.ones((8, 3)), np.zeros((8, 3))
    np.testing.assert_array_equal(model.predict({"b": b, "a": a}, verbose=0), a)


@pytest.mark.parametrize(
    ("chain", "shape", "expected"),
    [
        ([layers.Input((3,)), layers.Dense(2)], (None, 3), (None, 2)),
        ([layers.Dense(4), layers.Lambda(lambda x: x[:, :1]), layers.Dense(2)], (5, 3), (5, 2)),
        ([layers.Add(), layers.Dense(2)], [(None, 3), (None, 3)], (None, 2)),
        ([layers.Embedding(9, 4), layers.Flatten()], (None, 5), (None, 20)),
    ],
    ids=["built", "not built", "of several tensors", "assumed"],
)
def test_the_shape_of_the_output_is_told_without_building_for_it(chain, shape, expected):
    model = Sequential(chain)
    built = [layer.built for layer in model.layers]
    assert model.compute_output_shape(shape) == expected
    assert [layer.built for layer in model.layers] == built
