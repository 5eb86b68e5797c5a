"""What the table of layers does not say of LSTM: states given, returned and remembered, masks, dropout."""

import jax
import numpy as np
import pytest

from plait.core.context import Context
from plait.layers import LSTM, Input, Masking
from plait.models import Model
from tests.genuine import genuine_keras

SEQUENCES = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")


def training(seed=0, step=0):
    return Context(training=True, root_key=jax.random.fold_in(jax.random.key(seed), step), place="lstm")


def trained_output(layer, inputs, ctx):
    layer(inputs)
    return layer.run({weight: weight.value for weight in layer.weights}, inputs, ctx, {}).outputs


# ---------------------------------------------------------------------------------------- states


def test_the_states_of_one_layer_start_another():
    encoder_inputs, decoder_inputs = Input((None, 2)), Input((4, 2))
    encoder, decoder = LSTM(3, return_state=True), LSTM(3, return_sequences=True)
    _, *states = encoder(encoder_inputs)
    model = Model([encoder_inputs, decoder_inputs], decoder(decoder_inputs, initial_state=states))
    with genuine_keras() as keras:
        layers = [keras.layers.LSTM(3, return_state=True), keras.layers.LSTM(3, return_sequences=True)]
        for theirs, ours in zip(layers, (encoder, decoder), strict=True):
            theirs.build(SEQUENCES.shape)
            theirs.set_weights(ours.get_weights())
        _, *given = layers[0](SEQUENCES)
        expected = layers[1](SEQUENCES, initial_state=given)
    np.testing.assert_allclose(model([SEQUENCES, SEQUENCES]), expected, rtol=1e-5, atol=1e-6)


def test_initial_states_of_another_size_are_an_error_when_the_graph_is_drawn():
    with pytest.raises(ValueError, match=r'LSTM "lstm_1" needs 2 initial state\(s\) of shape .*3\), got \(None, 5\)'):
        LSTM(3)(Input((4, 2)), initial_state=[Input((5,)), Input((5,))])


def test_the_states_are_those_after_the_last_step():
    sequences, h, _ = LSTM(3, return_sequences=True, return_state=True)(SEQUENCES)
    np.testing.assert_array_equal(sequences[:, -1], h)


def test_a_stateful_layer_goes_on_where_the_batch_before_ended():
    stateful = LSTM(3, stateful=True)
    first, second = stateful(SEQUENCES[:, :2]), stateful(SEQUENCES[:, 2:])
    whole = LSTM(3)
    whole(SEQUENCES)
    whole.set_weights(stateful.get_weights())
    np.testing.assert_allclose(second, whole(SEQUENCES), rtol=1e-5)
    assert not np.allclose(first, second)


@pytest.mark.parametrize("reset", [LSTM.reset_state, LSTM.reset_states])
def test_a_stateful_layer_begins_anew_after_a_reset(reset):
    layer = LSTM(3, stateful=True)
    first = layer(SEQUENCES)
    reset(layer)
    np.testing.assert_array_equal(layer(SEQUENCES), first)


def test_what_a_stateful_layer_remembers_is_no_weight():
    stateful, plain = LSTM(3, stateful=True), LSTM(3)
    stateful(SEQUENCES), plain(SEQUENCES)
    assert [weight.name for weight in stateful.weights] == [weight.name for weight in plain.weights]


def test_initial_states_win_over_remembered_ones():
    layer = LSTM(3, stateful=True)
    first = layer(SEQUENCES)
    zeros = np.zeros((3, 3), "float32")
    np.testing.assert_array_equal(layer(SEQUENCES, initial_state=[zeros, zeros]), first)


def test_a_stateful_layer_needs_a_known_batch_size():
    with pytest.raises(ValueError, match=r"(?s)stateful and needs to know the batch size.*batch_shape="):
        LSTM(3, stateful=True)(Input((4, 2)))


def test_a_stateful_layer_refuses_a_batch_of_another_size():
    layer = LSTM(3, stateful=True)
    layer(SEQUENCES)
    with pytest.raises(ValueError, match="remembers the states of 3 sequences, and cannot go on with a batch of 2"):
        layer(SEQUENCES[:2])


