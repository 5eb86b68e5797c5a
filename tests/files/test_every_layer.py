"""Each row of the table of layers, as a model in a file: genuine Keras opens what Plait saves, and the reverse."""

import copy
import json
import pickle
from collections import Counter

import numpy as np
import pytest

import plait
from plait import saving
from tests.genuine import genuine_keras
from tests.layers.case import collected

pytestmark = pytest.mark.filterwarnings("ignore:.*does not pass on the mask")


NOT_IN_FILES = {
    "Lambda": "its function is the user's own",
    "RandomShear": "Keras writes a range of both signs, which it does not take itself",
    "Equalization": "Keras finds a cycle in its own graph",
}


def rows():
    """Returns a layer's first three rows that can be a model by themselves, the second and third marked as slow."""
    seen = Counter()
    for case in collected():
        if case.arguments or not case.has_config or case.layer in NOT_IN_FILES:
            continue
        seen[case.layer] += 1
        if seen[case.layer] > 3:
            continue
        yield pytest.param(case, id=str(case), marks=[pytest.mark.slow] if seen[case.layer] > 1 else [])


def model_of(K, case):
    inputs = [K.Input(batch_shape=(None, *array.shape[1:]), dtype=array.dtype.name) for array in case.arrays()]
    return K.Model(case.arranged(inputs), case.make(K.layers)(case.arranged(inputs)))


def described(layer):
    # Keras draws a seed where none was given, and writes that; of the strength of a regularizer it writes 32 bits.
    config = json.dumps({**layer.get_config(), "seed": None})
    return json.loads(config, parse_float=lambda text: round(float(text), 7))


def assert_same_weights(ours, theirs):
    assert [weight.shape for weight in ours] == [weight.shape for weight in theirs]
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.first_rows(4)
@pytest.mark.parametrize("case", list(rows()))
def test_a_layer_goes_both_ways(case, tmp_path):
    model = model_of(plait, case)
    model.save(tmp_path / "m.keras")
    with genuine_keras() as keras:
        theirs = keras.saving.load_model(tmp_path / "m.keras")
        assert_same_weights(model.get_weights(), theirs.get_weights())
        theirs.set_weights([weight + 1 for weight in theirs.get_weights()])
        theirs.save(tmp_path / "k.keras")
        expected = theirs.get_weights()
    again = saving.load_model(tmp_path / "k.keras")
    assert_same_weights(again.get_weights(), expected)
    assert described(again.layers[-1]) == described(model.layers[-1])


@pytest.mark.parametrize(
    "again", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy], ids=["pickle", "copy"]
)
@pytest.mark.parametrize("case", list(rows()))
def test_a_layer_is_pickled_and_copied_as_it_is(case, again):
    model = model_of(plait, case)
    model.get_weights()
    other = again(model)
    assert_same_weights(other.get_weights(), model.get_weights())
    assert other.get_config() == model.get_config()
    assert [weight.path for weight in other.weights] == [weight.path for weight in model.weights]
