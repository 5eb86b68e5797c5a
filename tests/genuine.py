"""Genuine Keras, which the numbers are held to."""

import contextlib
import warnings

import jax


@contextlib.contextmanager
def genuine_keras():
    """Gives genuine Keras, with the strictness that it was not written for lifted."""
    with warnings.catch_warnings(), jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        warnings.simplefilter("ignore")
        import keras

        yield keras
