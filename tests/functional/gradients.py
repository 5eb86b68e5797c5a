"""Outputs of a function together with its gradients, to compare two functions by both."""

import jax
import jax.numpy as jnp
import numpy as np

from tests.compiling import quickly


def outputs_and_gradients(function, *inputs):
    """Returns the outputs, and the gradient with respect to each input of the summed sines of the outputs."""

    @quickly
    def both(*inputs):
        outputs, pull_back = jax.vjp(function, *inputs)
        return outputs, pull_back(jax.tree.map(jnp.cos, outputs))

    return both(*inputs)


def assert_close(ours, theirs, tolerance=1e-5):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance), ours, theirs)
