"""What cuDNN is given, held to JAX's own description of what it computes: no card is needed for that."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental import rnn

import plait
from plait.functional import cudnn, kernels, recurrence

BATCH, TIME, FEATURES, UNITS = 3, 5, 4, 6


def described(x, h, c, weights, lengths, *settings):
    """Computes what `rnn.lstm` says that cuDNN does with these arguments."""
    return rnn.lstm_ref(x, h, c, *rnn.unpack_lstm_weights(weights, *settings[:3], settings[4]), lengths, *settings)


@pytest.fixture
def card(monkeypatch):
    """Lets this machine seem to have one."""
    monkeypatch.setattr(cudnn, "_BACKENDS", ("cpu",))
    monkeypatch.setattr(cudnn, "rnn", type("stand_in", (), {"lstm": staticmethod(described)}))


@pytest.mark.first_rows(1)
@pytest.mark.parametrize(
    ("go_backwards", "return_sequences", "has_bias", "is_dropped"),
    [(False, False, True, False), (True, True, True, True), (False, True, False, False)],
)
def test_an_lstm_is_that_of_plain_jax(go_backwards, return_sequences, has_bias, is_dropped, card):
    random = np.random.default_rng(0)
    shapes = [(BATCH, TIME, FEATURES), (BATCH, UNITS), (BATCH, UNITS), (FEATURES, 4 * UNITS), (UNITS, 4 * UNITS)]
    given = [jnp.asarray(random.normal(size=shape, scale=0.5), jnp.float32) for shape in shapes]
    bias = jnp.asarray(random.normal(size=4 * UNITS), jnp.float32) if has_bias else None
    how = {
        "activation": jnp.tanh,
        "recurrent_activation": jax.nn.sigmoid,
        "has_usual_gates": True,
        "go_backwards": go_backwards,
        "return_sequences": return_sequences,
        "input_dropout": jnp.full((BATCH, FEATURES), 2.0) if is_dropped else None,
    }

    def results(use_cudnn):
        def loss(*arrays):
            last, outputs, states = recurrence.lstm(*arrays, bias, **how, use_cudnn=use_cudnn)
            made = [array for array in (last, outputs, *states) if array is not None]
            return sum(jnp.sum(jnp.sin(array)) for array in made), made

        gradients, made = jax.grad(loss, tuple(range(5)), has_aux=True)(*given)
        return [*made, *gradients]

    for one, other in zip(results(True), results(False), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_it_is_used_where_it_is_asked_for_and_nothing_is_masked(card):
    calls = []
    cudnn.rnn.lstm = staticmethod(lambda *given: calls.append(given) or described(*given))
    inputs = plait.Input((TIME, FEATURES))
    for use_cudnn, given, count in [
        (True, inputs, 1),
        ("auto", inputs, 1),
        (False, inputs, 1),
        (True, plait.layers.Masking()(inputs), 1),
    ]:
        model = plait.Model(inputs, plait.layers.LSTM(UNITS, use_cudnn=use_cudnn)(given))
        model.predict(np.ones((2, TIME, FEATURES), "float32"), verbose=0)
        assert len(calls) == count


def test_what_is_traced_for_elsewhere_does_not_use_it(card):
    with kernels.plain("test"):
        assert not cudnn.serves(jnp.zeros(1))

    assert cudnn.serves(jnp.zeros(1))
