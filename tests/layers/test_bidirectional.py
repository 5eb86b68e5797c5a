"""What the table of layers does not say of Bidirectional: the two layers it makes, their weights and states."""

import numpy as np
import pytest

from plait import layers
from plait.layers import GRU, LSTM, Bidirectional, Input, Masking
from plait.models import Model, Sequential
from tests.genuine import genuine_keras

SEQUENCES = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")


def test_the_layers_are_named_after_the_one_given():
    layer = Bidirectional(LSTM(2, name="reader"))
    assert (layer.forward_layer.name, layer.backward_layer.name) == ("forward_reader", "backward_reader")


def test_the_one_given_stays_as_it_was():
    given = LSTM(2)
    Bidirectional(given)(SEQUENCES)
    assert not given.built


def test_each_direction_runs_over_the_whole_sequence():
    layer = Bidirectional(GRU(3, return_sequences=True), merge_mode=None)
    forward, backward = layer(SEQUENCES)
    np.testing.assert_allclose(forward, layer.forward_layer(SEQUENCES), rtol=1e-6)
    np.testing.assert_allclose(backward, layer.backward_layer(SEQUENCES)[:, ::-1], rtol=1e-6)


def test_its_weights_may_be_given():
    first = Bidirectional(LSTM(2))
    first(SEQUENCES)
    second = Bidirectional(LSTM(2), weights=first.get_weights())
    np.testing.assert_array_equal(second(SEQUENCES), first(SEQUENCES))


def test_a_layer_of_ones_own_need_not_be_registered():
    class Doubled(GRU):
        def call(self, inputs, mask=None):
            return 2 * super().call(inputs, mask=mask)

    outputs = Bidirectional(Doubled(3), merge_mode=None)(SEQUENCES)
    assert [output.shape for output in outputs] == [(3, 3), (3, 3)]


def test_keras_reads_its_configuration_and_the_other_way_round():
    ours = Bidirectional(LSTM(2, return_sequences=True), merge_mode="sum")
    with genuine_keras() as keras:
        theirs = keras.layers.Bidirectional.from_config(ours.get_config())
        config = theirs.get_config()
    again = Bidirectional.from_config(config)
    for layer in (theirs, again):
        assert (layer.merge_mode, layer.forward_layer.name) == ("sum", ours.forward_layer.name)
        assert layer.backward_layer.go_backwards


def test_the_two_layers_begin_with_different_weights():
    layer = Bidirectional(LSTM(4))
    layer(SEQUENCES)
    kernels = [weight.numpy() for weight in layer.weights if weight.name == "kernel"]
    assert not np.allclose(*kernels)


def test_its_initial_weights_do_not_depend_on_what_else_was_built():
    def values():
        model = Sequential([Input((4, 2)), Bidirectional(LSTM(2))])
        return model.get_weights()[0]

    np.testing.assert_array_equal(values(), values())


def test_a_stateful_one_goes_on_until_it_is_reset():
    layer = Bidirectional(GRU(2, stateful=True))
    first = np.asarray(layer(SEQUENCES))
    assert not np.allclose(first, layer(SEQUENCES))
    layer.reset_states()
    np.testing.assert_array_equal(layer(SEQUENCES), first)
    assert len(layer.states) == 2


def test_the_states_of_one_start_another():
    inputs = Input((4, 2))
    _, *states = Bidirectional(LSTM(2, return_state=True))(inputs)
    outputs = Bidirectional(LSTM(2))(inputs, initial_state=states)
    assert Model(inputs, outputs).predict(SEQUENCES, verbose=0).shape == (3, 4)


@pytest.mark.parametrize(("merge_mode", "carries"), [("concat", [True]), (None, [True, True])])
def test_only_sequences_carry_the_mask_on(merge_mode, carries):
    layer = Bidirectional(GRU(2, return_sequences=True, return_state=True), merge_mode=merge_mode)
    outputs = layer(Masking()(Input((4, 2))))
    assert outputs[0].node.masked == [*carries, False, False]


def test_it_learns_in_both_directions():
    model = Sequential([Input((4, 2)), Masking(), Bidirectional(LSTM(2, return_sequences=True)), layers.Dense(1)])
    model.compile("adam", "mse")
    before = model.get_weights()
    model.fit(SEQUENCES, SEQUENCES[..., :1], verbose=0)
    assert all((old != new).any() for old, new in zip(before, model.get_weights(), strict=True))


def test_a_frozen_one_has_frozen_layers():
    layer = Bidirectional(LSTM(2), trainable=False)
    layer(SEQUENCES)
    assert layer.trainable_weights == []
