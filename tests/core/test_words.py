"""The small words of floor 0: names, structures, seeds, weights, policies."""

import numpy as np
import pytest

from plait import initializers
from plait.core import errors, names, nest, policy, seeds
from plait.core.weight import Weight


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        ("Dense", "dense"),
        ("Conv2D", "conv2d"),
        ("MaxPooling2D", "max_pooling2d"),
        ("LSTM", "lstm"),
        ("ReLU", "re_lu"),
        ("PReLU", "p_re_lu"),
        ("LeakyReLU", "leaky_re_lu"),
        ("Conv2DTranspose", "conv2d_transpose"),
    ],
)
def test_a_class_is_named_in_snake_case_as_keras_does(cls, name):
    assert names.snake_case(cls) == name


def test_names_that_repeat_get_numbers_that_are_free():
    assert names.deduplicated(["a", "b", "a", "a_1", "a"]) == ["a", "b", "a_2", "a_1", "a_3"]


def test_structures_are_walked_in_the_order_of_the_user():
    structure = {"z": 1, "a": [2, (3, {"m": 4, "b": 5})]}
    assert nest.flatten(structure) == [1, 2, 3, 4, 5]
    assert list(nest.paths(structure)) == ["z", "a/0", "a/1/0", "a/1/1/m", "a/1/1/b"]
    assert nest.pack(structure, "vwxyz") == {"z": "v", "a": ["w", ("x", {"m": "y", "b": "z"})]}
    with pytest.raises(ValueError, match="Structures differ"):
        nest.walk(lambda a, b: a, structure, {"z": 1})


def test_random_numbers_are_a_function_of_seed_and_place():
    drawn = seeds.generator("dense/kernel", 7).random(4)
    np.testing.assert_array_equal(drawn, seeds.generator("dense/kernel", 7).random(4))
    assert not np.array_equal(drawn, seeds.generator("dense/bias", 7).random(4))
    assert not np.array_equal(drawn, seeds.generator("dense/kernel", 8).random(4))


@pytest.mark.parametrize(
    ("seed", "error"), [(-1, ValueError), (2**32, ValueError), (1.5, TypeError), (True, TypeError)]
)
def test_a_seed_is_a_whole_number_of_32_bits(seed, error):
    with pytest.raises(error, match="set_random_seed needs an integer"):
        seeds.set_random_seed(seed)


def declared(shape=(2, 3)):
    return Weight("kernel", shape, "float32", initializers.get("glorot_uniform"), place=lambda: "dense/kernel")


def test_a_weight_has_no_memory_until_it_is_read():
    weight = declared((10**6, 10**6))
    assert weight.size == 10**12
    assert not weight.is_materialised


def test_assigning_copies_and_checks_the_shape():
    weight = declared()
    array = np.ones((2, 3), np.float32)
    weight.assign(array)
    array[:] = 5.0
    assert weight.numpy().tolist() == [[1.0] * 3] * 2
    with pytest.raises(ValueError, match=r'"kernel" has shape \(2, 3\), got a value of shape \(3, 2\)'):
        weight.assign(np.zeros((3, 2)))
    weight.assign_add(np.ones((2, 3), np.float32))
    assert float(weight.value[0, 0]) == 2.0


@pytest.mark.parametrize(
    ("name", "compute", "keep"),
    [
        ("float32", "float32", "float32"),
        ("mixed_bfloat16", "bfloat16", "float32"),
        ("mixed_float16", "float16", "float32"),
        ("float16", "float16", "float16"),
    ],
)
def test_a_policy_names_what_is_computed_in_and_what_is_kept(name, compute, keep):
    found = policy.get(name)
    assert (found.compute_dtype, found.variable_dtype) == (compute, keep)


@pytest.mark.parametrize(
    ("given", "valid", "meant"),
    [
        ("rleu", ["elu", "relu"], "relu"),
        ("Dens", ["Dense", "Dot"], "Dense"),
        ("sise", ["size", "place"], "size"),
        ("sparse_crossentropy", ["sparse_categorical_crossentropy"], "sparse_categorical_crossentropy"),
        ("binary_cross_entropy", ["binary_crossentropy"], "binary_crossentropy"),
        ("val_accuracy", ["loss", "val_acc"], "val_acc"),
        ("std", ["mean", "stddev"], "stddev"),
        ("BatchNormalisation", ["BatchNormalization"], "BatchNormalization"),
        ("LayerNormalization", ["normalization", "BatchNormalization"], None),
        ("in_train_phase", ["transpose", "print_tensor"], None),
        ("softmax", ["softplus", "softsign"], None),
        ("UpSampling2D", ["MaxPooling2D"], None),
        ("GRU", ["ReLU", "ELU"], None),
    ],
)
def test_only_a_likely_slip_is_taken_for_another_name(given, valid, meant):
    assert errors.nearest(given, valid) == (f' Did you mean "{meant}"?' if meant else "")


def test_an_unknown_policy_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r'Unknown dtype policy .* Did you mean "mixed_bfloat16"'):
        policy.get("mixed_bfloat")
