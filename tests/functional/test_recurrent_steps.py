import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import convolutional_recurrence, recurrence
from tests.genuine import genuine_keras

BATCH, FEATURES, UNITS = 3, 4, 2


def random_arrays(*shapes):
    random = np.random.default_rng(0)
    return [random.normal(0, 0.5, shape).astype("float32") for shape in shapes]


def one_step(cell, x, h, weights, input_dropout, recurrent_dropout):
    """Returns what a cell of Keras puts out when it multiplies by these in place of what it would draw."""
    cell.build((BATCH, FEATURES))
    cell.set_weights(weights)
    cell.get_dropout_mask = lambda _: input_dropout
    cell.get_recurrent_dropout_mask = lambda _: recurrent_dropout
    return cell(x, [h], training=True)[0]


@pytest.mark.parametrize("reset_after", [True, False])
def test_dropout_of_a_gated_unit_multiplies_inputs_and_states_where_keras_does(reset_after):
    x, h, kernel, rows, bias, input_dropout, recurrent_dropout = random_arrays(
        (BATCH, FEATURES), (BATCH, UNITS), (FEATURES, 3 * UNITS), (UNITS, 3 * UNITS),
        (2, 3 * UNITS) if reset_after else (3 * UNITS,), (3, BATCH, FEATURES), (3, BATCH, UNITS)
    )  # fmt: skip
    with genuine_keras() as keras:
        cell = keras.layers.GRUCell(UNITS, dropout=0.5, recurrent_dropout=0.5, reset_after=reset_after)
        expected = one_step(cell, x, h, [kernel, rows, bias], list(input_dropout), list(recurrent_dropout))
    own, of_state = (bias[0], bias[1]) if reset_after else (bias, None)
    (output,) = recurrence.gru_step(
        [h],
        recurrence.project(x, kernel, input_dropout, own),
        recurrent_kernel=rows,
        recurrent_bias=of_state,
        activation=jnp.tanh,
        recurrent_activation=jax.nn.sigmoid,
        reset_after=reset_after,
        recurrent_dropout=recurrent_dropout,
    )
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-6)


def test_dropout_of_a_simple_network_multiplies_inputs_and_states_where_keras_does():
    x, h, kernel, rows, bias, input_dropout, recurrent_dropout = random_arrays(
        (BATCH, FEATURES), (BATCH, UNITS), (FEATURES, UNITS), (UNITS, UNITS), (UNITS,),
        (BATCH, FEATURES), (BATCH, UNITS)
    )  # fmt: skip
    with genuine_keras() as keras:
        cell = keras.layers.SimpleRNNCell(UNITS, dropout=0.5, recurrent_dropout=0.5)
        expected = one_step(cell, x, h, [kernel, rows, bias], input_dropout, recurrent_dropout)
    projected = recurrence.project(x, kernel, input_dropout, bias)
    (output,) = recurrence.simple_rnn_step(
        [h], projected, recurrent_kernel=rows, activation=jnp.tanh, recurrent_dropout=recurrent_dropout
    )
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("gates", [None, 3])
def test_inputs_are_projected_for_all_steps_as_for_each(gates):
    lead = () if gates is None else (gates,)
    sequences, kernel, bias, dropout = random_arrays(
        (BATCH, 5, FEATURES), (FEATURES, 3 * UNITS), (3 * UNITS,), (*lead, BATCH, FEATURES)
    )
    projected = recurrence.project(sequences, kernel, dropout, bias)
    each = [recurrence.project(sequences[:, step], kernel, dropout, bias) for step in range(5)]
    np.testing.assert_allclose(projected, np.stack(each, axis=1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_dropout_that_keeps_all_changes_no_convolution(data_format):
    films, kernel, bias = random_arrays((2, 3, 4, 4, 4), (2, 2, 4, 8), (8,))
    ones = np.ones((4, 2, 4, 4, 4), "float32")
    plain, dropped = (
        convolutional_recurrence.project(films, kernel, bias, kept, data_format=data_format) for kept in (None, ones)
    )
    np.testing.assert_allclose(dropped, plain, rtol=1e-5, atol=1e-6)
