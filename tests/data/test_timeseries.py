import re

import h5py
import numpy as np
import pytest

from plait import utils
from tests.data import making

SERIES = np.random.default_rng(0).normal(size=(40, 2)).astype("float32")
TARGETS = np.arange(40, dtype="int32")


@pytest.mark.parametrize(
    "arguments",
    [
        {"sequence_length": 4},
        {"sequence_length": 4, "sequence_stride": 3},
        {"sequence_length": 4, "sampling_rate": 2},
        {"sequence_length": 3, "sequence_stride": 5, "sampling_rate": 4, "batch_size": 2},
        {"sequence_length": 4, "start_index": 7, "end_index": 29, "sampling_rate": 3},
        {"sequence_length": 4, "batch_size": 8, "shuffle": True, "seed": 3},
        *[
            pytest.param(arguments, marks=pytest.mark.slow)
            for arguments in [
                {"sequence_length": 1, "batch_size": 40},
                {"sequence_length": 40},
                {"sequence_length": 4, "batch_size": None},
                {"sequence_length": 4, "end_index": 20, "batch_size": 8},
                {"sequence_length": 4, "batch_size": None, "shuffle": True, "seed": 3, "sequence_stride": 2},
                {"sequence_length": 4, "targets": None, "start_index": 5},
                {"sequence_length": 4, "targets": TARGETS[:11]},
                {"sequence_length": 4, "targets": SERIES[10:], "data": SERIES[:-10]},
                {"sequence_length": 4, "data": SERIES[:, 0], "targets": None},
                {"sequence_length": 4, "data": [[step] for step in range(30)], "targets": None},
            ]
        ],
    ],
    ids=str,
)
def test_windows_are_those_of_keras(arguments):
    arguments = {"data": SERIES, "targets": TARGETS, **arguments}
    ours = making.read(utils.timeseries_dataset_from_array(**arguments))
    with making.genuine_data() as keras:
        theirs = making.read(keras.utils.timeseries_dataset_from_array(**arguments, format="grain"))
    if isinstance(arguments["data"], list):  # which NumPy takes as 64 bits
        ours = [batch.astype("int32") for batch in ours]
    making.assert_same(ours, theirs)


def test_end_index_may_be_the_end():
    whole, same = (utils.timeseries_dataset_from_array(SERIES, None, 4, end_index=end) for end in (None, 40))
    making.assert_same(making.read(same), making.read(whole))


@pytest.mark.parametrize("shuffle", [False, True])
def test_windows_of_a_file_are_read_when_their_batch_is_made(tmp_path, shuffle):
    with h5py.File(tmp_path / "series.h5", "w") as file:
        file["series"] = SERIES
    with h5py.File(tmp_path / "series.h5", "r") as file:
        arguments = {"sequence_length": 5, "batch_size": 7, "shuffle": shuffle, "seed": 0}
        data = utils.timeseries_dataset_from_array(file["series"], None, **arguments)
        expected = making.read(utils.timeseries_dataset_from_array(SERIES, None, **arguments))
        making.assert_same(making.read(data), expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequence_length": 0}, "a positive integer for sequence_length, got 0"),
        ({"sequence_stride": -1}, "a positive integer for sequence_stride, got -1"),
        ({"sampling_rate": 1.5}, "a positive integer for sampling_rate, got 1.5"),
        ({"batch_size": 0}, "a positive integer for batch_size, got 0"),
        ({"sequence_stride": 40}, "a sequence_stride below the length of the series, 40, got 40"),
        ({"sampling_rate": 40}, "a sampling_rate below the length of the series, 40, got 40"),
        ({"start_index": -1}, "start_index before end_index, both in the series of 40 steps, got -1 and 40"),
        ({"start_index": 40}, "got 40 and 40"),
        ({"start_index": 9, "end_index": 9}, "got 9 and 9"),
        ({"end_index": 41}, "got 0 and 41"),
        ({"sequence_length": 41}, "No window fits: 41 steps, 1 apart, in the 40 of the series"),
        ({"sampling_rate": 20}, "No window fits: 4 steps, 20 apart"),
        ({"targets": TARGETS[:5], "start_index": 5}, "which has 5 targets"),
        ({"format": "torch"}, "Unknown format 'torch'"),
    ],
    ids=str,
)
def test_what_makes_no_windows_is_refused(arguments, message):
    arguments = {"data": SERIES, "targets": None, "sequence_length": 4, **arguments}
    with pytest.raises(ValueError, match=re.escape(message)):
        utils.timeseries_dataset_from_array(**arguments)
