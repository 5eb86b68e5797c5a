"""What holds for every layer: one table of cases, the same sentences for each, genuine Keras as the measure."""

import functools
import json
from collections import Counter
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plait.layers
from plait.core import nest, policy
from plait.core.context import Context
from plait.graph import adapter
from plait.graph.shapes import Spec
from tests.genuine import genuine_keras
from tests.layers.case import collected

# Whether a mask is passed on is compared with Keras here, so there is no need to be told.
pytestmark = pytest.mark.filterwarnings("ignore:.*does not pass on the mask")

CASES = collected()
# Compiling takes far longer than running here.
FAST_TO_COMPILE = {"xla_backend_optimization_level": 0}
ONE_PER_LAYER = list({case.layer: case for case in reversed(CASES)}.values())
# Each layer's first rows are run every time; the others by `make test-all`.
ALWAYS = 3


class Pair:
    """The layer of a case in Plait and in genuine Keras, with the same weights, each run once."""

    def __init__(self, case):
        self.case = case
        self.ours = case.make(plait.layers)
        self.our_drawing = drawn(plait.layers, self.ours, case)
        with genuine_keras() as keras:
            self.theirs = case.make(keras.layers)
            self.their_drawing = drawn(keras.layers, self.theirs, case)
        self.weights = [drawn_weight(weight.path, weight.shape, n) for n, weight in enumerate(self.theirs.weights)]

    @functools.cached_property
    def our_results(self):
        """Outputs, running state, masks and gradients."""
        return run_ours(self.ours, self.case, self.weights)

    @functools.cached_property
    def their_results(self):
        """The same of genuine Keras."""
        with genuine_keras() as keras:
            return run_theirs(keras, self.theirs, self.case, self.weights)


def drawn(module, layer, case):
    """Calls the layer as a user draws it: the batch unknown, and other axes too, masks made by a layer before it."""
    inputs = []
    for array, mask in zip(case.arrays(), case.masks(), strict=True):
        shape = [None if axis == 0 or axis in case.free else size for axis, size in enumerate(array.shape)]
        tensor = module.Input(batch_shape=shape, dtype=array.dtype.name)
        inputs.append(tensor if mask is None or array.ndim < 3 else module.Masking()(tensor))
    return layer(case.arranged(inputs), **case.arguments)


class Results(NamedTuple):
    """What one run of a layer gave."""

    outputs: list
    state: dict
    masks: list
    gradients: list


def run_ours(layer, case, weights):
    return differentiated(our_loss(layer, case), case.arrays(), case.masks(), weights)


def differentiated(loss, arrays, masks, weights):
    run = jax.jit(jax.value_and_grad(loss, argnums=(0, 3), has_aux=True), compiler_options=FAST_TO_COMPILE)
    (_, aux), (input_gradients, weight_gradients) = run(*split(arrays), masks, weights)
    return Results(*aux, [g for g in input_gradients if g is not None] + list(weight_gradients))


def program(layer, case, weights):
    """Returns the text of all that the layer computes, constants included."""
    return jax.jit(our_loss(layer, case)).lower(*split(case.arrays()), case.masks(), weights).as_text()


def run_theirs(keras, layer, case, weights):
    masking = keras.src.backend
    learned = [variable.path for variable in layer.trainable_variables]

    def loss(floats, others, masks, weights):
        inputs = merged(floats, others)
        for array, mask in zip(inputs, masks, strict=True):
            if mask is not None:
                masking.set_keras_mask(array, mask)
        with keras.StatelessScope(list(zip(layer.weights, weights, strict=True))) as scope:
            outputs = layer(case.arranged(inputs), training=case.training, **case.arguments)
            state = {
                weight.name: scope.get_current_value(weight) for weight in layer.weights if weight.path not in learned
            }
        leaves = jax.tree.leaves(outputs)
        return weighed(leaves), (leaves, state, [masking.get_keras_mask(leaf) for leaf in leaves])

    return differentiated(loss, case.arrays(), case.masks(), weights)


