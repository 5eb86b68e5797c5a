"""The arithmetic of images, held to that of genuine Keras for given angles, points and noise."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import colors, images
from tests.compiling import quickly
from tests.genuine import genuine_keras

IMAGES = np.random.default_rng(0).uniform(0, 1, (2, 6, 7, 3)).astype("float32")
ANGLE = np.array([0.3, -1.1], "float32")
ROWS, COLUMNS = np.array([0.6, 1.7], "float32"), np.array([1.3, -0.4], "float32")
MATRICES = {
    "turned": lambda: images.rotation(jnp.asarray(ANGLE), 6, 7),
    "zoomed": lambda: images.zoom(jnp.asarray(ROWS), jnp.asarray(COLUMNS), 6, 7),
    "moved": lambda: images.translation(jnp.asarray(ROWS * 9), jnp.asarray(COLUMNS * 8)),
    "sheared": lambda: images.shear(jnp.asarray(ROWS), jnp.asarray(COLUMNS)),
}


def assert_same(ours, theirs, tolerance=1e-5):
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


@pytest.mark.first_rows(6)
@pytest.mark.parametrize("interpolation", images.INTERPOLATIONS)
@pytest.mark.parametrize("fill_mode", [*images.FILL_MODES, "mirror"])
@pytest.mark.parametrize("name", MATRICES)
def test_pixels_are_moved_as_those_of_keras(name, fill_mode, interpolation):
    matrices = MATRICES[name]()
    ours = images.move(jnp.asarray(IMAGES), matrices, interpolation, fill_mode, 0.4)
    rows = np.concatenate([np.asarray(matrices).reshape(2, 6), np.zeros((2, 2), "float32")], axis=1)
    with genuine_keras() as keras:
        theirs = keras.ops.image.affine_transform(IMAGES, rows, interpolation, fill_mode, 0.4)
    assert_same(ours, theirs)


def test_half_a_turn_mirrors_both_axes():
    turned = images.move(jnp.asarray(IMAGES), images.rotation(jnp.full(2, np.pi, "float32"), 6, 7))
    assert_same(turned, IMAGES[:, ::-1, ::-1])


def test_a_quarter_turn_is_counter_clockwise():
    square = IMAGES[:, :, :6]
    turned = images.move(jnp.asarray(square), images.rotation(jnp.full(2, np.pi / 2, "float32"), 6, 6))
    assert_same(turned, np.rot90(square, axes=(1, 2)))


def test_a_move_of_whole_pixels_shifts_rows_down_and_columns_right():
    moved = images.move(jnp.asarray(IMAGES), images.translation(jnp.full(2, 2.0), jnp.full(2, 1.0)), "nearest", "wrap")
    np.testing.assert_array_equal(moved, np.roll(IMAGES, (2, 1), (1, 2)))


@pytest.mark.parametrize("fill_mode", [*images.FILL_MODES, "mirror"])
def test_an_image_of_one_pixel_is_continued_by_it(fill_mode):
    pixel = jnp.full((1, 1, 1, 1), 3.0)
    moved = images.move(pixel, images.translation(jnp.full(1, 2.3), jnp.full(1, 0.7)), "bilinear", fill_mode, 3.0)
    assert_same(moved, pixel)


@pytest.mark.parametrize("interpolation", images.INTERPOLATIONS)
def test_images_are_projected_as_those_of_keras(interpolation):
    start = np.broadcast_to(np.array([[0, 0], [6, 0], [0, 5], [6, 5]], "float32"), (2, 4, 2)).copy()
    end = start + np.random.default_rng(1).uniform(-1, 1, start.shape).astype("float32")
    ours = images.project(
        jnp.asarray(IMAGES), images.perspective(jnp.asarray(start), jnp.asarray(end)), interpolation, "constant", 0.3
    )
    with genuine_keras() as keras:
        theirs = keras.ops.image.perspective_transform(IMAGES, start, end, interpolation, 0.3)
    assert_same(ours, theirs, 1e-4)


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("size", [(1, 1), (3, 1), (3, 5), (9, 9), (2, 4)])
def test_images_are_blurred_as_those_of_keras(size):
    sigma = (0.8, 1.7)
    ours = images.blur(jnp.asarray(IMAGES), size, tuple(jnp.full(2, one, "float32") for one in sigma))
    with genuine_keras() as keras:
        theirs = keras.ops.image.gaussian_blur(IMAGES, size[::-1], sigma[::-1], data_format="channels_last")
    assert_same(ours, theirs)


def test_each_image_is_blurred_by_its_own_deviation():
    sigma = jnp.asarray([0.5, 2.0])
    both = images.blur(jnp.asarray(IMAGES), (5, 5), (sigma, sigma))
    for number in (0, 1):
        alone = slice(number, number + 1)
        one = images.blur(jnp.asarray(IMAGES[alone]), (5, 5), (sigma[alone], sigma[alone]))
        assert_same(both[alone], one)


@pytest.mark.parametrize("fill_mode", ["reflect", "constant"])
def test_images_are_bent_as_those_of_keras(fill_mode):
    alpha, sigma = np.array([2.0, 3.0], "float32"), np.array([0.9, 1.4], "float32")
    noise = np.random.default_rng(2).normal(size=(2, 6, 7, 2)).astype("float32")
    ours = images.bend(*map(jnp.asarray, (IMAGES, noise, alpha, sigma)), 4, "bilinear", fill_mode, 0.2)
    y, x = np.meshgrid(np.arange(6.0), np.arange(7.0), indexing="ij")
    with genuine_keras() as keras:
        for number in (0, 1):
            size = int(6 * sigma[number]) | 1
            moves = alpha[number] * keras.ops.image.gaussian_blur(
                noise[number] * sigma[number], (size, size), (sigma[number],) * 2, data_format="channels_last"
            )
            places = np.stack([y + moves[..., 1], x + moves[..., 0]]).astype("float32")
            for channel in range(3):
                theirs = keras.ops.image.map_coordinates(IMAGES[number, ..., channel], places, 1, fill_mode, 0.2)
                assert_same(ours[number, ..., channel], theirs)


@pytest.mark.first_rows(4)
@pytest.mark.parametrize(
    ("method", "antialias", "size"),
    [*itertools.product(images.RESIZING_METHODS, [False, True], [(3, 4), (9, 5)])],
)
def test_images_are_resized_as_those_of_keras(method, antialias, size):
    ours = images.resize(jnp.asarray(IMAGES), size, method, antialias)
    with genuine_keras() as keras:
        theirs = keras.ops.image.resize(IMAGES, size, method, antialias)
    assert_same(ours, theirs)


def test_a_crop_begins_where_each_image_says():
    cropped = images.crop(jnp.asarray(IMAGES), jnp.asarray([1, 3]), jnp.asarray([4, 0]), (3, 2))
    np.testing.assert_array_equal(cropped, np.stack([IMAGES[0, 1:4, 4:6], IMAGES[1, 3:6, 0:2]]))


def test_a_box_is_erased_from_its_beginning_up_to_its_end():
    rows = (jnp.asarray([1.0, 0.5]), jnp.asarray([3.0, 2.5]))
    columns = (jnp.asarray([0.0, 2.0]), jnp.asarray([2.0, 9.0]))
    erased = images.erase(jnp.asarray(IMAGES), rows, columns, jnp.full(IMAGES.shape, 7.0))
    expected = IMAGES.copy()
    expected[0, 1:3, 0:2], expected[1, 1:3, 2:] = 7, 7
    np.testing.assert_array_equal(erased, expected)


@pytest.mark.parametrize("given", [[-3.0, 1.5, 2.5, 254.6, 300.0]])
def test_numbers_become_bytes_rounded_and_within_their_range(given):
    np.testing.assert_array_equal(images.cast(jnp.asarray(given), jnp.dtype("uint8")), [0, 2, 2, 255, 255])


COLORS = np.concatenate(
    [IMAGES.reshape(-1, 3), [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]]]
).astype("float32")[None, None]


def test_hue_saturation_and_value_are_those_of_keras():
    with genuine_keras() as keras:
        theirs = keras.ops.image.rgb_to_hsv(COLORS)
        back = keras.ops.image.hsv_to_rgb(theirs)
    assert_same(colors.to_hsv(jnp.asarray(COLORS)), theirs)
    assert_same(colors.to_rgb(jnp.asarray(theirs)), back)


def test_colors_become_hue_saturation_and_value_and_colors_again():
    assert_same(colors.to_rgb(colors.to_hsv(jnp.asarray(COLORS))), COLORS)


def test_gray_is_that_of_keras():
    with genuine_keras() as keras:
        theirs = keras.ops.image.rgb_to_grayscale(COLORS)
    assert_same(colors.grayscale(jnp.asarray(COLORS)), theirs)


@pytest.mark.parametrize("shift", [0.0, 0.2, -0.3, 0.5])
def test_hues_are_turned_as_by_keras(shift):
    with genuine_keras() as keras:
        layer = keras.layers.RandomHue(0.5, value_range=(0, 1))
        theirs = layer.transform_images(COLORS, {"factor": np.array([shift], "float32")})
    assert_same(colors.adjust_hue(jnp.asarray(COLORS), jnp.asarray([shift])), theirs)


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.4])
def test_contrast_is_changed_as_by_keras(factor):
    with genuine_keras() as keras:
        layer = keras.layers.RandomContrast(0.5, value_range=(-9, 9))
        theirs = layer.transform_images(IMAGES, {"contrast_factor": np.full((2, 1, 1, 1), factor, "float32")})
    assert_same(colors.adjust_contrast(jnp.asarray(IMAGES), jnp.full(2, factor)), theirs)


def test_bright_colors_are_inverted_as_by_keras():
    bytes_, additions, thresholds = IMAGES * 255, np.array([20.0, 60.0]), np.array([100.0, 180.0])
    with genuine_keras() as keras:
        factors = {"additions": additions, "thresholds": thresholds}
        theirs = keras.layers.Solarization(0.5, 0.5).transform_images(
            bytes_, {name: one.reshape(2, 1, 1, 1).astype("float32") for name, one in factors.items()}
        )
    ours = colors.solarize(*(jnp.asarray(one, "float32") for one in (bytes_, additions, thresholds)))
    assert_same(ours, theirs, 1e-4)


def test_a_channel_of_one_color_is_neither_stretched_nor_equalized():
    flat = jnp.full((2, 4, 4, 3), 80.0)
    np.testing.assert_array_equal(quickly(colors.stretch)(flat), flat)
    np.testing.assert_array_equal(quickly(colors.equalize, static_argnums=1)(flat, 256), flat)
    assert np.isfinite(quickly(jax.grad(lambda x: colors.stretch(x).sum()))(flat)).all()
