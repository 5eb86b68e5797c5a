"""RNN over cells of one's own, and what the table of layers does not say of SimpleRNN, GRU and cells."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plait
from plait import layers
from plait.core.context import Context
from plait.layers import GRU, RNN, Bidirectional, GRUCell, Input, LSTMCell, SimpleRNN, StackedRNNCells
from plait.models import Model
from tests.genuine import genuine_keras

SEQUENCES = np.random.default_rng(0).normal(size=(3, 4, 2)).astype("float32")
MASK = np.array([[0, 1, 1, 0], [1, 0, 0, 1], [1, 1, 1, 1]], bool)


def training(step=0):
    return Context(training=True, root_key=jax.random.fold_in(jax.random.key(0), step), place="rnn")


def trained_output(layer, inputs, ctx):
    layer(inputs)
    return layer.run({weight: weight.value for weight in layer.weights}, inputs, ctx, {}).outputs


def minimal_cell(library):
    """Returns the cell of Keras's documentation, as a class of a library's."""

    class MinimalCell(library.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.state_size = units

        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones", name="kernel")
            self.recurrent_kernel = self.add_weight(shape=(self.units, self.units), initializer="ones", name="rec")

        def call(self, inputs, states):
            output = library.ops.matmul(inputs, self.kernel) + library.ops.matmul(states[0], self.recurrent_kernel)
            output = library.ops.tanh(output)
            return output, [output]

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    return MinimalCell


class AddingCell(layers.Layer):
    """Puts out three times its state, which begins at 1 and adds up the inputs."""

    state_size = 2
    output_size = 6

    def get_initial_state(self, batch_size=None):
        return [np.ones((batch_size, 2), "float32")]

    def call(self, inputs, states):
        total = states[0] + inputs
        return plait.ops.concatenate([total, total, total], axis=-1), [total]


# ---------------------------------------------------------------------------------------- cells of one's own


# Keras cannot mask a stack whose cells have states of different sizes.
@pytest.mark.parametrize(("mask", "stacked"), [(None, False), (None, True), (MASK, False)])
def test_a_cell_of_ones_own_gives_the_numbers_of_keras(mask, stacked):
    cell = minimal_cell(plait)
    ours = RNN([cell(2), cell(3)] if stacked else cell(2), return_sequences=True)
    with genuine_keras() as keras:
        cell = minimal_cell(keras)
        theirs = keras.layers.RNN([cell(2), cell(3)] if stacked else cell(2), return_sequences=True)
        expected = theirs(SEQUENCES, mask=mask)
    np.testing.assert_allclose(ours(SEQUENCES, mask=mask), expected, rtol=1e-5)


def test_a_model_with_a_cell_of_ones_own_learns():
    inputs = Input((4, 2))
    model = Model(inputs, layers.Dense(1)(RNN(minimal_cell(plait)(3))(inputs)))
    model.compile("adam", "mse")
    before = [weight.numpy() for weight in model.weights]
    model.fit(SEQUENCES, np.ones((3, 1), "float32"), verbose=0)
    assert all((old != new.numpy()).any() for old, new in zip(before, model.weights, strict=True))


def test_an_output_may_be_of_another_size_than_the_state_which_begins_where_the_cell_says():
    output, state = RNN(AddingCell(), return_state=True)(SEQUENCES)
    np.testing.assert_allclose(state, 1 + SEQUENCES.sum(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(output, np.concatenate([state] * 3, axis=1))


def test_an_output_of_another_size_is_repeated_at_masked_steps():
    outputs = RNN(AddingCell(), return_sequences=True)(SEQUENCES, mask=MASK)
    np.testing.assert_array_equal(outputs[0, 0], np.zeros(6))
    np.testing.assert_array_equal(outputs[0, 3], outputs[0, 2])


def test_a_cell_may_build_on_another():
    class Residual(GRUCell):
        def call(self, inputs, states, training=False):
            output, states = super().call(inputs, states, training=training)
            return output + inputs, states

    residual, plain = RNN(Residual(2)), RNN(GRUCell(2))
    residual(SEQUENCES), plain(SEQUENCES)
    plain.set_weights(residual.get_weights())
    np.testing.assert_allclose(residual(SEQUENCES), plain(SEQUENCES) + SEQUENCES[:, -1], rtol=1e-5)


def test_a_configuration_names_the_cell():
    config = RNN([GRUCell(2), LSTMCell(3)]).get_config()
    assert config["cell"]["class_name"] == "StackedRNNCells"
    assert [cell["class_name"] for cell in config["cell"]["config"]["cells"]] == ["GRUCell", "LSTMCell"]


class Leaky:
    """A cell that is no layer: of its state it keeps a part, to which it adds the inputs."""

    state_size = 2

    def __init__(self, kept=0.5):
        self.kept = kept

    def call(self, inputs, states):
        state = self.kept * states[0] + inputs
        return state, [state]

    def get_config(self):
        return {"kept": self.kept}


class Called(Leaky):
    """Has what genuine Keras asks of a cell that is not in a list."""

    compute_dtype = "float32"

    def __call__(self, inputs, states):
        return self.call(inputs, states)


class Paired(Leaky):
    """Has two states, which begin at 1, and puts out both."""

    state_size = (2, 2)
    output_size = 4

    def get_initial_state(self, inputs=None, batch_size=None):
        return [np.ones((batch_size, 2), "float32"), np.ones((batch_size, 2), "float32")]

    def call(self, inputs, states):
        after = [self.kept * states[1] + inputs, self.kept * states[0] - inputs]
        return jnp.concatenate(after, axis=-1), after


@pytest.mark.parametrize(
    ("cell", "mask"),
    [
        (Called, None),
        (Called, MASK),
        (lambda: [Leaky()], None),
        (lambda: [Leaky()], MASK),
        (lambda: [Leaky(0.25), Paired()], None),
        (lambda: [Called(), Leaky(2.0)], None),
    ],
)
def test_a_cell_that_is_no_layer_gives_the_numbers_of_keras(cell, mask):
    ours = RNN(cell(), return_sequences=True, return_state=True)(SEQUENCES, mask=mask)
    with genuine_keras() as keras:
        theirs = keras.layers.RNN(cell(), return_sequences=True, return_state=True)(SEQUENCES, mask=mask)
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_cell_that_is_no_layer_may_have_no_more_than_a_call_and_a_state_size():
    layer = RNN(cell := Leaky(), go_backwards=True)
    np.testing.assert_allclose(layer(SEQUENCES), sum(0.5**step * SEQUENCES[:, step] for step in range(4)), rtol=1e-5)
    assert (layer.cell, layer.weights) == (cell, [])


def test_a_model_with_a_cell_that_is_no_layer_learns():
    inputs = Input((4, 2))
    model = Model(inputs, RNN([Leaky(), Leaky()])(layers.Dense(2)(inputs)))
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(SEQUENCES, np.ones((3, 2), "float32"), verbose=0)
    assert all((old != new).any() for old, new in zip(before, model.get_weights(), strict=True))


def test_a_cell_that_is_no_layer_is_made_again_from_its_config():
    layer = RNN([Leaky(0.25), Called()])
    with plait.saving.custom_object_scope({"Leaky": Leaky, "Called": Called}):
        again = RNN.from_config(layer.get_config())
        both = Bidirectional(layer)
    np.testing.assert_array_equal(again(SEQUENCES), layer(SEQUENCES))
    np.testing.assert_allclose(
        both(SEQUENCES), np.concatenate([layer(SEQUENCES), layer(SEQUENCES[:, ::-1])], axis=1), rtol=1e-6
    )


def test_of_a_layer_in_a_cell_that_is_no_layer_it_is_said_that_it_does_not_learn():
    class Holding(Leaky):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs, states):
            return super().call(self.dense(inputs), states)

    model = Model(inputs := Input((4, 2)), RNN(Holding())(inputs))
    with pytest.warns(UserWarning, match=r'Holding "holding_1" uses the weight .* not part of the model'):
        model.predict(SEQUENCES, verbose=0)


# ---------------------------------------------------------------------------------------- states and masks

LAYERS = [
    lambda **given: SimpleRNN(3, **given),
    lambda **given: GRU(3, **given),
    lambda **given: RNN(LSTMCell(3), **given),
    lambda **given: RNN([GRUCell(2), LSTMCell(3)], **given),
]


@pytest.mark.parametrize("make", LAYERS)
def test_a_stateful_layer_goes_on_until_it_is_reset(make):
    stateful, plain = make(stateful=True), make()
    first, second = stateful(SEQUENCES[:, :2]), stateful(SEQUENCES[:, 2:])
    plain(SEQUENCES)
    plain.set_weights(stateful.get_weights())
    np.testing.assert_allclose(second, plain(SEQUENCES), rtol=1e-5)
    stateful.reset_states()
    np.testing.assert_array_equal(stateful(SEQUENCES[:, :2]), first)


@pytest.mark.parametrize("make", LAYERS[:3])
def test_the_states_of_one_layer_start_another(make):
    inputs = Input((4, 2))
    _, *states = make(return_state=True)(inputs)
    outputs = make(return_sequences=True)(inputs, initial_state=states)
    assert Model(inputs, outputs).predict(SEQUENCES, verbose=0).shape == (3, 4, 3)


def test_the_states_of_a_stack_come_as_each_cell_has_them():
    _, h, (other_h, c) = RNN([GRUCell(2), LSTMCell(3)], return_state=True)(SEQUENCES)
    assert [state.shape for state in (h, other_h, c)] == [(3, 2), (3, 3), (3, 3)]


def test_a_mask_of_words_masks_the_sentences_without_any():
    words = np.stack([MASK, np.zeros_like(MASK)], axis=2)
    layer = GRU(3)
    np.testing.assert_array_equal(layer(SEQUENCES, mask=words), layer(SEQUENCES, mask=MASK))


# ---------------------------------------------------------------------------------------- dropout


@pytest.mark.parametrize("rates", [{"dropout": 0.5}, {"recurrent_dropout": 0.5}])
@pytest.mark.parametrize(
    "make",
    [
        lambda **rates: SimpleRNN(8, **rates),
        lambda **rates: GRU(8, **rates),
        lambda **rates: GRU(8, reset_after=False, **rates),
        lambda **rates: RNN(GRUCell(8, **rates)),
        lambda **rates: RNN([GRUCell(8, **rates), GRUCell(8)]),
    ],
)
def test_dropout_is_the_same_for_one_step_of_training_and_another_for_the_next(make, rates):
    layer = make(**rates)
    first, again, later = (trained_output(layer, SEQUENCES, training(step)) for step in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, later)


def test_what_is_dropped_is_the_same_at_every_step_of_a_sequence():
    layer = SimpleRNN(8, dropout=0.5, recurrent_initializer="zeros", activation=None, return_sequences=True)
    outputs = trained_output(layer, np.ones((1, 5, 8), "float32"), training())
    np.testing.assert_array_equal(outputs, np.repeat(outputs[:, :1], 5, axis=1))


# ---------------------------------------------------------------------------------------- the rest


@pytest.mark.parametrize("make", LAYERS)
def test_half_precision_runs_through(make):
    inputs = Input((4, 2))
    previous = plait.mixed_precision.global_policy()
    plait.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        outputs = make(return_state=True)(inputs)
    finally:
        plait.mixed_precision.set_global_policy(previous)
    model = Model(inputs, outputs)
    assert {tensor.dtype for tensor in model.outputs} == {"bfloat16"}
    assert {weight.dtype for weight in model.weights} == {"float32"}


def test_freezing_a_layer_freezes_its_cells():
    layer = RNN(StackedRNNCells([GRUCell(2), GRUCell(2)]), trainable=False)
    layer(SEQUENCES)
    assert layer.trainable_weights == []
    assert len(layer.weights) == 6