def our_loss(layer, case):
    """Returns the function of inputs and weights that is differentiated: a weighed sum of all outputs."""

    def loss(floats, others, masks, weights):
        inputs = case.arranged(merged(floats, others))
        mask = case.arranged(masks) if any(mask is not None for mask in masks) else None
        ctx = Context(case.training, jax.random.key(0), layer.name, mask)
        updated = layer.run(dict(zip(layer.weights, weights, strict=True)), inputs, ctx, case.arguments)
        leaves = jax.tree.leaves(updated.outputs)
        found = adapter.mask_after(layer, updated, inputs, ctx)
        out_masks = found if isinstance(found, list | tuple) else [found] * len(leaves)
        state = {weight.name: value for weight, value in updated.values.items()}
        return weighed(leaves), (leaves, state, list(out_masks))

    return loss


def weighed(leaves):
    """Returns the sum of all elements, each with a weight of its own, so that no gradient cancels."""
    total = 0.0
    for leaf in leaves:
        if jnp.issubdtype(leaf.dtype, jnp.floating):
            total += jnp.sum(leaf * jnp.cos(jnp.arange(leaf.size, dtype=leaf.dtype)).reshape(leaf.shape))
    return total


def split(arrays):
    """Returns the arrays that have gradients, and the others, each with None where the other has one."""
    is_float = [array.dtype.kind == "f" for array in arrays]
    floats = [array if one else None for array, one in zip(arrays, is_float, strict=True)]
    return floats, [None if one else array for array, one in zip(arrays, is_float, strict=True)]


def merged(floats, others):
    return [b if a is None else a for a, b in zip(floats, others, strict=True)]


def spec(array):
    return Spec(array.shape, array.dtype.name)


def described(tensors):
    return [(tuple(tensor.shape), str(tensor.dtype)) for tensor in nest.flatten(tensors)]


def drawn_weight(path, shape, seed):
    low = 0.5 if "variance" in path else -0.9
    return np.random.default_rng(seed).uniform(low, 0.9, shape).astype("float32")


def assert_all_close(ours, theirs, tolerance):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


# One pair at a time: pytest runs all sentences of one case before it makes the next.
def rows():
    """Returns the cases, with those marked as slow that are not run every time."""
    seen = Counter()
    for case in CASES:
        seen[case.layer] += 1
        yield pytest.param(case, id=str(case), marks=[pytest.mark.slow] if seen[case.layer] > ALWAYS else [])


@pytest.fixture(scope="module", params=rows())
def pair(request):
    return Pair(request.param)


def test_it_declares_the_weights_of_keras_in_their_order(pair):
    ours = [(weight.name, weight.shape, weight.dtype) for weight in pair.ours.weights]
    assert ours == [(weight.name, weight.shape, weight.dtype) for weight in pair.theirs.weights]


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
    assert program(again, pair.case, pair.weights) == program(pair.ours, pair.case, pair.weights)


@pytest.mark.parametrize("case", ONE_PER_LAYER, ids=str)
def test_its_gradient_is_that_of_finite_differences(case, monkeypatch):
    monkeypatch.setattr(policy, "_policy", policy.DTypePolicy("float64"))
    random = np.random.default_rng(2)
    with jax.enable_x64(True):
        layer = case.make(plait.layers)
        floats, others = split([a.astype("float64") if a.dtype.kind == "f" else a for a in case.arrays()])
        layer.prepare(case.arranged([spec(array) for array in merged(floats, others)]), case.arguments, None)
        weights = [drawn_weight(w.place(), w.shape, n).astype("float64") for n, w in enumerate(layer.weights)]
        loss = our_loss(layer, case)
        run = jax.jit(
            jax.value_and_grad(lambda p: loss(p[0], others, case.masks(), p[1])[0]), compiler_options=FAST_TO_COMPILE
        )

        def moved(by):
            return jax.tree.map(lambda array, step: array + by * step, point, direction)

        point = (floats, weights)
        direction = jax.tree.map(lambda array: random.normal(size=array.shape), point)
        slope = (run(moved(1e-6))[0] - run(moved(-1e-6))[0]) / 2e-6
        gradient = run(point)[1]
    expected = sum(np.vdot(g, v) for g, v in zip(jax.tree.leaves(gradient), jax.tree.leaves(direction), strict=True))
    np.testing.assert_allclose(slope, expected, rtol=1e-5)