def test_no_row_may_be_added_to_a_batch_of_a_stateful_layer():
    assert LSTM(3, stateful=True).mixes_batch_always
    assert not LSTM(3).mixes_batch


# ---------------------------------------------------------------------------------------- masks


def test_masked_steps_change_nothing():
    padded = np.concatenate([SEQUENCES, np.zeros_like(SEQUENCES)], axis=1)
    inputs = Input((8, 2))
    layer = LSTM(3)
    model = Model(inputs, layer(Masking()(inputs)))
    np.testing.assert_allclose(model(padded), layer(SEQUENCES), rtol=1e-5)


@pytest.mark.parametrize(("return_sequences", "carries"), [(True, True), (False, False)])
def test_only_a_sequence_carries_the_mask_on(return_sequences, carries):
    outputs = LSTM(3, return_sequences=return_sequences, return_state=True)(Masking()(Input((4, 2))))
    assert outputs[0].node.masked == [carries, False, False]


def test_a_mask_may_be_given_in_the_call():
    layer, mask = LSTM(3), np.array([[True, True, False, False]] * 3)
    np.testing.assert_allclose(layer(SEQUENCES, mask=mask), layer(SEQUENCES[:, :2]), rtol=1e-5)


# ---------------------------------------------------------------------------------------- dropout

RATES = [{"dropout": 0.5}, {"recurrent_dropout": 0.5}, {"dropout": 0.5, "implementation": 1}]


@pytest.mark.parametrize("rates", RATES)
def test_dropout_is_the_same_for_one_seed_and_step_and_another_for_the_next(rates):
    layer = LSTM(8, **rates)
    first, again, later = (trained_output(layer, SEQUENCES, training(step=step)) for step in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, later)


def test_implementations_1_and_2_drop_other_inputs():
    one, two = LSTM(8, dropout=0.5, implementation=1), LSTM(8, dropout=0.5)
    outputs = trained_output(one, SEQUENCES, training())
    two(SEQUENCES)
    two.set_weights(one.get_weights())
    assert not np.allclose(outputs, trained_output(two, SEQUENCES, training()))


def test_another_seed_draws_others():
    one, other = LSTM(8, dropout=0.5, seed=1), LSTM(8, dropout=0.5, seed=2)
    outputs = trained_output(one, SEQUENCES, training())
    other(SEQUENCES)
    other.set_weights(one.get_weights())
    assert not np.allclose(outputs, trained_output(other, SEQUENCES, training()))


def test_all_inputs_dropped_leave_what_the_bias_does():
    layer = LSTM(3, dropout=1.0)
    dropped = trained_output(layer, SEQUENCES, training())
    np.testing.assert_array_equal(dropped, layer(np.zeros_like(SEQUENCES)))


# ---------------------------------------------------------------------------------------- the rest


def test_the_forget_gate_starts_open():
    layer = LSTM(2)
    layer(SEQUENCES)
    np.testing.assert_array_equal(layer.get_weights()[2], [0, 0, 1, 1, 0, 0, 0, 0])


def test_half_precision_runs_through():
    layer = LSTM(3, dtype="mixed_bfloat16", return_state=True, stateful=True)
    assert {output.dtype.name for output in layer(SEQUENCES)} == {"bfloat16"}
    assert {weight.dtype for weight in (*layer.weights, *layer.states)} == {"float32"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": 0}, "positive integer for units, got 0"),
        ({"dropout": 1.5}, "number from 0 to 1 for dropout, got 1.5"),
        ({"recurrent_dropout": "x"}, "number from 0 to 1 for recurrent_dropout"),
        ({"implementation": 3}, "one of 0, 1, 2 for implementation, got 3"),
        ({"use_cudnn": "maybe"}, "one of 'auto', True, False for use_cudnn"),
        ({"activation": "tahn"}, 'Did you mean "tanh"'),
    ],
)
def test_a_wrong_argument_is_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        LSTM(**{"units": 3, **arguments})


def test_inputs_without_a_time_axis_are_explained():
    with pytest.raises(
        ValueError, match=r"LSTM \"lstm_1\" needs inputs with 3 axes .batch included., got shape \(None, 4\)"
    ):
        LSTM(3)(Input((4,)))
