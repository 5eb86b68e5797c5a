import re

import numpy as np
import pytest
from PIL import Image

from plait import utils
from tests.data import making

SIZES = ((7, 11), (12, 5), (9, 6))

# How examples are chosen, ordered and labelled.
CHOICES = [
    {"shuffle": False},
    {"shuffle": False, "batch_size": None},
    {"shuffle": False, "label_mode": "categorical"},
    {"shuffle": False, "label_mode": None},
    {"shuffle": False, "labels": None},
    {"shuffle": False, "label_mode": "binary", "class_names": ["owls", "cats"]},
    {"shuffle": False, "labels": [4, 0, 0, 2, 2, 0, 4, 4, 0]},
    {"shuffle": False, "labels": (1, 0, 0, 1, 1, 0, 1, 1, 0), "label_mode": "binary"},
    {"seed": 3},
    {"seed": 3, "label_mode": None},
    {"seed": 3, "batch_size": 9, "labels": [0, 1, 2] * 3, "label_mode": "categorical"},
    {"seed": 1, "validation_split": 0.3, "subset": "training"},
    {"seed": 1, "validation_split": 0.3, "subset": "validation"},
    {"seed": 1, "validation_split": 0.5, "subset": "both"},
    {"shuffle": False, "validation_split": 0.5, "subset": "both", "label_mode": None},
]


@pytest.mark.parametrize("arguments", CHOICES, ids=str)
def test_examples_their_labels_and_their_order_are_those_of_keras(tmp_path, arguments):
    folder = making.images(tmp_path)
    arguments = {"batch_size": 4, "image_size": (6, 6), "verbose": False, **arguments}
    ours = utils.image_dataset_from_directory(folder, **arguments)
    ours = ours if isinstance(ours, list) else [ours]
    with making.genuine_data() as keras:
        theirs = keras.utils.image_dataset_from_directory(folder, **arguments, format="grain")
        theirs = theirs if isinstance(theirs, list) else [theirs]
        expected = [making.read(one) for one in theirs]
    for our_data, their_data, batches in zip(ours, theirs, expected, strict=True):
        making.assert_same(making.read(our_data), batches)
        assert our_data.class_names == their_data.class_names
        assert our_data.file_paths == their_data.file_paths
        assert len(our_data) == len(batches)


# How a file becomes pixels.
DECODING = [
    (3, {}),
    *[
        pytest.param(channels, arguments, marks=pytest.mark.slow)
        for channels, arguments in [
            (1, {"color_mode": "grayscale", "interpolation": "nearest"}),
            (3, {"pad_to_aspect_ratio": True, "image_size": [4, 12], "data_format": "channels_first"}),
            (3, {"color_mode": "grayscale"}),
            (3, {"color_mode": "rgba"}),
            (4, {}),
            (4, {"color_mode": "rgba"}),
            (1, {}),
            (3, {"interpolation": "nearest"}),
            (3, {"interpolation": "Bicubic"}),
            (3, {"interpolation": "lanczos3"}),
            (3, {"image_size": 9}),
            (3, {"crop_to_aspect_ratio": True}),
            (3, {"pad_to_aspect_ratio": True}),
            (3, {"data_format": "channels_first", "crop_to_aspect_ratio": True}),
        ]
    ],
]


@pytest.mark.parametrize(("channels", "arguments"), DECODING, ids=str)
def test_pixels_are_those_of_keras(tmp_path, channels, arguments):
    folder = making.images(tmp_path, ("one",), 3, SIZES, channels)
    arguments = {"shuffle": False, "image_size": (8, 10), "verbose": False, **arguments}
    with making.genuine_data() as keras:
        theirs = making.read(keras.utils.image_dataset_from_directory(folder, **arguments, format="grain"))
    # Of 255; JAX computes the places of pixels in 32 bits.
    making.assert_same(making.read(utils.image_dataset_from_directory(folder, **arguments)), theirs, tolerance=0.01)


