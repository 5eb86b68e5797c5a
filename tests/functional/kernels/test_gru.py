"""The compiled GRU, held to the formula in plain JAX: values and gradients, any size, masked, either way."""

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from plait.functional import kernels
from plait.functional.kernels import gru, lstm
from tests.compiling import quickly
from tests.rows import where

pytestmark = pytest.mark.skipif(kernels.state() != "in use", reason=f"kernels: {kernels.state()}")


def plain(projected, h, recurrent_kernel, bias, mask, go_backwards):
    """Runs K. Cho et al., Learning Phrase Representations, 2014, with the reset gate after the product."""
    units = h.shape[-1]

    def step(h, now):
        x, is_real = now
        inner = h @ recurrent_kernel + bias[None]
        z = jax.nn.sigmoid(x[:, :units] + inner[:, :units])
        r = jax.nn.sigmoid(x[:, units : 2 * units] + inner[:, units : 2 * units])
        candidate = jnp.tanh(x[:, 2 * units :] + r * inner[:, 2 * units :])
        h = jnp.where(is_real[:, None], z * h + (1 - z) * candidate, h)
        return h, h

    mask = jnp.ones(projected.shape[:2], bool) if mask is None else mask
    last, outputs = lax.scan(step, h, (projected.swapaxes(0, 1), mask.swapaxes(0, 1)), reverse=go_backwards)
    return outputs.swapaxes(0, 1), last


def compiled(projected, h, recurrent_kernel, bias, mask, go_backwards):
    units = h.shape[-1]
    state, wide = lstm.padded(h), lstm.padded(recurrent_kernel, 3)
    rows = jnp.pad(wide, [(0, state.shape[1] - units), (0, 0)])
    given = (lstm.padded(projected, 3), state, rows, lstm.padded(bias, 3))
    outputs, last = gru.run(*given, mask, go_backwards)
    return outputs[..., :units], last[..., :units]


def results(run, given, mask, go_backwards, counts, compile_=quickly):
    """Returns the outputs, and the gradients of a sum in which no element counts like another."""

    def loss(given):
        outputs = run(*given, mask, go_backwards)
        weighed = [jnp.sum(jnp.cos(jnp.arange(one.size, dtype="float32")).reshape(one.shape) * one) for one in outputs]
        return sum(one for one, is_counted in zip(weighed, counts, strict=True) if is_counted), outputs

    gradients, outputs = compile_(jax.grad(loss, has_aux=True))(given)
    return [*outputs, *gradients]


SIZES = [(1, 1, 1), (5, 7, 10), (4, 3, 16), (3, 9, 33)]
COUNTS = {"all": (True, False), "last": (False, True), "both": (True, True)}
# Every way at one size, where nothing fills a block, and each size in two ways.
ROWS = where(
    itertools.product(SIZES, [False, True], [False, True], COUNTS),
    lambda *row: row[0] == SIZES[1] or row[1:] in ((False, False, "last"), (True, True, "both")),
    lambda *row: "-".join(map(str, row)),
)


@pytest.mark.first_rows(2)
@pytest.mark.parametrize(("sizes", "is_masked", "go_backwards", "counted"), ROWS)
def test_a_gru_is_that_of_plain_jax(sizes, is_masked, go_backwards, counted):
    counts, (batch, time, units) = COUNTS[counted], sizes
    random = np.random.default_rng(0)
    shapes = [(batch, time, 3 * units), (batch, units), (units, 3 * units), (3 * units,)]
    given = [random.normal(scale=units**-0.5, size=shape).astype("float32") for shape in shapes]
    mask = random.random((batch, time)) < 0.6 if is_masked else None
    ours = results(compiled, given, mask, go_backwards, counts)
    for one, other in zip(ours, results(plain, given, mask, go_backwards, counts), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize(("is_masked", "go_backwards"), [(True, True), (False, False)])
def test_gradients_are_differentiated_again(is_masked, go_backwards):
    batch, time, units = 3, 4, 9
    random = np.random.default_rng(0)
    shapes = [(batch, time, 3 * units), (batch, units), (units, 3 * units), (3 * units,)]
    given = [random.normal(scale=units**-0.5, size=shape).astype("float32") for shape in shapes]
    mask = random.random((batch, time)) < 0.6 if is_masked else None

    def penalty(run, given):
        made = results(run, given, mask, go_backwards, (is_masked, True), compile_=jax.jit)
        return sum(jnp.sum(array**2) for array in made)

    ours, other = (quickly(jax.grad(functools.partial(penalty, run)))(given) for run in (compiled, plain))
    for one, two in zip(ours, other, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-5 * max(1, np.abs(two).max()))
