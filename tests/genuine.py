"""Genuine Keras, which the numbers are held to."""

import contextlib
import warnings

import jax

from tests.compiling import quickly


@contextlib.contextmanager
def genuine_keras():
    """Gives genuine Keras, with the strictness that it was not written for lifted."""
    with warnings.catch_warnings(), jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        warnings.simplefilter("ignore")
        import keras
        from keras.src.backend.jax import trainer

        trainer.jit = quickly
        yield keras


@contextlib.contextmanager
def without_initial_values(keras):
    """Lets layers declare their weights without drawing initial values, which takes longer than all else they do.

    Such a layer computes inside a StatelessScope that has values for its weights.
    """
    with keras.StatelessScope(initialize_variables=False):
        yield
    # The end of any other scope would draw them.
    keras.src.backend.common.global_state.set_global_attribute("uninitialized_variables", [])
