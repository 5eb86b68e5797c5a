"""What holds for every layer: one table of cases, the same sentences for each, genuine Keras as the measure."""

import json
from collections import Counter

import jax
import numpy as np
import pytest

from plait.core import nest
from plait.graph.shapes import Spec
from tests.layers.case import collected
from tests.layers.pair import Pair, described, text, weighed

# Whether a mask is passed on is compared with Keras here, so there is no need to be told.
pytestmark = pytest.mark.filterwarnings("ignore:.*does not pass on the mask")

CASES = collected()
# Each layer's first rows are run every time; the others by `make test-all`.
ALWAYS = 1
# Eight roundings to the dtype computed in.
TOLERANCES = {"mixed_bfloat16": 2**-5, "mixed_float16": 2**-8}


def rows(always, most=1000):
    """Returns the first cases of each layer, at most so many; those that are not run always are marked as slow."""
    seen = Counter()
    params = []
    for case in CASES:
        seen[case.layer] += 1
        if seen[case.layer] > most:
            continue
        marks = [pytest.mark.slow] if seen[case.layer] > always else []
        params.append(pytest.param(case, id=str(case), marks=marks))
    return params


# One pair at a time: pytest runs all sentences of one case before it makes the next.
@pytest.fixture(scope="module", params=rows(ALWAYS))
def pair(request):
    return Pair(request.param)


# What costs a compilation or two more is run for the first row of a layer, and by `make test-all` for the second.
mostly_slow = pytest.mark.parametrize("pair", rows(1, most=2), indirect=True)
first_row = pytest.mark.parametrize("pair", rows(1, most=1), indirect=True)
FIRST = {case.layer: case for case in reversed(CASES)}


# One half stands for the other, which differs by its rounding only.
@pytest.fixture(params=["mixed_bfloat16", pytest.param("mixed_float16", marks=pytest.mark.slow)])
def half(pair, request):
    if request.param == "mixed_float16" and pair.case is not FIRST[pair.case.layer]:
        pytest.skip("float16 is tried on the first row of a layer only")
    return pair.under(request.param)


# How genuine Keras fails under a policy: on a CPU it cannot add up products of float16, and has no FFT of bfloat16.
FAILURES = {
    ("mixed_float16", "MultiHeadAttention"): (ValueError, "F16_F16_F32"),
    ("mixed_float16", "GroupQueryAttention"): (ValueError, "F16_F16_F32"),
    ("mixed_bfloat16", "STFTSpectrogram"): (TypeError, "Expected `float16`, `float32` or `float64`"),
}
# Genuine Keras gives another dtype, or another shape of an empty batch, than it announces in these, or fails on one.
NOT_AS_ANNOUNCED = ("CategoryEncoding", "ContrastLimitedAdaptiveHistogramEqualization", "MelSpectrogram", "RandomCrop")


def failure_in_keras(half):
    return FAILURES.get((half.dtype, half.case.layer))


def spec(array):
    return Spec(array.shape, array.dtype.name)


def assert_all_close(ours, theirs, tolerance):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def assert_nearly_the_same(ours, theirs, tolerance):
    """Compares what was rounded; an error may be in proportion to the largest number of all."""
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        a, b = a.astype("float32"), b.astype("float32")
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * max(1, np.abs(b).max()))


def dtypes(tensors):
    return [str(tensor.dtype) for tensor in nest.flatten(tensors)]


def declared(weights):
    return [(weight.name, weight.shape, weight.dtype) for weight in weights]


def test_it_declares_the_weights_of_keras_in_their_order(pair):
    assert declared(pair.ours.weights) == declared(pair.theirs.weights)


def test_its_outputs_and_running_state_are_those_of_keras(pair):
    ours, theirs = pair.our_results, pair.their_results
    if pair.case.is_random:
        assert [a.shape for a in ours.outputs] == [b.shape for b in theirs.outputs]
    else:
        assert_all_close(ours.outputs, theirs.outputs, 1e-5)
        assert_all_close(list(ours.state.values()), [theirs.state[name] for name in ours.state], 1e-5)


def test_its_gradients_are_those_of_keras(pair):
    if not pair.case.is_random:
        assert_all_close(pair.our_results.gradients, pair.their_results.gradients, 1e-4)


def test_its_drawn_shape_and_dtype_are_those_of_keras(pair):
    assert described(pair.our_drawing) == described(pair.their_drawing)


def test_its_drawn_shape_is_that_of_what_it_computes(pair):
    specs = [spec(array) for array in pair.case.arrays()]
    drawn = pair.ours.compute_output_spec(pair.case.arranged(specs), **pair.case.arguments)
    assert described(drawn) == described(pair.our_results.outputs)


