"""Layers on text, hashes and vocabularies give what genuine Keras gave with TensorFlow, which wrote the golden file."""

import json
import pathlib

import numpy as np
import pytest

from plait import layers
from plait.layers.preprocessing.data_layer import HostLayer
from plait.models import Model

GOLDEN = json.loads((pathlib.Path(__file__).parents[1] / "golden" / "preprocessing.json").read_text(encoding="utf-8"))[
    "cases"
]


def named(case):
    adapted = " adapted" if case["adapt"] is not None else ""
    return f"{case['layer']} {json.dumps(case['config'], ensure_ascii=False)}{adapted}"


def made(case):
    layer = getattr(layers, case["layer"])(**case["config"])
    if case["adapt"] is not None:
        layer.adapt(case["adapt"])
    return layer


def arrays(case, call):
    return [np.array(one) for one in call] if case["layer"] == "HashedCrossing" else np.array(call)


@pytest.mark.parametrize("case", GOLDEN, ids=named)
def test_its_outputs_are_those_of_keras(case):
    layer = made(case)
    for call, expected in zip(case["calls"], case["outputs"], strict=True):
        outputs = np.asarray(layer(arrays(case, call)))
        assert outputs.shape == np.shape(expected)
        if outputs.dtype.kind == "f":
            np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)
        else:
            np.testing.assert_array_equal(outputs, expected)


@pytest.mark.parametrize("case", [case for case in GOLDEN if "vocabulary" in case], ids=named)
def test_its_vocabulary_is_that_of_keras(case):
    layer = made(case)
    assert layer.get_vocabulary() == case["vocabulary"]
    assert layer.vocabulary_size() == len(case["vocabulary"])


@pytest.mark.parametrize("case", [case for case in GOLDEN if "boundaries" in case], ids=named)
def test_its_boundaries_are_those_of_keras(case):
    np.testing.assert_allclose(made(case).bin_boundaries, case["boundaries"], rtol=1e-6)


@pytest.mark.parametrize("case", [case for case in GOLDEN if case["adapt"] is not None], ids=named)
def test_adapting_in_batches_gives_what_the_whole_gives(case):
    if case["config"].get("axis") == [0, 1]:
        pytest.skip("the batch is an axis of its own")
    whole = made(case)
    data = np.array(case["adapt"])
    in_batches = getattr(layers, case["layer"])(**case["config"])
    in_batches.adapt(data[start : start + 2] for start in range(0, len(data), 2))
    for call in case["calls"]:
        np.testing.assert_allclose(in_batches(arrays(case, call)), whole(arrays(case, call)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("case", GOLDEN, ids=named)
def test_its_config_makes_the_same_layer_again(case):
    layer = made(case)
    config = json.loads(json.dumps(layer.get_config()))
    again = type(layer).from_config(config)
    if case["layer"] == "Normalization":  # its mean and variance are weights
        return
    for call in case["calls"]:
        np.testing.assert_array_equal(np.asarray(again(arrays(case, call))), np.asarray(layer(arrays(case, call))))
    assert again.get_config() == config


def in_a_model(case, call):
    """Returns the model of the layer alone, for inputs of one example's shape; None where there can be none."""
    given = [np.array(one) for one in call] if case["layer"] == "HashedCrossing" else [np.array(call)]
    gives_text = case["layer"] == "StringLookup" and case["config"].get("invert")
    mixes_batch = case["config"].get("axis") == [0, 1]
    if given[0].ndim < 2 or gives_text or mixes_batch:
        return None
    kinds = {"U": "string", "i": "int32", "f": "float32"}
    inputs = [layers.Input(one.shape[1:], dtype=kinds[one.dtype.kind]) for one in given]
    taken = inputs if case["layer"] == "HashedCrossing" else inputs[0]
    return Model(inputs, made(case)(taken))


@pytest.mark.parametrize("case", GOLDEN, ids=named)
def test_in_a_model_its_outputs_are_the_same(case):
    for call, expected in zip(case["calls"], case["outputs"], strict=True):
        model = in_a_model(case, call)
        if model is None:
            continue
        given = arrays(case, call)
        outputs = model.predict(given, verbose=0)
        np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)
        shape = model.outputs[0].shape
        assert all(size in (None, got) for size, got in zip(shape, outputs.shape, strict=True))
        assert model.outputs[0].dtype == outputs.dtype.name


def test_every_layer_that_works_on_the_host_is_held_to_keras():
    every = {name: getattr(layers, name) for name in dir(layers)}
    on_host = {name for name, cls in every.items() if isinstance(cls, type) and issubclass(cls, HostLayer)}
    assert on_host == {case["layer"] for case in GOLDEN if issubclass(getattr(layers, case["layer"]), HostLayer)}
