import json

import numpy as np
import pytest

from plait.core import registry

PLAIN = [
    None,
    True,
    3,
    0.25,
    "text",
    [1, [2, None]],
    {"a": [1], "b": {"c": 2.0}},
    slice(1, None, 2),
    Ellipsis,
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_data_comes_back_through_json(value):
    assert registry.deserialize(json.loads(json.dumps(registry.serialize(value)))) == value


def test_an_array_comes_back_with_its_dtype():
    array = np.arange(6, dtype=np.int16).reshape(2, 3)
    back = registry.deserialize(json.loads(json.dumps(registry.serialize(array))))
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype


def test_a_registered_function_is_written_by_name_and_found_again():
    @registry.register_keras_serializable(package="tests")
    def halved(x):
        return x / 2

    written = registry.serialize(halved)
    assert written["config"] == "tests>halved"
    assert registry.deserialize(json.loads(json.dumps(written))) is halved


def test_code_is_never_written():
    with pytest.raises(ValueError, match=r"holds names, never code"):
        registry.serialize(lambda x: x)


@pytest.mark.parametrize("config", [{"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}])
def test_code_is_never_run(config):
    with pytest.raises(ValueError, match="never run"):
        registry.deserialize(config)


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "os.system", "config": {}},
        {"class_name": "system", "module": "os", "config": {"command": "true"}, "registered_name": None},
        {"class_name": "function", "config": "os.system", "module": "builtins", "registered_name": "function"},
        {"class_name": "function", "config": "eval", "module": "builtins", "registered_name": "function"},
    ],
)
def test_nothing_is_imported_by_a_name_in_a_config(config):
    with pytest.raises(ValueError, match="Nothing is registered under the name"):
        registry.deserialize(config)


def test_custom_objects_are_known_inside_their_scope_only():
    class Mine:
        pass

    with registry.custom_object_scope({"Mine": Mine}):
        assert registry.lookup("Mine") is Mine
    assert registry.lookup("Mine") is None
