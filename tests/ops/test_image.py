"""Functions of plait.ops.image: Keras's names and numbers, and nodes when they meet a symbolic tensor."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait import random
from plait.core.context import Context
from plait.graph.graph import Graph
from plait.layers import Input
from plait.ops import image
from tests.compiling import quickly
from tests.genuine import genuine_keras
from tests.ops.cases_image import (
    BYTES,
    CALLS,
    CORNERS,
    ENDS,
    FIRST,
    IMAGES,
    LARGE,
    LAST,
    MISTAKES,
    NOISY,
    SHIFT,
    STARTS,
    TRANSFORMS,
    channels_first,
)
from tests.rows import first_of_each

# What is drawn at random from an integer is a node like the others.
NODES = [
    *CALLS,
    ("elastic_transform", (IMAGES, 3.0, 1.2), {"seed": 7}),
    ("elastic_transform", (channels_first(IMAGES[0]),), {"sigma": 0.4, "seed": 7, **FIRST}),
    ("elastic_transform", (BYTES,), {"interpolation": "nearest", "fill_mode": "constant", "seed": 1}),
]


def computed(function, images, *others, **kwargs):
    """Returns what a function makes of images, as one program: compiled sooner than its operations."""
    return quickly(lambda images: function(images, *others, **kwargs))(images)


@pytest.mark.parametrize(("name", "args", "kwargs"), CALLS)
def test_numbers_and_dtypes_are_those_of_keras(name, args, kwargs):
    ours = computed(getattr(image, name), *args, **kwargs)
    with genuine_keras() as keras:
        theirs = computed(getattr(keras.ops.image, name), *args, **kwargs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
    assert ours.dtype == theirs.dtype


@pytest.mark.first_rows(9)
@pytest.mark.parametrize(("name", "args", "kwargs"), NODES)
def test_on_symbolic_tensors_it_is_a_node_that_computes_the_same(name, args, kwargs):
    images, *others = args
    inputs = Input(batch_shape=images.shape, dtype=images.dtype)
    outputs = getattr(image, name)(inputs, *others, **kwargs)
    expected = computed(getattr(image, name), *args, **kwargs)
    assert (outputs.shape, outputs.dtype) == (expected.shape, expected.dtype)
    graph = Graph(inputs, outputs)
    found = computed(lambda images: graph.run({}, [images], Context()).outputs, images)
    np.testing.assert_array_equal(found, expected)


# Each function once outside of a program.
@pytest.mark.first_rows(1)
@pytest.mark.parametrize(("name", "args", "kwargs"), first_of_each(CALLS, lambda call: call[0]))
def test_outside_of_a_program_it_computes_the_same(name, args, kwargs):
    function = getattr(image, name)
    np.testing.assert_allclose(function(*args, **kwargs), computed(function, *args, **kwargs), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "operands"),
    [
        ("affine_transform", (IMAGES, TRANSFORMS)),
        ("perspective_transform", (IMAGES, STARTS, ENDS)),
        ("ssim", (LARGE, NOISY)),
    ],
)
def test_all_operands_may_be_symbolic(name, operands):
    inputs = [Input(array.shape[1:]) for array in operands]
    outputs = getattr(image, name)(*inputs)
    computed = Graph(inputs, outputs).run({}, list(map(jnp.asarray, operands)), Context()).outputs
    assert outputs.shape[0] is None
    np.testing.assert_array_equal(computed, getattr(image, name)(*operands))


def test_every_function_of_keras_is_there():
    with genuine_keras() as keras:
        theirs = {name for name in dir(keras.ops.image) if not name.startswith("_")}
    assert set(image.__all__) == theirs


def test_every_function_is_in_the_table():
    assert {name for name, _, _ in NODES} == set(image.__all__)


@pytest.mark.parametrize("name", image.__all__)
def test_its_arguments_are_those_of_keras(name):
    with genuine_keras() as keras:
        theirs = inspect.signature(getattr(keras.ops.image, name)).parameters
    ours = inspect.signature(getattr(image, name)).parameters
    assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in theirs.values()]


def test_sizes_that_are_unknown_stay_unknown():
    assert image.extract_patches(Input((6, 8, 3)), 2).shape == (None, 3, 4, 12)
    assert image.resize(Input((None, None, 3)), (4, 5)).shape == (None, 4, 5, 3)
    assert image.affine_transform(Input((None, 8, 3)), SHIFT).shape == (None, None, 8, 3)
    assert image.elastic_transform(Input((6, 8, 3))).shape == (None, 6, 8, 3)
    assert image.sobel_edges(Input((3, None, None)), "channels_first").shape == (None, 3, None, None, 2)


@pytest.mark.parametrize(("name", "args", "kwargs", "message"), MISTAKES)
def test_a_mistake_is_explained(name, args, kwargs, message):
    with pytest.raises(ValueError, match=message):
        getattr(image, name)(*args, **kwargs)


def test_one_transform_moves_all_images():
    once = image.affine_transform(IMAGES, TRANSFORMS[0])
    np.testing.assert_array_equal(once, image.affine_transform(IMAGES, np.stack([TRANSFORMS[0]] * 2)))


def test_the_last_numbers_of_a_transform_put_it_in_perspective():
    matrix = _projection(ENDS[0], STARTS[0])
    rows = (matrix / matrix[2, 2]).reshape(9)[:8].astype("float32")
    expected = image.perspective_transform(IMAGES, STARTS[0], ENDS[0])
    np.testing.assert_allclose(image.affine_transform(IMAGES, rows), expected, rtol=1e-4, atol=1e-5)


def _projection(start, end):
    """Returns the 3 by 3 matrix that takes the points `start` to `end`, from a null space."""
    equations = []
    for (x, y), (u, v) in zip(start.astype("float64"), end.astype("float64"), strict=True):
        equations += [[x, y, 1, 0, 0, 0, -u * x, -u * y, -u], [0, 0, 0, x, y, 1, -v * x, -v * y, -v]]
    return np.linalg.svd(np.array(equations))[2][-1].reshape(3, 3)


def test_what_is_at_the_points_comes_to_stand_at_the_others():
    square = np.array([[1, 1], [3, 1], [1, 3], [3, 3]], "float32")
    moved = image.perspective_transform(IMAGES, square, square + np.float32([2, 1]))
    np.testing.assert_allclose(moved[:, 1:, 2:], IMAGES[:, :-1, :-2], atol=1e-5)


def test_a_blur_takes_channels_as_last_when_it_is_told_nothing():
    np.testing.assert_array_equal(image.gaussian_blur(IMAGES), image.gaussian_blur(IMAGES, **LAST))


def test_a_blur_of_integers_is_rounded():
    exact = image.gaussian_blur(BYTES.astype("float32"))
    np.testing.assert_array_equal(image.gaussian_blur(BYTES), np.round(exact).astype("uint8"))


def test_a_single_image_has_edges_too():
    np.testing.assert_array_equal(image.sobel_edges(IMAGES[0]), image.sobel_edges(IMAGES)[0])


def test_an_edge_is_where_the_picture_rises():
    steps = np.zeros((1, 5, 6, 1), "float32")
    steps[:, :, 3:] = 1
    down, right = np.moveaxis(np.asarray(image.sobel_edges(steps))[0, 1:-1, 1:-1, 0], -1, 0)
    np.testing.assert_array_equal(down, np.zeros((3, 4)))
    np.testing.assert_array_equal(right, [[0, 4, 4, 0]] * 3)


def test_equal_images_are_alike_and_opposite_ones_are_not():
    np.testing.assert_allclose(image.ssim(LARGE, LARGE), [1, 1], rtol=1e-5)
    assert (np.asarray(image.ssim(LARGE, 1 - LARGE)) < 0).all()


def test_how_much_integers_are_alike_is_no_integer():
    bytes_, noisy = ((255 * one).astype("uint8") for one in (LARGE, NOISY))
    expected = image.ssim(*(one.astype("float32") for one in (bytes_, noisy)), 255)
    np.testing.assert_array_equal(image.ssim(bytes_, noisy, 255), expected)


@pytest.mark.first_rows(4)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize(
    ("name", "further"),
    [
        ("affine_transform", (TRANSFORMS,)),
        ("perspective_transform", (STARTS, ENDS)),
        ("gaussian_blur", ()),
        ("sobel_edges", ()),
        ("ssim", (IMAGES[::-1], 1.0, 5)),
    ],
)
def test_half_precision_stays_and_is_as_exact_as_it_can(name, further, dtype):
    images = jnp.asarray(IMAGES, dtype)
    ours = getattr(image, name)(images, *further)
    expected = getattr(image, name)(images.astype("float32"), *further)
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours.astype("float32"), expected, rtol=0.02, atol=0.02)


def test_a_gradient_goes_through_them():
    def total(images):
        moved = image.perspective_transform(image.affine_transform(images, TRANSFORMS), CORNERS, ENDS[0])
        return image.ssim(image.gaussian_blur(moved), images, filter_size=5).sum()

    gradient = jax.grad(total)(jnp.asarray(IMAGES))
    step = 1e-2 * jnp.sign(gradient)
    change = total(IMAGES + step) - total(IMAGES - step)
    np.testing.assert_allclose(change, 2 * (gradient * step).sum(), rtol=0.02)


# ---------------------------------------------------------------------------------------------- bent at random

# The same in every row, so that only the moves along columns are seen.
STRIPES = np.broadcast_to(IMAGES[:, :1], IMAGES.shape).copy()


@pytest.mark.parametrize(("interpolation", "fill_mode"), [("bilinear", "reflect"), ("nearest", "wrap")])
def test_pixels_are_moved_along_columns_as_by_keras_with_the_same_seed(fill_mode, interpolation):
    arguments = {"interpolation": interpolation, "fill_mode": fill_mode, "seed": 7}
    ours = image.elastic_transform(STRIPES, 3.0, 1.2, **arguments)
    with genuine_keras() as keras:
        theirs = keras.ops.image.elastic_transform(STRIPES, 3.0, 1.2, **arguments)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    assert ours.dtype == theirs.dtype


def test_pixels_of_channels_that_stand_first_are_moved_likewise():
    ours = image.elastic_transform(IMAGES, 3.0, 1.2, seed=7)
    first = image.elastic_transform(channels_first(IMAGES), 3.0, 1.2, seed=7, **FIRST)
    np.testing.assert_array_equal(channels_first(np.asarray(ours)), first)


def test_rows_and_columns_are_moved_by_noise_as_strong_and_not_the_same():
    alpha, sigma = 0.5, 1.0
    y, x = np.meshgrid(np.arange(9.0), np.arange(9.0), indexing="ij")
    ramps = np.broadcast_to(np.stack([y, x], axis=-1), (2000, 9, 9, 2)).astype("float32")
    moves = np.asarray(image.elastic_transform(ramps, alpha, sigma, seed=0))[:, 4, 4] - 4
    weights = np.exp(-0.5 * (np.arange(-3, 4) / sigma) ** 2)
    weights = np.outer(weights, weights) / weights.sum() ** 2
    np.testing.assert_allclose(moves.mean(axis=0), [0, 0], atol=0.01)
    np.testing.assert_allclose(moves.std(axis=0), alpha * sigma * np.sqrt((weights**2).sum()), rtol=0.05)
    assert abs(np.corrcoef(moves.T)[0, 1]) < 0.08


def test_without_a_strength_nothing_is_bent():
    np.testing.assert_allclose(image.elastic_transform(IMAGES, 0.0), IMAGES, atol=1e-6)


def test_an_integer_as_seed_repeats_the_moves_and_a_generator_or_none_does_not():
    def is_repeated(seed):
        first, second = (np.asarray(image.elastic_transform(IMAGES, seed=seed)) for _ in range(2))
        return (first == second).all()

    assert [is_repeated(seed) for seed in (3, random.SeedGenerator(3), None)] == [True, False, False]
