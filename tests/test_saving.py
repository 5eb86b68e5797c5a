import pytest

from plait import activations, layers, saving


def double(x):
    return 2 * x


@pytest.fixture
def custom_objects():
    """Gives the dict of custom objects, and empties it afterwards."""
    yield saving.get_custom_objects()
    saving.get_custom_objects().clear()


def test_a_custom_object_is_known_by_name_everywhere(custom_objects):
    custom_objects.update({"double": double})

    assert activations.get("double") is double
    assert saving.get_registered_object("double") is double


def test_a_scope_ends(custom_objects):
    with saving.CustomObjectScope({"double": double}):
        assert layers.Activation("double").activation is double

    with pytest.raises(ValueError, match="double"):
        activations.get("double")


def test_an_object_is_made_again_from_its_serialized_form():
    layer = saving.deserialize_keras_object(saving.serialize_keras_object(layers.Dense(3, name="head")))

    assert (type(layer), layer.units, layer.name) == (layers.Dense, 3, "head")


def test_a_registered_class_has_its_package_in_its_name():
    @saving.register_keras_serializable("mine")
    class Own(layers.Layer):
        pass

    assert saving.get_registered_name(Own) == "mine>Own"
    assert saving.get_registered_object("mine>Own") is Own