@pytest.mark.parametrize("labels", ["inferred", None, [3, 1, 2, 0, 0, 1]])
def test_files_of_all_formats_are_found_where_keras_finds_them(tmp_path, labels):
    for place in ("b/1.png", "b/deep/2.JPG", "b/deep/1.gif", "a/2.bmp", ".hidden/3.jpeg", "4.png"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(making.pixels((6, 6, 3))).save(tmp_path / place)
    (tmp_path / "a" / "notes.txt").write_text("no image")
    (tmp_path / "empty").mkdir()
    arguments = {"labels": labels, "shuffle": False, "image_size": (6, 6), "verbose": False}
    ours = utils.image_dataset_from_directory(tmp_path, **arguments)
    with making.genuine_data() as keras:
        theirs = keras.utils.image_dataset_from_directory(tmp_path, **arguments, format="grain")
        expected = making.read(theirs)
    assert (ours.file_paths, ours.class_names) == (theirs.file_paths, theirs.class_names)
    making.assert_same(making.read(ours), expected)


def test_it_says_how_many_files_there_are(tmp_path, capsys):
    utils.image_dataset_from_directory(making.images(tmp_path), seed=1, validation_split=0.4, subset="both")
    assert capsys.readouterr().out.splitlines() == [
        "Found 9 files belonging to 3 classes.",
        "Using 6 files for training.",
        "Using 3 files for validation.",
    ]


def test_each_epoch_of_shuffled_images_has_its_order_and_all_of_them(tmp_path):
    data = utils.image_dataset_from_directory(making.images(tmp_path), image_size=(6, 6), seed=0, verbose=False)
    (first, _), (second, _) = next(iter(data)), next(iter(data))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.sort(first, axis=None), np.sort(second, axis=None))


def test_a_split_of_fewer_files_than_one_holds_out_none(tmp_path):
    folder = making.images(tmp_path, each=1)
    arguments = {"validation_split": 0.1, "shuffle": False, "verbose": False}
    assert len(utils.image_dataset_from_directory(folder, **arguments, subset="training").file_paths) == 3
    with pytest.raises(ValueError, match="There are no images for validation in"):
        utils.image_dataset_from_directory(folder, **arguments, subset="validation")


@pytest.mark.parametrize("content", [b"no image", "half of one"], ids=["text", "truncated"])
def test_a_file_that_is_no_image_is_named_with_the_line_that_asked_for_it(tmp_path, content):
    folder = making.images(tmp_path, sizes=((40, 40),))
    broken = folder / "dogs" / "1.png"
    broken.write_bytes(content if isinstance(content, bytes) else broken.read_bytes()[:500])
    data = utils.image_dataset_from_directory(folder, shuffle=False, verbose=False)
    with pytest.raises(ValueError, match=r"dogs/1\.png' cannot be read") as caught:
        list(data)
    assert "test_images.py" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": "guessed"}, 'labels are "inferred", None or an integer per file'),
        ({"labels": 3}, "an integer per file, got 3"),
        ({"label_mode": "one_hot"}, "Unknown label_mode 'one_hot'"),
        ({"class_names": ["cats"], "labels": None}, "class_names say which folders to read"),
        ({"class_names": ["cats"], "label_mode": None}, "class_names say which folders to read"),
        ({"color_mode": "RGB"}, "Unknown color_mode 'RGB'. Did you mean \"rgb\"?"),
        ({"interpolation": "area"}, "Unknown interpolation 'area'"),
        ({"data_format": "first"}, "Unknown data_format 'first'"),
        ({"format": "torch"}, "Unknown format 'torch'"),
        ({"image_size": (8, 8, 3)}, "image_size is a height and a width, or one number, got (8, 8, 3)"),
        ({"image_size": (8, 0)}, "a positive integer for the width, got 0"),
        ({"image_size": None}, "image_size is a height and a width, or one number, got None"),
        ({"batch_size": 0}, "a positive integer for batch_size, got 0"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "not both: choose one"),
        ({"validation_split": 20, "subset": "both"}, "validation_split is a fraction between 0 and 1, got 20"),
        ({"validation_split": 0.2}, "validation_split and subset need each other, got 0.2 and None"),
        ({"subset": "training"}, "validation_split and subset need each other, got None and 'training'"),
        ({"validation_split": 0.2, "subset": "test"}, "Unknown subset 'test'"),
        ({"validation_split": 0.2, "subset": "both"}, "shuffled files need a seed"),
        ({}, "There is no folder 'nowhere'"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_refused_before_anything_is_read(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        utils.image_dataset_from_directory("nowhere", **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"class_names": ["cats", "dog"]}, "class_names have 'dog', and there is no such folder"),
        ({"labels": [0, 1]}, "an integer for each of the 9 files"),
        ({"labels": [0.5] * 9}, "got 9 of float64"),
        ({"label_mode": "binary"}, "needs two classes, got ['cats', 'dogs', 'owls']"),
    ],
    ids=str,
)
def test_an_argument_that_does_not_fit_the_folder_is_refused(tmp_path, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        utils.image_dataset_from_directory(making.images(tmp_path), verbose=False, **arguments)


def test_a_folder_without_images_is_refused(tmp_path):
    (tmp_path / "cats").mkdir()
    with pytest.raises(ValueError, match=r"There are no images in .*\n.*\n  Their names end in \.bmp, \.gif"):
        utils.image_dataset_from_directory(tmp_path, verbose=False)
