import jax
import jax.numpy as jnp
import pytest

from plait.core import jaxprs


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (jnp.sin, []),
        (jax.jit(jnp.sin), [["sin"]]),
        (lambda x: jax.lax.cond(x > 0, jnp.sin, jnp.cos, x), [["cos"], ["sin"]]),
        (lambda x: jax.lax.while_loop(lambda x: jnp.isfinite(x), jnp.exp, x), [["is_finite"], ["exp"]]),
    ],
    ids=["one by itself", "a function called", "a branch", "a loop"],
)
def test_inside_an_operation_are_the_programs_that_it_runs(function, names):
    *_, operation = jax.make_jaxpr(function)(1.0).eqns

    assert [[one.primitive.name for one in program.eqns] for program in jaxprs.inside(operation)] == names
