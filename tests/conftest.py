"""What every test runs under: the genuine Keras on JAX, no silent broadcasting, no silent change of dtype."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import jax
import pytest

from plait.core import names, seeds

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture(autouse=True)
def fresh_names():
    """Lets every test count its layers from 1 and start from the same seed."""
    names.clear()
    seeds.set_random_seed(0)