def test_it_is_known_when_drawn_which_outputs_carry_a_mask(pair):
    drawn_masks = [tensor.node.masked[tensor.index] for tensor in nest.flatten(pair.our_drawing)]
    assert drawn_masks == [mask is not None for mask in pair.our_results.masks]


def test_its_mask_is_that_of_keras(pair):
    ours, theirs = pair.our_results.masks, pair.their_results.masks
    assert [mask is None for mask in ours] == [mask is None for mask in theirs]
    for a, b in zip(ours, theirs, strict=True):
        if a is not None:
            np.testing.assert_array_equal(a, b)


def test_its_config_makes_the_same_layer_again(pair):
    if not pair.case.has_config:
        pytest.skip("has no config")
    config = pair.ours.get_config()
    again = type(pair.ours).from_config(json.loads(json.dumps(config)))
    again.prepare(pair.case.arranged([spec(a) for a in pair.case.arrays()]), pair.case.arguments, None)
    assert json.dumps(again.get_config()) == json.dumps(config)
    assert text(again, pair.case, pair.weights) == pair.our_text


@mostly_slow
def test_of_no_examples_it_makes_what_keras_makes(pair):
    if pair.case.is_single:
        pytest.skip("takes no batch")
    empty = pair.case.emptied()
    if pair.case.layer in NOT_AS_ANNOUNCED:
        expected = [((0, *shape[1:]), dtype) for shape, dtype in described(pair.our_results.outputs)]
    else:
        expected = pair.their_description_for(empty)
    assert described(pair.our_results_for(empty).outputs) == expected


@mostly_slow
def test_under_a_mixed_policy_its_weights_and_drawn_dtypes_are_those_of_keras(pair, half):
    assert declared(half.ours.weights) == declared(half.theirs.weights) == declared(pair.ours.weights)
    assert described(half.our_drawing) == described(half.their_drawing)


@mostly_slow
def test_under_a_mixed_policy_it_computes_in_the_dtype_of_keras(pair, half):
    computed = dtypes(half.our_results.outputs)
    assert computed == dtypes(half.their_drawing)
    failure = failure_in_keras(half)
    if failure:
        with pytest.raises(failure[0], match=failure[1]):
            half.their_results
    elif pair.case.layer not in NOT_AS_ANNOUNCED:
        assert computed == dtypes(half.their_results.outputs)


@mostly_slow
def test_under_a_mixed_policy_its_outputs_are_nearly_those_of_keras_and_of_float32(pair, half):
    if pair.case.is_random:
        pytest.skip("draws other numbers in another dtype")
    ours, tolerance = half.our_results.outputs, TOLERANCES[half.dtype]
    assert_nearly_the_same(ours, pair.our_results_at(half.floats, pair.weights).outputs, tolerance)
    if not failure_in_keras(half):
        assert_nearly_the_same(ours, half.their_results.outputs, tolerance)


@pytest.mark.first_rows(70)
@first_row
def test_in_float64_its_outputs_are_those_of_keras(pair):
    double = pair.under("float64")
    assert described(double.our_results.outputs) == described(double.their_results.outputs)
    if not pair.case.is_random:
        # Keras computes tanh, attention with heads, and Fourier transforms in float32; that ours does not, finite
        # differences show below.
        assert_all_close(double.our_results.outputs, double.their_results.outputs, 1e-5)


@pytest.mark.first_rows(30)
@mostly_slow
@pytest.mark.filterwarnings("ignore:Explicitly requested dtype")
def test_in_float64_it_computes_in_float32_as_keras_does_where_jax_has_no_64_bits(pair):
    narrow = Pair(pair.case, "float64")
    assert narrow.our_text == pair.our_text
    assert narrow.their_description_for(pair.case) == described(pair.our_results.outputs)


@pytest.mark.first_rows(70)
@first_row
def test_its_gradient_is_that_of_finite_differences(pair):
    double = pair.under("float64")
    random = np.random.default_rng(2)
    point = (double.floats, double.weights)
    direction = jax.tree.map(lambda array: random.normal(size=array.shape), point)

    def loss_at(step):
        moved = jax.tree.map(lambda array, towards: array + step * towards, point, direction)
        with jax.enable_x64(True):
            return float(weighed(double.our_results_at(*moved).outputs))

    slope = (loss_at(1e-6) - loss_at(-1e-6)) / 2e-6
    gradients = zip(double.our_results.gradients, jax.tree.leaves(direction), strict=True)
    np.testing.assert_allclose(slope, sum(np.vdot(gradient, towards) for gradient, towards in gradients), rtol=1e-5)
