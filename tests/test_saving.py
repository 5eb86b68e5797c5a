import numpy as np
import pytest

from plait import Sequential, activations, layers, models, saving

X = np.array([[1.0, 2.0], [3.0, -1.0]], "float32")


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


def test_what_is_given_along_is_looked_into_first(custom_objects):
    custom_objects["double"] = double

    def halved(x):
        return x / 2

    assert saving.get_registered_object("double", {"double": halved}) is halved
    assert saving.get_registered_object("double", custom_objects={"other": halved}) is double
    assert saving.get_registered_object("other", module_objects={"other": halved}) is halved
    assert saving.get_registered_object("other") is None


@pytest.mark.parametrize("safe_mode", [True, False])
def test_an_object_is_made_with_what_is_given_along_whatever_the_mode(safe_mode):
    config = {"class_name": "function", "config": "double", "module": "builtins", "registered_name": "function"}

    assert saving.deserialize_keras_object(config, {"double": double}, safe_mode=safe_mode) is double


def test_models_and_weights_are_written_and_read_by_functions(tmp_path):
    first, second = (Sequential([layers.Input((2,)), layers.Dense(1)]) for _ in range(2))
    second.layers[0].kernel.assign(np.ones((2, 1), "float32"))

    models.save_model(first, tmp_path / "m.keras", zipped=True)
    saving.save_weights(first, tmp_path / "m.weights.h5")
    saving.load_weights(second, tmp_path / "m.weights.h5")

    for read in (saving.load_model(tmp_path / "m.keras"), second):
        np.testing.assert_array_equal(read.predict(X), first.predict(X))


def test_a_model_is_one_file(tmp_path):
    model = Sequential([layers.Input((2,)), layers.Dense(1)])

    with pytest.raises(ValueError, match=r"as one file, and not as a folder, got zipped=False"):
        saving.save_model(model, tmp_path / "m.keras", zipped=False)

    assert list(tmp_path.iterdir()) == []
