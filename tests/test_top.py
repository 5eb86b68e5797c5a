import jax
import jax.numpy as jnp
import pytest

import plait
from tests.genuine import genuine_keras


def test_the_version_is_that_of_the_keras_it_is_compared_with():
    with genuine_keras() as keras:
        assert plait.version() == keras.version()


@pytest.mark.parametrize("name", ["cpu", "CPU:0", jax.devices("cpu")[0]], ids=str)
def test_arrays_are_made_on_the_device_in_force(name):
    with plait.device(name):
        made = jnp.ones(3)

    assert made.devices() == {jax.devices("cpu")[0]}


@pytest.mark.parametrize("name", ["cpu:99", "abacus", "cpu:one", 3])
def test_a_device_that_is_not_there_is_named(name):
    with pytest.raises(ValueError, match=f'There is no device {name!r}(.|\n)*There are: "'):
        plait.device(name)


def test_a_name_scope_names_what_is_traced_and_no_layer():
    def scoped(x):
        with plait.name_scope("block"):
            return jnp.sin(x)

    with plait.name_scope("block"):
        layer = plait.layers.Dense(1)
        layer.build((None, 2))

    assert "block/sin" in jax.jit(scoped).lower(1.0).as_text(debug_info=True)
    assert (layer.name, layer.kernel.path) == ("dense_1", "dense_1/kernel")


@pytest.mark.parametrize("name", ["a/b", 3])
def test_what_is_no_name_of_a_scope_is_refused(name):
    with pytest.raises(ValueError, match='a string without "/", got'):
        plait.name_scope(name)
