import gc
import weakref

import numpy as np

import plait
from plait import layers, utils


def test_clearing_the_session_counts_names_from_1_again():
    first = layers.Dense(1).name

    utils.clear_session()

    assert (first, layers.Dense(1).name) == ("dense_1", "dense_1")


def test_clearing_the_session_frees_models_that_nothing_refers_to():
    gc.disable()
    model = plait.Sequential([layers.Dense(1)])
    model.myself = [model]
    alive = weakref.ref(model)
    del model

    utils.clear_session()

    gc.enable()
    assert alive() is None


def test_what_scripts_prepare_data_with_is_at_hand():
    assert utils.to_categorical([1, 0]).tolist() == [[0, 1], [1, 0]]
    assert utils.pad_sequences([[1], [2, 3]]).tolist() == [[0, 1], [2, 3]]
    assert utils.normalize(np.array([[3.0, 4.0]])).tolist() == [[0.6, 0.8]]
