"""The compiled convolutions, held to XLA's that they stand in for: values and gradients, odd sizes, any order."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait import layers
from plait.functional import convolution, kernels
from tests.compiling import quickly
from tests.rows import where

pytestmark = pytest.mark.skipif(kernels.state() != "in use", reason=f"kernels: {kernels.state()}")

# Inputs, kernel, and how the window moves: fewer and more places than a block has, channels and filters that fill no
# vector, one and several vectors; a window as large as the inputs; and windows of many elements, in one stretch and in
# several, at more places than a strip has.
CASES = [
    ((1, 1, 1, 1), (1, 1, 1, 1), {}),
    ((3, 17, 19, 5), (3, 2, 5, 10), {"strides": (2, 3), "padding": "same"}),
    ((2, 14, 15, 3), (3, 3, 3, 33), {}),
    ((2, 9, 8, 16), (3, 2, 16, 16), {"dilation": (2, 3)}),
    ((1, 7, 6, 35), (3, 3, 35, 20), {"padding": "same"}),
    ((5, 4, 5, 7), (4, 5, 7, 3), {}),
    ((2, 8, 8, 17), (1, 1, 17, 32), {"strides": 2}),
    ((3, 205, 6), (5, 6, 18), {}),
    ((17, 11, 3), (4, 3, 9), {"padding": "causal", "dilation": 2}),
    ((2, 530, 54), (5, 54, 131), {}),
    ((1, 12, 13, 33), (3, 4, 33, 20), {"padding": "same"}),
    ((2, 26, 25, 100), (2, 2, 100, 9), {"dilation": (1, 2)}),
    ((3, 9, 11, 300), (1, 1, 300, 16), {"strides": (2, 1)}),
]


def arrays(shape, kernel_shape):
    random = np.random.default_rng(0)
    return [random.normal(size=one).astype("float32") for one in (shape, kernel_shape, kernel_shape[-1:])]


def results(given, each=1, function=convolution.convolve, **how):
    """Returns the outputs, and first and second derivatives of a sum in which no element counts like another.

    each: only one of so many elements counts at all.
    """

    def loss(given):
        outputs = function(*given, **how)
        at = jnp.arange(outputs.size).reshape(outputs.shape)
        return jnp.sum(jnp.where(at % each == 0, jnp.cos(at.astype("float32")), 0) * outputs), outputs

    def penalty(given):
        return sum(jnp.sum(jnp.square(grad)) for grad in jax.grad(loss, has_aux=True)(given)[0])

    (_, outputs), gradients = quickly(jax.value_and_grad(loss, has_aux=True))(given)
    return [outputs, *gradients, *quickly(jax.grad(penalty))(given)]


@pytest.fixture
def without(monkeypatch):
    """Returns what computes without the kernels."""

    def run(function, *given, **how):
        with monkeypatch.context() as patched:
            patched.setattr(kernels, "serve", lambda *_: False)
            return function(*given, **how)

    return run


# Of each case that where all is counted, and that where most is 0; cut off at 0 and all counted, the smallest three.
ROWS = where(
    [(*case, *way) for case in CASES for way in ((False, 1), (True, 1), (True, 7))],
    lambda *row: row[3:] != (True, 1) or row[:3] in CASES[:3],
    lambda *row: "-".join(map(str, row)),
)


@pytest.mark.first_rows(2)
@pytest.mark.parametrize(("shape", "kernel_shape", "how", "is_rectified", "each"), ROWS)
def test_it_is_that_of_xla(shape, kernel_shape, how, is_rectified, each, without):
    given, how = (arrays(shape, kernel_shape), each), {**how, "is_rectified": is_rectified}
    for one, other in zip(results(*given, **how), without(results, *given, **how), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * max(1, np.abs(other).max()))


def test_without_a_bias(without):
    given = arrays((2, 9, 8, 4), (3, 3, 4, 6))[:2]
    for one, other in zip(results(given, is_rectified=True), without(results, given, is_rectified=True), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-4)


# Overlapping windows, and some that leave gaps; nothing cut off, and zeros added; windows of many elements.
TRANSPOSES = [
    ((2, 5, 4, 3), (3, 2, 6, 3), {"strides": (2, 3)}),
    ((3, 17, 19, 5), (3, 4, 10, 5), {"strides": 2, "padding": "same"}),
    ((1, 4, 6, 2), (2, 2, 3, 2), {"dilation": (2, 3)}),
    ((2, 7, 6, 1), (1, 1, 1, 1), {"strides": (3, 4), "output_padding": (2, 0)}),
    ((2, 9, 5), (3, 4, 5), {"strides": 5, "padding": "same", "output_padding": (3,)}),
    ((2, 9, 8, 16), (4, 4, 33, 16), {"strides": 2, "padding": "same"}),
]


@pytest.mark.first_rows(2)
@pytest.mark.parametrize(
    ("shape", "kernel_shape", "how", "each"),
    where(
        [(*case, each) for case in TRANSPOSES for each in (1, 7)],
        lambda *row: row[-1] == 1 or row[:-1] in (TRANSPOSES[1], TRANSPOSES[-1]),
        lambda *row: "-".join(map(str, row)),
    ),
)
def test_its_transpose_is_that_of_xla(shape, kernel_shape, how, each, without):
    given = (arrays(shape, kernel_shape)[:2], each, convolution.transpose)
    for one, other in zip(results(*given, **how), without(results, *given, **how), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * max(1, np.abs(other).max()))


def test_one_cotangent_reaches_its_window_alone():
    inputs, kernel, bias = arrays((2, 20, 60), (5, 60, 8))
    d_inputs, d_kernel, d_bias = jax.grad(
        lambda given: convolution.convolve(*given)[1, 7, 3], argnums=0
    )((inputs, kernel, bias))  # fmt: skip
    np.testing.assert_allclose(d_inputs[1, 7:12], kernel[:, :, 3], rtol=1e-6)
    assert np.count_nonzero(d_inputs) == kernel[:, :, 3].size
    np.testing.assert_allclose(d_kernel[:, :, 3], inputs[1, 7:12], rtol=1e-6)
    assert np.count_nonzero(d_kernel) == inputs[1, 7:12].size
    np.testing.assert_array_equal(d_bias, np.eye(8, dtype="float32")[3])


def test_what_is_no_number_stays_none():
    inputs, kernel, bias = arrays((1, 4, 4, 1), (2, 2, 1, 8))
    inputs[0, 0, 0] = np.nan
    outputs = np.asarray(convolution.convolve(inputs, kernel, bias, is_rectified=True))
    assert np.isnan(outputs[0, 0, 0]).all()
    assert np.isfinite(outputs[0, 1:]).all()


def test_examples_one_by_one_give_the_same():
    inputs, kernel, bias = arrays((4, 9, 8, 3), (3, 3, 3, 5))
    whole = convolution.convolve(inputs, kernel, bias)
    one_by_one = jax.vmap(lambda x: convolution.convolve(x[None], kernel, bias)[0])(inputs)
    np.testing.assert_array_equal(whole, one_by_one)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_that_of_float32_rounded(dtype):
    given = [jnp.asarray(array, dtype) for array in arrays((2, 9, 8, 4), (3, 3, 4, 6))]
    outputs = convolution.convolve(*given)
    assert outputs.dtype == dtype
    exact = convolution.convolve(*(array.astype("float32") for array in given))
    np.testing.assert_array_equal(outputs, exact.astype(dtype))


def test_it_is_used_where_it_can_be(monkeypatch):
    calls = []
    monkeypatch.setattr(convolution, "_by_kernel", lambda *given, **_: calls.append(given))
    inputs, kernel, bias = arrays((2, 9, 8, 4), (3, 3, 4, 6))
    convolution.convolve(inputs, kernel, bias)
    convolution.convolve(jnp.asarray(inputs, "bfloat16"), jnp.asarray(kernel, "bfloat16"))
    assert len(calls) == 2
    convolution.convolve(inputs, kernel[:, :, :2], groups=2)
    convolution.convolve(inputs.transpose(0, 3, 1, 2), kernel, data_format="channels_first")
    convolution.convolve(inputs[..., None], kernel[:, :, :, None])
    assert len(calls) == 2


def test_a_layer_is_slow_in_loops_only_without_it(monkeypatch):
    assert not any(layers.Conv2D(4, 3, dtype=dtype).slow_in_loops for dtype in ("float32", "mixed_bfloat16"))
    without = (layers.Conv2D(4, 3, groups=2), layers.Conv2D(4, 3, data_format="channels_first"), layers.Conv3D(4, 3))
    assert all(layer.slow_in_loops for layer in without)
    monkeypatch.setattr(kernels, "state", lambda: "switched off")
    assert layers.Conv2D(4, 3).slow_in_loops
