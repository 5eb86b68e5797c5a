"""Programs for a run or two: to compile them well takes far longer than to run them."""

import functools

import jax

# As `jax.jit`.
quickly = functools.partial(jax.jit, compiler_options={"xla_backend_optimization_level": 0})
