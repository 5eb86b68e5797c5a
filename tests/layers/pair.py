"""The layer of a row in Plait and in genuine Keras, with the same weights, and what both compute of the inputs."""

import contextlib
import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import plait.layers
from plait.core import names, nest, policy
from plait.core.context import Context
from plait.graph import adapter
from tests.compiling import quickly
from tests.genuine import genuine_keras, without_initial_values


class Results(NamedTuple):
    """What one run of a layer gave."""

    outputs: list
    state: dict
    masks: list
    gradients: list


class Pair:
    """Two layers made under one policy and drawn; each is run once, when it is first asked for what it computes.

    Args: dtype: the policy.
          x64: whether JAX has 64 bits.
    """

    def __init__(self, case, dtype="float32", x64=False):
        self.case, self.dtype, self.x64 = case, dtype, x64
        self.floats, self.others = split(case.arrays())
        self._under = {}
        # What a layer draws at random depends on its name, which shall be the same under each policy.
        names.clear()
        with self._in_plait():
            self.ours = case.make(plait.layers)
            self.our_drawing = drawn(plait.layers, self.ours, case)
        with self._in_keras() as keras, without_initial_values(keras):
            self.theirs = case.make(keras.layers)
            self.their_drawing = drawn(keras.layers, self.theirs, case)
        self.weights = [drawn_weight(weight.path, weight.shape, n) for n, weight in enumerate(self.theirs.weights)]
        if x64:
            self.weights = [weight.astype("float64") for weight in self.weights]

    def under(self, dtype):
        """Returns the same row under another policy, with inputs that dtype can hold."""
        if dtype not in self._under:
            is_wide = dtype == "float64"
            case = self.case.cast("float64") if is_wide else self.case.rounded("bfloat16")
            self._under[dtype] = Pair(case, dtype, x64=is_wide)
        return self._under[dtype]

    @functools.cached_property
    def our_results(self):
        """Outputs, running state, masks; and gradients, unless they are those of random numbers or rounded ones."""
        return self.our_results_at(self.floats, self.weights)

    def our_results_at(self, floats, weights):
        """Returns what our layer computes of other inputs, or with other weights."""
        with self._in_plait():
            return held(self._our_program(floats, self.others, self.case.masks(), weights))

    @functools.cached_property
    def their_results(self):
        """The same of genuine Keras, with gradients in float32 only."""
        is_differentiated = self.dtype == "float32" and not self.case.is_random
        with self._in_keras() as keras:
            program = compiled(their_loss(keras, self.theirs, self.case), is_differentiated)
            return held(program(*given(self.case, self.weights)))

    @functools.cached_property
    def our_text(self):
        """All that our layer computes, constants included."""
        with self._in_plait():
            return text(self.ours, self.case, self.weights)

    def our_results_for(self, case):
        """Returns what our layer computes for another row."""
        with self._in_plait():
            return held(compiled(our_loss(self.ours, case))(*given(case, self.weights)))

    def their_description_for(self, case):
        """Returns the shapes and dtypes of what genuine Keras computes for another row; nothing is computed."""
        with self._in_keras() as keras:
            _, results = jax.eval_shape(their_loss(keras, self.theirs, case), *given(case, self.weights))
            return described(results.outputs)

    @functools.cached_property
    def _our_program(self):
        is_differentiated = self.dtype == "float64" or (self.dtype == "float32" and not self.case.is_random)
        return compiled(our_loss(self.ours, self.case), is_differentiated)

    @contextlib.contextmanager
    def _in_plait(self):
        before = policy.get()
        policy.set_dtype_policy(self.dtype)
        try:
            with jax.enable_x64(self.x64):
                yield
        finally:
            policy.set_dtype_policy(before)

    @contextlib.contextmanager
    def _in_keras(self):
        with genuine_keras() as keras, jax.enable_x64(self.x64):
            before = keras.config.dtype_policy()
            keras.config.set_dtype_policy(self.dtype)
            try:
                yield keras
            finally:
                keras.config.set_dtype_policy(before)


def drawn(module, layer, case):
    """Calls the layer as a user draws it: the batch unknown, and other axes too, masks made by a layer before it."""
    inputs = []
    for array, mask in zip(case.arrays(), case.masks(), strict=True):
        shape = [None if axis == 0 or axis in case.free else size for axis, size in enumerate(array.shape)]
        tensor = module.Input(batch_shape=shape, dtype=array.dtype.name)
        inputs.append(tensor if mask is None or array.ndim < 3 else module.Masking()(tensor))
    return layer(case.arranged(inputs), **case.arguments)


def compiled(loss, is_differentiated=False):
    """Returns the program of a loss, that gives its results."""

    def run(*arguments):
        if not is_differentiated:
            return loss(*arguments)[1]
        (_, results), (inputs, weights) = jax.value_and_grad(loss, argnums=(0, 3), has_aux=True)(*arguments)
        return results._replace(gradients=[gradient for gradient in inputs if gradient is not None] + list(weights))

    return quickly(run)


def text(layer, case, weights):
    """Returns the text of all that one of our layers computes."""
    return jax.jit(our_loss(layer, case)).lower(*given(case, weights)).as_text()


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
        return weighed(leaves), Results(leaves, state, list(out_masks), [])

    return loss


def their_loss(keras, layer, case):
    """Returns the same function of a layer of genuine Keras."""
    masking = keras.src.backend
    learned = [variable.path for variable in layer.trainable_variables]

    def loss(floats, others, masks, weights):
        inputs = merged(floats, others)
        for array, mask in zip(inputs, masks, strict=True):
            if mask is not None:
                masking.set_keras_mask(array, mask)
        with keras.StatelessScope(list(zip(layer.weights, weights, strict=True)), initialize_variables=False) as scope:
            outputs = layer(case.arranged(inputs), training=case.training, **case.arguments)
            state = {
                weight.name: scope.get_current_value(weight) for weight in layer.weights if weight.path not in learned
            }
        leaves = jax.tree.leaves(outputs)
        return weighed(leaves), Results(leaves, state, [masking.get_keras_mask(leaf) for leaf in leaves], [])

    return loss


def weighed(leaves):
    """Returns the sum of all elements, each with a weight of its own, so that no gradient cancels."""
    total = 0.0
    for leaf in leaves:
        if jnp.issubdtype(leaf.dtype, jnp.floating):
            factors = jnp.cos(jnp.arange(leaf.size, dtype=leaf.dtype)).reshape(leaf.shape)
            total += jnp.sum(leaf * factors).astype(jnp.result_type(float))
    return total


def given(case, weights):
    """Returns what such a function takes."""
    return *split(case.arrays()), case.masks(), weights


def split(arrays):
    """Returns the arrays that have gradients, and the others, each with None where the other has one."""
    is_float = [array.dtype.kind == "f" for array in arrays]
    floats = [array if one else None for array, one in zip(arrays, is_float, strict=True)]
    return floats, [None if one else array for array, one in zip(arrays, is_float, strict=True)]


def merged(floats, others):
    return [b if a is None else a for a, b in zip(floats, others, strict=True)]


def held(results):
    """Returns the results as arrays of the host, which hold 64 bits everywhere."""
    return jax.tree.map(np.asarray, results)


def described(tensors):
    """Returns the shape and dtype of each of these."""
    return [(tuple(tensor.shape), str(tensor.dtype)) for tensor in nest.flatten(tensors)]


def drawn_weight(path, shape, seed):
    low = 0.5 if "variance" in path else -0.9
    return np.random.default_rng(seed).uniform(low, 0.9, shape).astype("float32")
