import numpy as np
import pytest

import plait
from plait import config, dtype_policies, layers
from tests.genuine import genuine_keras


@pytest.mark.parametrize("identifier", ["float32", "mixed_bfloat16", np.float16, np.dtype("float64"), None], ids=str)
def test_a_policy_is_found_and_described_as_in_keras(identifier):
    with genuine_keras() as keras:
        theirs = keras.dtype_policies.get(identifier)
        config = keras.dtype_policies.serialize(theirs)

    ours = dtype_policies.get(identifier)

    for name in ("name", "compute_dtype", "variable_dtype"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert dtype_policies.serialize(ours) == config
    assert dtype_policies.deserialize(config) == dtype_policies.get(config) == ours


def test_a_policy_of_floats_by_its_older_name_is_a_policy():
    with genuine_keras() as keras:
        config = keras.dtype_policies.serialize(keras.dtype_policies.FloatDTypePolicy("mixed_float16"))

    assert plait.FloatDTypePolicy is plait.DTypePolicy
    assert layers.Dense(1, dtype=dtype_policies.deserialize(config)).compute_dtype == "float16"


def test_the_policy_of_none_is_the_one_in_force():
    config.set_dtype_policy("mixed_bfloat16")
    try:
        assert dtype_policies.get(None).name == "mixed_bfloat16"
    finally:
        config.set_dtype_policy("float32")


def test_an_unknown_policy_is_refused():
    with pytest.raises(ValueError, match="Unknown dtype policy 'mixed_float23'"):
        dtype_policies.get("mixed_float23")
