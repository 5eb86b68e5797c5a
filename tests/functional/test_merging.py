import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import merging
from tests.functional.gradients import assert_close, outputs_and_gradients
from tests.genuine import genuine_keras

LAYERS = {
    "add": "Add",
    "average": "Average",
    "subtract": "Subtract",
    "multiply": "Multiply",
    "maximum": "Maximum",
    "minimum": "Minimum",
}
SHAPES = [[(4, 3), (4, 3)], [(4, 5, 3), (4, 3)], [(4, 3), (4, 2, 5, 3)], [(4, 1, 3), (4, 5, 1)]]


def random_arrays(shapes):
    random = np.random.default_rng(0)
    return [random.normal(size=shape).astype("float32") for shape in shapes]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("shapes", SHAPES)
def test_elements_merge_as_in_keras(name, shapes):
    inputs = random_arrays(shapes)
    with genuine_keras() as keras:
        theirs = getattr(keras.layers, LAYERS[name])()(inputs)
    np.testing.assert_allclose(getattr(merging, name)(inputs), theirs, rtol=1e-6)


@pytest.mark.parametrize("name", ["multiply", "maximum", "minimum"])
@pytest.mark.parametrize("masked", [(0, 1, 2), (0, 1), (2,), ()])
def test_masked_elements_take_part_as_little_as_in_keras(name, masked):
    inputs = random_arrays([(4, 5, 3)] * 3)
    draws = np.random.default_rng(1).random((3, 4, 5)) < 0.5
    masks = [draws[i] if i in masked else None for i in range(3)]
    with genuine_keras() as keras:
        tensors = [keras.ops.convert_to_tensor(x) for x in inputs]
        for tensor, mask in zip(tensors, masks, strict=True):
            if mask is not None:
                tensor._keras_mask = keras.ops.convert_to_tensor(mask)
        theirs = getattr(keras.layers, LAYERS[name])()._merge_function(tensors)
    np.testing.assert_allclose(getattr(merging, name)(inputs, masks), theirs, rtol=1e-6)


@pytest.mark.first_rows(4)
@pytest.mark.parametrize(
    ("left", "right", "axes", "normalize"),
    [
        ((4, 3), (4, 3), 1, False),
        ((4, 3), (4, 3), -1, True),
        ((4, 5, 3), (4, 2, 3), -1, False),
        ((4, 5, 3), (4, 3, 2), (2, 1), True),
        ((4, 5, 3), (4, 5, 2), 1, False),
        ((4, 3), (4, 2, 3), (1, 2), True),
        ((4, 2, 3), (4, 3), (2, 1), False),
        ((4, 5, 2, 3), (4, 3, 6, 7), (3, 1), False),
        ((4, 5, 2, 3), (4, 6, 2), (-2, -1), True),
    ],
)
def test_products_and_their_gradients_are_those_of_keras(left, right, axes, normalize):
    inputs = random_arrays([left, right])
    ours = outputs_and_gradients(lambda x, y: merging.dot(x, y, axes, normalize), *inputs)
    with genuine_keras() as keras:
        layer = keras.layers.Dot(axes, normalize)
        theirs = outputs_and_gradients(lambda x, y: layer([x, y]), *inputs)
    assert_close(ours, theirs)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_the_cosine_of_a_vector_of_zeros_is_zero(dtype):
    zeros, ones = jnp.zeros((1, 3), dtype), jnp.ones((1, 3), dtype)
    assert merging.dot(zeros, ones, 1, normalize=True) == 0


def test_the_cosine_of_a_vector_of_zeros_has_a_finite_gradient():
    gradient = jax.grad(lambda x: merging.dot(x, jnp.ones((1, 3)), 1, normalize=True).sum())(jnp.zeros((1, 3)))
    assert jnp.isfinite(gradient).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: merging.add([]), "at least one array"),
        (lambda: merging.subtract(random_arrays([(2, 3)] * 3)), "exactly 2 arrays, got 3"),
        (lambda: merging.dot(*random_arrays([(2, 3), (2, 3)]), 0), "axis 0, the batch"),
        (lambda: merging.dot(*random_arrays([(2, 3), (2, 3)]), 2), "an axis of each array"),
        (lambda: merging.dot(*random_arrays([(2, 3), (2, 4)]), 1), r"got shapes \(2, 3\) and \(2, 4\)"),
        (lambda: merging.dot(*random_arrays([(2, 3), (5, 3)]), 1), "the same batch"),
    ],
)
def test_what_does_not_fit_is_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()
