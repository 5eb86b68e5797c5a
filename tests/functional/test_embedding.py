import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import embedding
from tests.functional.gradients import assert_close, outputs_and_gradients
from tests.genuine import genuine_keras

TABLE = np.random.default_rng(0).normal(size=(300, 4)).astype("float32")


@pytest.mark.parametrize("dtype", ["int32", "uint8", "int16", "float32"])
def test_values_and_gradients_are_those_of_keras(dtype):
    ids = np.array([[3, 0, 3], [7, 200, 1]], "uint8").astype(dtype)
    ours = outputs_and_gradients(lambda table: embedding.lookup(table, jnp.asarray(ids)), TABLE)
    with genuine_keras() as keras:
        layer = keras.layers.Embedding(300, 4)
        layer.build()
        theirs = outputs_and_gradients(lambda table: layer.stateless_call([table], [], ids)[0], TABLE)
    assert_close(ours, theirs)


def test_an_id_outside_the_table_shows():
    rows = embedding.lookup(jnp.asarray(TABLE), jnp.array([299, 300, -1]))
    assert jnp.isnan(rows).all(axis=1).tolist() == [False, True, False]
