import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import recurrence
from tests.functional.gradients import assert_close, outputs_and_gradients
from tests.genuine import genuine_keras

BATCH, TIME, FEATURES, UNITS = 4, 6, 3, 5
ACTIVATIONS = {"activation": jnp.tanh, "recurrent_activation": jax.nn.sigmoid}
# Example 0 has no real step at all; the others begin, end and pause with masked ones.
MASK = np.array([[0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 0, 1], [1, 1, 1, 0, 0, 0], [1, 0, 1, 1, 1, 1]], bool)


def random_arrays(*shapes):
    random = np.random.default_rng(0)
    return [random.normal(0, 0.5, shape).astype("float32") for shape in shapes]


def example():
    return random_arrays(
        (BATCH, TIME, FEATURES), (BATCH, UNITS), (BATCH, UNITS),
        (FEATURES, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,)
    )  # fmt: skip


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"return_sequences": True},
        {"go_backwards": True},
        {"go_backwards": True, "return_sequences": True},
        {"zero_output_for_mask": True},
        {"zero_output_for_mask": True, "go_backwards": True, "return_sequences": True},
    ],
)
def test_values_and_gradients_are_those_of_keras(arguments, masked):
    inputs, h, c, *weights = example()
    mask = MASK if masked else None

    def ours(x, h, c, *weights):
        last, outputs, states = recurrence.lstm(x, h, c, *weights, **ACTIVATIONS, **arguments, mask=mask)
        return [last if outputs is None else outputs, *states]

    with genuine_keras() as keras:
        layer = keras.layers.LSTM(UNITS, return_state=True, **arguments)
        layer.build(inputs.shape)
        held = [v.value for v in layer.non_trainable_variables]

        def theirs(x, h, c, *weights):
            states = [jnp.asarray(h), jnp.asarray(c)]
            return list(layer.stateless_call(list(weights), held, x, initial_state=states, mask=mask)[0])

        expected = outputs_and_gradients(theirs, inputs, h, c, *weights)
    assert_close(outputs_and_gradients(ours, inputs, h, c, *weights), expected)


@pytest.mark.parametrize("implementation", [1, 2])
@pytest.mark.parametrize("recurrent", [False, True])
def test_dropout_multiplies_inputs_and_states_where_keras_does(implementation, recurrent):
    inputs, h, c, *weights = example()
    # Recurrent dropout makes Keras draw for every gate.
    gates = 4 if implementation == 1 or recurrent else None
    lead = () if gates is None else (gates,)
    input_dropout, recurrent_dropout = random_arrays((*lead, BATCH, FEATURES), (*lead, BATCH, UNITS))
    with genuine_keras() as keras:
        cell = keras.layers.LSTMCell(
            UNITS, dropout=0.5, recurrent_dropout=0.5 if recurrent else 0, implementation=implementation
        )
        cell.build((BATCH, FEATURES))
        cell.get_dropout_mask = lambda _: list(input_dropout) if gates else input_dropout
        cell.get_recurrent_dropout_mask = lambda _: list(recurrent_dropout)
        layer = keras.layers.RNN(cell)
        layer.build(inputs.shape)
        held = [v.value for v in layer.non_trainable_variables]
        states = [jnp.asarray(h), jnp.asarray(c)]
        expected = layer.stateless_call(weights, held, inputs, initial_state=states, training=True)[0]
    last, _, _ = recurrence.lstm(
        inputs, h, c, *weights, **ACTIVATIONS,
        input_dropout=input_dropout, recurrent_dropout=recurrent_dropout if recurrent else None,
    )  # fmt: skip
    np.testing.assert_allclose(last, expected, rtol=1e-5, atol=1e-6)


def test_unrolling_changes_no_number():
    arguments = {**ACTIVATIONS, "mask": MASK, "return_sequences": True, "go_backwards": True}
    looped = recurrence.lstm(*example(), **arguments)
    unrolled = recurrence.lstm(*example(), **arguments, unroll=True)
    assert_close(unrolled, looped, tolerance=1e-6)


def test_no_bias_is_a_bias_of_zeros():
    *arrays, bias = example()
    without, _, _ = recurrence.lstm(*arrays, None, **ACTIVATIONS)
    zeros, _, _ = recurrence.lstm(*arrays, 0 * bias, **ACTIVATIONS)
    np.testing.assert_array_equal(without, zeros)


def test_another_cell_needs_only_its_step():
    def step(states, x):
        return [states[0] + x]

    inputs = jnp.arange(6.0).reshape(1, 6, 1)
    last, outputs, _ = recurrence.run(step, inputs, [jnp.zeros((1, 1))], return_sequences=True)
    np.testing.assert_array_equal(outputs[0, :, 0], np.cumsum(np.arange(6)))
    assert last == 15


def test_the_sequence_is_kept_only_when_asked_for():
    assert recurrence.lstm(*example(), **ACTIVATIONS)[1] is None


def test_half_precision_stays():
    arrays = [jnp.asarray(x, "bfloat16") for x in example()]
    last, outputs, states = recurrence.lstm(*arrays, **ACTIVATIONS, mask=MASK, return_sequences=True)
    assert {x.dtype for x in (last, outputs, *states)} == {jnp.dtype("bfloat16")}


def test_a_sequence_of_no_steps_is_explained():
    inputs, *rest = example()
    with pytest.raises(ValueError, match=r"at least one time step, got inputs of shape \(4, 0, 3\)"):
        recurrence.lstm(inputs[:, :0], *rest, **ACTIVATIONS)


def test_a_mask_of_another_shape_is_explained():
    with pytest.raises(ValueError, match=r"shape \(4, 6\), got shape \(4, 5\)"):
        recurrence.lstm(*example(), **ACTIVATIONS, mask=MASK[:, :5])
