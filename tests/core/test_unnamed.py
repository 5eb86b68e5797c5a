"""Jitted functions to which the names in their arguments and results are unknown."""

import gc

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait.core.unnamed import Jitted


def scaled(weights, factor, extra=None, *, twice=False):
    doubled = {name: array * factor * (2 if twice else 1) for name, array in weights.items()}
    return {"weights": doubled, "extra": extra}


@pytest.mark.parametrize("donated", [(), (0,), (1,), (2, 0)])
@pytest.mark.parametrize("name", ["dense", "dense_1"])
def test_arguments_and_result_keep_their_structure(donated, name):
    function = Jitted(scaled, donated, static_argnames=("twice",))
    weights, extra = {name: jnp.arange(3.0), "a": jnp.ones(2)}, (jnp.zeros(1), None)
    result = function(weights, jnp.float32(3), extra, twice=True)
    assert list(result["weights"]) == ["a", name]
    np.testing.assert_array_equal(result["weights"][name], [0, 6, 12])
    np.testing.assert_array_equal(result["extra"][0], [0])
    assert result["extra"][1] is None


def test_only_what_is_to_be_donated_is_used_up():
    weights, factor = {"a": jnp.arange(3.0)}, jnp.float32(3)
    Jitted(scaled, (0,))(weights, factor)
    assert weights["a"].is_deleted()
    assert not factor.is_deleted()


def test_other_names_make_the_same_program():
    names = ("encoder/kernel", "decoder/kernel")
    one, other = (Jitted(scaled).trace({name: jnp.arange(3.0)}, 3.0).lower().as_text(debug_info=True) for name in names)
    assert one == other
    assert "kernel" not in one


def test_a_call_does_not_trace_again_what_was_traced():
    traced = []

    def noted(values):
        traced.append(None)
        return values

    function = Jitted(noted)
    for _ in range(2):
        function.trace({"a": jnp.ones(2)})
        function({"a": jnp.ones(2)})
    assert len(traced) == 1


def test_results_that_change_their_names_with_the_size_of_a_batch_are_refused():
    function = Jitted(lambda values: {f"of {len(values)}": values})
    function(jnp.ones(2))
    with pytest.raises(ValueError, match="the same names for batches of every size"):
        function(jnp.ones(3))
    assert list(function(jnp.ones(2))) == ["of 2"]


def test_a_dropped_function_leaves_nothing_with_jax():
    def objects():
        gc.collect()
        return len(gc.get_objects())

    def use(number):
        jax.block_until_ready(Jitted(scaled)({f"dense_{number}": jnp.arange(3.0)}, 3.0))

    use(0)
    before = objects()
    for number in range(1, 30):
        use(number)
    assert objects() <= before
