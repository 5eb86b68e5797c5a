"""The compiled LSTM, held to the plain JAX that it stands in for: values and gradients, odd sizes, masks."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import kernels, recurrence
from plait.functional.kernels import lstm
from tests.compiling import quickly
from tests.rows import where

pytestmark = pytest.mark.skipif(kernels.state() != "in use", reason=f"kernels: {kernels.state()}")

# (batch, time, features, units): one of each, fewer and more than a block of examples, no multiple of a vector.
SIZES = [(1, 1, 1, 1), (5, 7, 3, 10), (8, 4, 2, 16), (13, 9, 5, 33)]
WAYS = list(itertools.product([False, True], repeat=4))
# Every way at one size, where nothing fills a block, and each size in two ways.
ROWS = where(
    [(*way, sizes) for sizes in SIZES for way in WAYS],
    lambda *row: row[-1] == SIZES[1] or row[:-1] in ((False, False, False, False), (True, True, True, False)),
    lambda *row: "-".join(map(str, row)),
)


def arrays(batch, time, features, units):
    random = np.random.default_rng(0)
    shapes = [
        (batch, time, features),
        (batch, units),
        (batch, units),
        (features, 4 * units),
        (units, 4 * units),
        (4 * units,),
    ]
    return [random.normal(size=shape).astype("float32") / 2 for shape in shapes]


def results(given, mask, go_backwards, return_sequences, zero_output_for_mask, has_usual_gates, compiled=quickly):
    """Returns all outputs, and the gradients of a sum in which no element counts like another."""

    def loss(given):
        last, outputs, states = recurrence.lstm(
            *given,
            activation=jnp.tanh,
            recurrent_activation=jax.nn.sigmoid,
            mask=mask,
            go_backwards=go_backwards,
            return_sequences=return_sequences,
            zero_output_for_mask=zero_output_for_mask,
            has_usual_gates=has_usual_gates,
        )
        leaves = [leaf for leaf in (last, outputs, *states) if leaf is not None]
        weighed = [
            jnp.sum(leaf * jnp.cos(jnp.arange(leaf.size, dtype="float32")).reshape(leaf.shape)) for leaf in leaves
        ]
        return sum(weighed), leaves

    (_, leaves), gradients = compiled(jax.value_and_grad(loss, has_aux=True))(given)
    return leaves + gradients


@pytest.mark.first_rows(2)
@pytest.mark.parametrize(("is_masked", "go_backwards", "return_sequences", "zero_output_for_mask", "sizes"), ROWS)
def test_an_lstm_is_that_of_plain_jax(is_masked, go_backwards, return_sequences, zero_output_for_mask, sizes):
    mask = np.random.default_rng(1).random(sizes[:2]) < 0.6 if is_masked else None
    how = (mask, go_backwards, return_sequences, zero_output_for_mask)
    ours = results(arrays(*sizes), *how, has_usual_gates=True)
    plain = results(arrays(*sizes), *how, has_usual_gates=False)
    for one, other in zip(ours, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=2e-6 * max(1, np.abs(other).max()))


@pytest.mark.parametrize(("is_masked", "go_backwards", "return_sequences"), [(True, True, True), (False, False, False)])
def test_gradients_are_differentiated_again(is_masked, go_backwards, return_sequences):
    sizes = (3, 4, 2, 9)
    mask = np.random.default_rng(1).random(sizes[:2]) < 0.6 if is_masked else None

    def penalty(given, has_usual_gates):
        made = results(given, mask, go_backwards, return_sequences, False, has_usual_gates, compiled=jax.jit)
        return sum(jnp.sum(array**2) for array in made)

    given = arrays(*sizes)
    ours, plain = (quickly(jax.grad(penalty), static_argnums=1)(given, usual) for usual in (True, False))
    for one, other in zip(ours, plain, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * max(1, np.abs(other).max()))


def test_gates_stay_exact_where_they_are_nearly_shut_and_nearly_linear():
    inputs = np.concatenate([np.linspace(-90, 90, 61), np.linspace(-1e-3, 1e-3, 11)]).astype("float32")
    given = [inputs[:, None, None], np.zeros((72, 1), "float32"), np.zeros((72, 1), "float32"),
             np.ones((1, 4), "float32"), np.zeros((1, 4), "float32"), np.zeros(4, "float32")]  # fmt: skip
    # Compiled as in use: sums that nearly cancel depend on it.
    ours = results(given, None, False, True, False, has_usual_gates=True, compiled=jax.jit)
    plain = results(given, None, False, True, False, has_usual_gates=False, compiled=jax.jit)
    for one, other in zip(ours, plain, strict=True):
        # The gradient of the kernel sums up terms as large as the inputs.
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=90 * np.finfo("float32").eps)


def test_it_is_used_where_it_can_be(monkeypatch):
    calls = []
    monkeypatch.setattr(lstm, "run", lambda *given: calls.append(given) or (given[0][..., :16], given[1], given[2]))
    given = arrays(5, 7, 3, 10)
    usual = {"activation": jnp.tanh, "recurrent_activation": jax.nn.sigmoid}
    for dtype, has_usual_gates in (("float32", True), ("float32", False), ("bfloat16", True)):
        cast = [jnp.asarray(array, dtype) for array in given]
        recurrence.lstm(*cast, **usual, has_usual_gates=has_usual_gates)
    assert len(calls) == 2
    assert all(array.dtype == "float32" for given in calls for array in given[:4])
