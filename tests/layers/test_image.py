"""What layers of images draw, and on what it depends; what they do outside of training, alone, and with integers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait import layers
from plait.core.context import Context
from plait.layers import Dense, Flatten, Input
from plait.models import Sequential
from tests.compiling import quickly
from tests.genuine import genuine_keras

IMAGE = np.random.default_rng(0).uniform(0, 255, (6, 8, 3)).astype("float32")
SAME = np.broadcast_to(IMAGE, (400, 6, 8, 3))
FEW = SAME[:4]

RANDOM = [
    lambda **common: layers.RandomCrop(3, 4, **common),
    lambda **common: layers.RandomFlip(**common),
    lambda **common: layers.RandomRotation(0.3, **common),
    lambda **common: layers.RandomZoom(0.5, 0.5, **common),
    lambda **common: layers.RandomTranslation(0.5, 0.5, **common),
    lambda **common: layers.RandomShear(0.5, 0.5, **common),
    lambda **common: layers.RandomPerspective((1, 1), **common),
    lambda **common: layers.RandomElasticTransform((1, 1), (0.5, 1), **common),
    lambda **common: layers.RandomBrightness(0.5, **common),
    lambda **common: layers.RandomContrast(0.5, **common),
    lambda **common: layers.RandomInvert(**common),
    lambda **common: layers.RandomPosterization(8, **common),
    lambda **common: layers.Solarization(0.5, 0.5, **common),
    lambda **common: layers.RandomErasing((1, 1), **common),
    lambda **common: layers.RandomSharpness(1.0, **common),
    lambda **common: layers.RandomGaussianBlur((1, 1), **common),
    lambda **common: layers.RandomGrayscale(**common),
    lambda **common: layers.RandomColorDegeneration(0.5, **common),
    lambda **common: layers.RandomSaturation(0.5, **common),
    lambda **common: layers.RandomHue(0.5, **common),
    lambda **common: layers.RandomColorJitter((0, 255), 0.5, 0.5, 0.5, 0.5, **common),
]
NAMES = [type(make()).__name__ for make in RANDOM]
each_random_layer = pytest.mark.parametrize("make", RANDOM, ids=NAMES)


def trained(layer, inputs=FEW, step=0, training=True):
    """Returns what the layer makes of the inputs in a step of training, as one program."""
    return program(layer, training)(jnp.asarray(inputs), jax.random.key(step))


def program(layer, training=True):
    return quickly(lambda inputs, key: layer.run({}, inputs, Context(training, key, "here"), {}).outputs)


# ---------------------------------------------------------------------------------------------- draws


@pytest.mark.first_rows(1)
@each_random_layer
def test_the_same_step_draws_the_same_and_another_one_or_seed_draws_others(make):
    usual, again, seeded, seeded_again = map(program, (make(), make(), make(seed=1), make(seed=1)))
    first, second = jax.random.key(0), jax.random.key(1)
    once = usual(FEW, first)
    np.testing.assert_array_equal(once, again(FEW, first))
    assert not np.array_equal(once, usual(FEW, second))
    assert not np.array_equal(once, seeded(FEW, first))
    np.testing.assert_array_equal(seeded(FEW, first), seeded_again(FEW, first))


@each_random_layer
def test_each_image_of_a_batch_is_drawn_for(make):
    run = program(make())
    batches = [np.asarray(run(FEW, jax.random.key(step))) for step in range(10)]
    assert any(not np.array_equal(images[0], other) for images in batches for other in images[1:])


@each_random_layer
def test_outside_of_training_nothing_is_changed_but_sizes(make):
    outputs = trained(make(), training=False)
    if isinstance(make(), layers.RandomCrop):
        resized = trained(layers.Resizing(3, 4, crop_to_aspect_ratio=True), training=False)
        np.testing.assert_array_equal(outputs, resized)
    else:
        np.testing.assert_array_equal(outputs, FEW)


@pytest.mark.first_rows(3)
@each_random_layer
def test_half_precision_stays_and_stays_finite(make):
    half = trained(make(dtype="mixed_bfloat16"), FEW / 255)
    assert half.dtype == "bfloat16"
    assert np.isfinite(half.astype("float32")).all()


@pytest.mark.first_rows(2)
@each_random_layer
def test_an_image_alone_and_channels_first_are_taken_too(make):
    alone = trained(make(), IMAGE)
    assert alone.shape == trained(make())[0].shape
    first = trained(make(data_format="channels_first"), np.moveaxis(FEW, -1, 1))
    np.testing.assert_allclose(np.moveaxis(first, 1, -1), trained(make()), rtol=1e-3, atol=1e-3)


def test_a_layer_called_alone_runs_as_in_training_unless_it_is_told_not_to():
    layer = layers.RandomInvert((1, 1))
    np.testing.assert_array_equal(layer(FEW), 255 - FEW)
    np.testing.assert_array_equal(layer(FEW, training=False), FEW)
    assert not np.array_equal(layers.RandomRotation(0.3)(FEW), FEW)


def test_a_pipeline_called_alone_runs_as_in_training_too():
    pipeline = layers.Pipeline([layers.RandomInvert((1, 1)), layers.CenterCrop(2, 2)])
    np.testing.assert_array_equal(pipeline(FEW), 255 - FEW[:, 2:4, 3:5])
    np.testing.assert_array_equal(pipeline(FEW, training=False), FEW[:, 2:4, 3:5])


def test_a_model_is_trained_on_varied_images_and_predicts_from_unvaried_ones():
    vary = layers.Pipeline([layers.RandomFlip(), layers.RandomZoom(0.2), layers.RandomErasing()])
    model = Sequential([Input((6, 8, 3)), vary, layers.RandomContrast(0.3), Flatten(), Dense(2)])
    model.compile("sgd", "mse")
    model.fit(FEW / 255, np.zeros((4, 2), "float32"), epochs=2, verbose=0)
    dense = model.layers[-1].get_weights()
    expected = (FEW / 255).reshape(4, -1) @ dense[0] + dense[1]
    np.testing.assert_allclose(model.predict(FEW / 255, verbose=0), expected, rtol=1e-4, atol=1e-4)


# ---------------------------------------------------------------------------------------------- their ranges


def near(values, low, high):
    """Whether many draws fill a range evenly."""
    values = np.asarray(values)
    tolerance = (high - low) / 10
    inside = (values >= low - 1e-4).all() and (values <= high + 1e-4).all()
    filled = values.min() < low + tolerance and values.max() > high - tolerance
    return bool(inside and filled and abs(values.mean() - (low + high) / 2) < tolerance)


def matrices(layer):
    return np.asarray(quickly(layer.matrices)(jnp.asarray(SAME), jax.random.key(1)))


def test_half_of_the_images_are_mirrored_along_both_axes_at_once():
    flipped = np.asarray(trained(layers.RandomFlip(), SAME))
    is_flipped = (flipped == SAME[:, ::-1, ::-1]).all((1, 2, 3))
    assert (is_flipped | (flipped == SAME).all((1, 2, 3))).all()
    assert 0.4 < is_flipped.mean() < 0.6


@pytest.mark.parametrize(("mode", "axis"), [("horizontal", 2), ("vertical", 1)])
def test_or_along_one_axis(mode, axis):
    flipped = np.asarray(trained(layers.RandomFlip(mode), SAME))
    assert 0.4 < (flipped == np.flip(SAME, axis)).all((1, 2, 3)).mean() < 0.6


@pytest.mark.parametrize(("factor", "low", "high"), [(0.1, -0.1, 0.1), ((0.05, 0.2), 0.05, 0.2), (-0.1, -0.1, 0.1)])
def test_angles_are_drawn_from_the_factor_in_whole_turns(factor, low, high):
    found = matrices(layers.RandomRotation(factor))
    assert near(np.arctan2(found[:, 1, 0], found[:, 0, 0]) / (2 * np.pi), low, high)


def test_height_and_width_are_zoomed_by_draws_of_their_own_or_by_one():
    found = matrices(layers.RandomZoom(0.2, (0.1, 0.4)))
    assert near(found[:, 1, 1], 0.8, 1.2)
    assert near(found[:, 0, 0], 1.1, 1.4)
    together = matrices(layers.RandomZoom(0.2))
    np.testing.assert_array_equal(together[:, 0, 0], together[:, 1, 1])


def test_moves_are_drawn_in_parts_of_height_and_width():
    found = matrices(layers.RandomTranslation((-0.5, 0), 0.25))
    assert near(found[:, 1, 2], 0, 3)
    assert near(found[:, 0, 2], -2, 2)


def test_images_are_sheared_to_either_side():
    found = matrices(layers.RandomShear((0.1, 0.3), 0.2))
    assert near(np.abs(found[:, 0, 1]), 0.1, 0.3)
    assert near(found[:, 1, 0], -0.2, 0.2)
    assert 0.4 < (found[:, 0, 1] > 0).mean() < 0.6


def test_crops_begin_anywhere():
    ramp = np.broadcast_to(np.arange(48, dtype="float32").reshape(6, 8, 1), (400, 6, 8, 1))
    corners = np.asarray(trained(layers.RandomCrop(4, 5), ramp))[:, 0, 0, 0]
    assert set(corners) == {8 * row + column for row in range(3) for column in range(4)}


def test_every_crop_is_a_part_of_its_image():
    crop = np.asarray(trained(layers.RandomCrop(3, 4)))[0]
    parts = [IMAGE[row : row + 3, column : column + 4] for row in range(4) for column in range(5)]
    assert any(np.array_equal(crop, part) for part in parts)


@pytest.mark.parametrize(
    ("factor", "low", "high"), [(0.2, -0.2, 0.2), ((0.1, 0.3), 0.1, 0.3), ((-0.4, -0.1), -0.4, -0.1)]
)
def test_brightness_is_added_in_parts_of_the_range(factor, low, high):
    gray = np.full((400, 1, 1, 1), 50.0, "float32")
    added = np.asarray(trained(layers.RandomBrightness(factor, (0, 100)), gray)) - gray
    assert near(added / 100, low, high)


@pytest.mark.parametrize(("factor", "low", "high"), [(0.5, 1.0, 1.5), ((0.2, 0.6), 0.8, 1.6)])
def test_contrast_is_multiplied_as_in_keras(factor, low, high):
    stripes = np.broadcast_to(np.array([-1.0, 1.0], "float32").reshape(1, 1, 2, 1), (400, 1, 2, 1))
    assert near(np.asarray(trained(layers.RandomContrast(factor, (-9, 9)), stripes))[:, 0, 1, 0], low, high)


def test_colors_stay_in_their_range():
    for layer in (layers.RandomBrightness(1.0, (0, 1)), layers.RandomContrast(1.0, (0, 1))):
        outputs = trained(layer, SAME / 255)
        assert outputs.min() >= 0
        assert outputs.max() <= 1


@pytest.mark.parametrize(("factor", "rate"), [(1.0, 0.5), ((1, 1), 1.0), ((0.2, 0.4), 0.3), (0.0, 0.0)])
def test_some_images_are_inverted_and_others_not(factor, rate):
    outputs = np.asarray(trained(layers.RandomInvert(factor), SAME))
    assert abs((outputs == 255 - SAME).all((1, 2, 3)).mean() - rate) < 0.08


def test_one_box_is_erased_whose_area_is_drawn():
    erased = np.asarray(trained(layers.RandomErasing((1, 1), (0.25, 0.25), -1.0, (-1, 1)), np.ones((50, 20, 40, 1))))
    for image in erased[..., 0] == -1:
        rows, columns = np.flatnonzero(image.any(1)), np.flatnonzero(image.any(0))
        assert image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert (len(rows), len(columns)) == (10, 20)


def test_a_color_fills_what_is_erased_within_the_range():
    outputs = trained(layers.RandomErasing((1, 1), (1, 1), [1, 2, 300]), FEW)
    np.testing.assert_array_equal(outputs, np.broadcast_to(np.array([1, 2, 255], "float32"), FEW.shape))


def test_noise_fills_what_is_erased_within_the_range():
    outputs = np.asarray(trained(layers.RandomErasing((1, 1), (1, 1), value_range=(0, 1)), FEW))
    assert outputs.min() == 0
    assert outputs.max() == 1
    assert 0.2 < outputs.mean() < 0.5


def test_an_average_number_of_bits_is_left():
    ramp = np.broadcast_to(np.arange(256, dtype="float32").reshape(1, 16, 16, 1), (400, 16, 16, 1))
    levels = {len(np.unique(image)) for image in np.asarray(trained(layers.RandomPosterization((2, 5)), ramp))}
    assert levels == {4, 8, 16}


def test_hues_are_turned_to_either_side():
    red = np.broadcast_to(np.array([1, 0, 0], "float32"), (400, 1, 1, 3))
    outputs = np.asarray(trained(layers.RandomHue(0.2, (0, 1)), red))[:, 0, 0]
    assert near(np.where(outputs[:, 1] > 0, outputs[:, 1], -outputs[:, 2]), -0.6, 0.6)


def test_corners_are_moved_by_half_the_scale_at_most():
    ramp = np.broadcast_to(np.arange(101, dtype="float32").reshape(1, 1, 101, 1), (50, 101, 101, 1))
    outputs = np.asarray(trained(layers.RandomPerspective((1, 1), 0.2, fill_value=-1.0), ramp))
    assert np.abs(outputs - ramp)[:, 50, 50].max() < 25
    assert not np.array_equal(outputs, ramp)


def test_an_image_is_bent_a_little():
    ramp = np.broadcast_to(np.arange(40, dtype="float32").reshape(1, 1, 40, 1), (4, 40, 40, 1))
    moves = np.asarray(trained(layers.RandomElasticTransform((1, 1), (1, 1), fill_mode="nearest"), ramp)) - ramp
    assert 0.1 < np.abs(moves).mean() < 10
    assert np.abs(np.diff(moves, axis=1)).mean() < np.abs(moves).mean()


# ---------------------------------------------------------------------------------------------- integers


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos3"])
def test_bytes_are_resized_to_the_bytes_of_keras(interpolation):
    inputs = FEW.astype("uint8")
    ours = layers.Resizing(9, 5, interpolation)(inputs)
    with genuine_keras() as keras:
        theirs = keras.layers.Resizing(9, 5, interpolation)(inputs)
    assert ours.dtype == theirs.dtype == "uint8"
    assert np.abs(np.asarray(ours, "int32") - np.asarray(theirs, "int32")).max() <= 1
    assert (np.asarray(ours) == np.asarray(theirs)).mean() > 0.99


def test_large_integers_are_not_rounded_by_taking_the_nearest():
    inputs = np.full((1, 2, 2, 1), 2**24 + 1, "int32")
    assert (np.asarray(layers.Resizing(3, 3, "nearest")(inputs)) == 2**24 + 1).all()


@pytest.mark.first_rows(3)
@each_random_layer
def test_bytes_are_taken_as_the_numbers_they_are(make):
    ours = trained(make(), FEW.astype("uint8"))
    expected = trained(make(), FEW.astype("uint8").astype("float32"))
    np.testing.assert_allclose(ours, expected, atol=0.5 if isinstance(make(), layers.RandomGrayscale) else 1e-3)


# ---------------------------------------------------------------------------------------------- whole batches


def test_a_layer_that_counts_over_the_whole_batch_says_so():
    assert layers.Equalization().mixes_batch
    assert layers.Pipeline([layers.Equalization()]).mixes_batch
    assert not layers.Pipeline([layers.RandomFlip()]).mixes_batch


# ---------------------------------------------------------------------------------------------- menus

MENUS = pytest.mark.parametrize("layer", [layers.RandAugment, layers.AugMix])


@MENUS
def test_changes_from_a_menu_repeat_themselves_and_differ_from_step_to_step(layer):
    run = program(layer())
    steps = [np.asarray(run(FEW, jax.random.key(step))) for step in (0, 0, 1, 2, 3)]
    np.testing.assert_array_equal(steps[0], steps[1])
    assert any(not np.array_equal(steps[0], other) for other in steps[2:])


@MENUS
def test_outside_of_training_no_menu_is_ordered_from(layer):
    np.testing.assert_array_equal(trained(layer(), training=False), FEW)


@MENUS
def test_changes_from_a_menu_stay_in_the_range(layer):
    outputs = trained(layer((0, 1), data_format="channels_first"), np.moveaxis(FEW / 255, -1, 1))
    assert outputs.shape == (4, 3, 6, 8)
    assert outputs.min() >= 0
    assert outputs.max() <= 1


def test_each_change_of_the_menu_is_drawn_now_and_then():
    layer = layers.AugMix(all_ops=False)
    assert len(layer.menu) == 7
    assert len(layers.RandAugment().menu) == 11
    change = quickly(lambda key: layer.changed(jnp.asarray(FEW), Context(True), key, sometimes=True))
    outputs = [np.asarray(change(jax.random.key(number))) for number in range(40)]
    assert any(np.array_equal(one, FEW) for one in outputs)
    assert len({one.tobytes() for one in outputs}) > 20


def test_an_average_of_chains_that_change_nothing_is_the_image():
    layer = layers.AugMix(factor=0.0, all_ops=False)
    layer.menu = layer.menu[:3]
    np.testing.assert_allclose(trained(layer), FEW, rtol=1e-5)


# ---------------------------------------------------------------------------------------------- mixtures

SHADES = np.broadcast_to(np.arange(50, dtype="float32").reshape(50, 1, 1, 1), (50, 8, 8, 1))


def test_images_are_averaged_with_others_of_the_batch():
    outputs = np.asarray(trained(layers.MixUp(1.0), SHADES))
    assert (outputs == outputs[:, :1, :1]).all()
    assert outputs.min() >= 0
    assert outputs.max() <= 49
    assert np.abs(outputs - SHADES)[:, 0, 0].mean() > 4


def test_an_image_has_a_box_of_one_other():
    outputs = np.asarray(trained(layers.CutMix((1, 1)), SHADES))
    assert all(len(np.unique(image)) <= 2 for image in outputs)
    replaced = outputs != SHADES
    assert 0.3 < replaced.mean() < 0.7
    for box in replaced[..., 0]:
        assert box.any(0).sum() * box.any(1).sum() == box.sum()


@pytest.mark.parametrize("layer", [layers.MixUp, layers.CutMix])
def test_mixtures_repeat_themselves_and_differ_from_step_to_step(layer):
    np.testing.assert_array_equal(trained(layer(), SHADES), trained(layer(), SHADES))
    assert not np.array_equal(trained(layer(), SHADES), trained(layer(), SHADES, step=1))
    np.testing.assert_array_equal(trained(layer(), SHADES, training=False), SHADES)
