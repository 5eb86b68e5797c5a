import re

import numpy as np
import pytest

from plait import layers, utils
from tests.data import making


@pytest.mark.parametrize(
    "arguments",
    [
        {"shuffle": False},
        {"shuffle": False, "max_length": 7},
        {"shuffle": False, "batch_size": None},
        {"shuffle": False, "label_mode": None},
        {"shuffle": False, "label_mode": "binary", "class_names": ["good", "bad"]},
        {"seed": 5, "label_mode": "categorical"},
        {"seed": 5, "validation_split": 0.25, "subset": "both"},
    ],
    ids=str,
)
def test_texts_and_labels_are_those_of_keras(tmp_path, arguments):
    folder = making.texts(tmp_path)
    arguments = {"batch_size": 3, "verbose": False, **arguments}
    ours = utils.text_dataset_from_directory(folder, **arguments)
    with making.genuine_data() as keras:
        theirs = keras.utils.text_dataset_from_directory(folder, **arguments, format="grain")
        pairs = list(zip(ours, theirs, strict=True)) if isinstance(ours, list) else [(ours, theirs)]
        expected = [list(their_data) for _, their_data in pairs]
    for (our_data, their_data), batches in zip(pairs, expected, strict=True):
        assert our_data.class_names == their_data.class_names
        for our_batch, their_batch in zip(our_data, batches, strict=True):
            if arguments.get("label_mode", "int") is None:
                our_batch, their_batch = (our_batch, 0), (their_batch, 0)
            assert np.asarray(our_batch[0]).tolist() == (
                list(their_batch[0]) if arguments["batch_size"] else their_batch[0]
            )
            making.assert_same([np.asarray(our_batch[1])], [np.asarray(their_batch[1])])


def test_a_batch_of_texts_is_what_a_layer_for_text_takes(tmp_path):
    folder = making.texts(tmp_path, each=1)
    ((batch, _),) = utils.text_dataset_from_directory(folder, shuffle=False, verbose=False)
    tokens = layers.TextVectorization(vocabulary=["good", "bad", "wörd"])(batch)
    assert np.asarray(tokens).tolist() == [[3, 4], [2, 4]]


def test_a_file_of_another_encoding_is_named(tmp_path):
    folder = making.texts(tmp_path)
    (folder / "good" / "2.txt").write_bytes("wörd".encode("latin-1"))
    with pytest.raises(ValueError, match=r"good/2\.txt' cannot be read: 'utf-8' codec"):
        list(utils.text_dataset_from_directory(folder, verbose=False))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_length": 0}, "text_dataset_from_directory needs a positive integer for max_length, got 0"),
        ({"format": "numpy"}, "Unknown format 'numpy'"),
        ({"label_mode": "words"}, "Unknown label_mode 'words'"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        utils.text_dataset_from_directory("nowhere", **arguments)
