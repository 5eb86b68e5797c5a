import io

import numpy as np
import pytest
from PIL import Image

from plait import utils
from tests.data import making
from tests.genuine import genuine_keras


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"color_mode": "grayscale"},
        {"color_mode": "rgba"},
        {"target_size": (8, 3)},
        {"target_size": (8, 3), "interpolation": "bicubic"},
        {"target_size": (8, 3), "interpolation": "hamming", "keep_aspect_ratio": True},
        {"target_size": (3, 8), "interpolation": "lanczos", "keep_aspect_ratio": True},
    ],
    ids=str,
)
def test_a_picture_is_that_of_keras(tmp_path, channels, arguments):
    path = tmp_path / "a.png"
    Image.fromarray(making.pixels((7, 9) if channels == 1 else (7, 9, channels))).save(path)
    with genuine_keras() as keras:
        theirs = keras.utils.load_img(path, **arguments)
    for place in (path, str(path), io.BytesIO(path.read_bytes())):
        ours = utils.load_img(place, **arguments)
        assert ours.mode == theirs.mode
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.mark.parametrize("arguments", [{}, {"data_format": "channels_first"}, {"dtype": "uint8"}], ids=str)
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3)])
def test_the_array_of_a_picture_is_that_of_keras(shape, arguments):
    picture = Image.fromarray(making.pixels(shape))
    with genuine_keras() as keras:
        theirs = keras.utils.img_to_array(picture, **arguments)
    making.assert_same([utils.img_to_array(picture, **arguments)], [theirs])


@pytest.mark.parametrize(
    ("shape", "scale", "arguments"),
    [
        ((4, 5, 1), 1, {}),
        ((4, 5, 3), 1, {}),
        ((4, 5, 4), 1, {}),
        ((3, 4, 5), 1, {"data_format": "channels_first"}),
        ((4, 5, 3), 255, {"scale": False}),
        ((4, 5, 1), 1000, {"scale": False}),
        ((4, 5, 3), 0, {}),
        ((4, 5, 3), 1, {"dtype": "float64"}),
    ],
    ids=str,
)
def test_the_picture_of_an_array_is_that_of_keras(shape, scale, arguments):
    array = np.random.default_rng(0).uniform(0, 1, shape) * scale
    ours = utils.array_to_img(array, **arguments)
    with genuine_keras() as keras:
        theirs = keras.utils.array_to_img(array, **arguments)
    assert ours.mode == theirs.mode
    np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


@pytest.mark.parametrize(
    ("name", "arguments"), [("a.png", {}), ("a.jpg", {}), ("a.JPG", {"quality": 50}), ("a", {"file_format": "bmp"})]
)
def test_a_saved_image_is_that_of_keras(tmp_path, name, arguments):
    array = making.pixels((6, 7, 3))
    utils.save_img(tmp_path / name, array, scale=False, **arguments)
    with genuine_keras() as keras:
        keras.utils.save_img(tmp_path / f"their_{name}", array, scale=False, **arguments)
    assert (tmp_path / name).read_bytes() == (tmp_path / f"their_{name}").read_bytes()


def test_transparency_that_a_file_cannot_hold_is_left_out_and_this_is_said(tmp_path):
    with pytest.warns(UserWarning, match="JPEG file has no transparency"):
        utils.save_img(tmp_path / "a.jpg", making.pixels((6, 7, 4)))
    assert utils.load_img(tmp_path / "a.jpg").size == (7, 6)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda path: utils.load_img(path, color_mode="bgr"), ValueError, "Unknown color_mode 'bgr'"),
        (lambda path: utils.load_img(path, interpolation="cubic"), ValueError, "Unknown interpolation 'cubic'"),
        (lambda path: utils.load_img(3), TypeError, "needs a path or an io.BytesIO, got 3"),
        (utils.load_img, ValueError, "broken.png') cannot be read as an image"),
        (lambda path: utils.load_img(io.BytesIO(b"")), ValueError, "cannot be read as an image"),
        (lambda path: utils.img_to_array(np.ones((1, 2, 3, 4))), ValueError, "one image, got an array of shape"),
        (lambda path: utils.img_to_array(np.ones((1, 2)), "first"), ValueError, "Unknown data_format 'first'"),
        (lambda path: utils.array_to_img(np.ones((4, 5, 2))), ValueError, "1, 3 or 4 channels"),
        (lambda path: utils.array_to_img(np.ones((4, 5))), ValueError, "got an array of shape (4, 5)"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path, call, error, message):
    (tmp_path / "broken.png").write_bytes(b"no image")
    with pytest.raises(error) as caught:
        call(tmp_path / "broken.png")
    assert message in str(caught.value)
