"""A pickle gives lists, numbers, texts and arrays; what asks for anything else is refused, and runs nothing."""

import io
import os
import pathlib
import pickle
import re

import numpy as np
import pytest

from plait.datasets import pickles
from tests.datasets.making import of_numpy_1, of_python_2

SOURCE = pathlib.Path(__file__).parents[2] / "src" / "plait"


def load(pickled):
    return pickles.load(io.BytesIO(pickled))


ARRAYS = {
    "bytes": np.arange(12, dtype="uint8").reshape(3, 4),
    "whole numbers": np.array([-1, 2**40]),
    "the other order of bytes": np.array([1, 2, 3], ">i4"),
    "floats": np.array([[0.5, np.inf], [-1, 3]], "float32"),
    "booleans": np.array([True, False]),
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "lists": np.fromiter([[1, 2], [], [300, 70_000]], object),
    "lists of one length": np.fromiter([[1, 2], [3, 4]], object),
    "a table of lists": np.fromiter([[1], [2, 3], [4], []], object).reshape(2, 2),
    "lists, columns first": np.asfortranarray(np.fromiter([[1], [2], [3], [4]], object).reshape(2, 2)),
    "none": np.zeros((0, 3)),
}
WRITERS = {
    "NumPy 2": lambda array: pickle.dumps(array, protocol=4),
    "NumPy 1": lambda array: of_numpy_1(pickle.dumps(array, protocol=3)),
    "Python 2": of_python_2,
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_an_array_is_what_was_written(array, write):
    found = load(write(array))
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.tolist() == array.tolist()


def test_a_dict_of_python_2_has_bytes_for_texts():
    found = load(of_python_2({"data": np.arange(3, dtype="uint8"), "labels": [4, 5], "about": "ä"}))
    assert found.pop(b"data").tolist() == [0, 1, 2]
    assert found == {b"labels": [4, 5], b"about": "ä".encode()}


class Calls:
    """Is pickled as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


class Says:
    """Is pickled as an array of which this is said."""

    def __init__(self, *state):
        self.state = state

    def __reduce__(self):
        return np._core.multiarray._reconstruct, (np.ndarray, (0,), b"b"), self.state


def object_array(*elements):
    return np.fromiter(elements, object)


def fields(*names):
    return np.zeros(2, [(name, "int32") for name in names])


SOUND = pickle.dumps(ARRAYS["floats"], protocol=4)
FLOAT, OBJECT = np.dtype("float64"), np.dtype(object)
# Where a folder would be made, by what would be run.
MADE = "made by a pickle"

HOSTILE = {
    "a function": pickle.dumps(Calls(os.mkdir, MADE), 4),
    "a function, protocol 0": pickle.dumps(Calls(os.mkdir, MADE), 0),
    "a function, protocol 2": pickle.dumps(Calls(os.mkdir, MADE), 2),
    "a function, in an array": pickle.dumps(object_array([1], Calls(os.mkdir, MADE)), 4),
    "a function, in a dict": pickle.dumps({"labels": [Calls(os.mkdir, MADE)]}, 4),
    "eval": pickle.dumps(Calls(eval, f"__import__('os').mkdir({MADE!r})"), 4),
    "getattr": pickle.dumps(Calls(getattr, 1, "real"), 4),
    "another function of NumPy's": pickle.dumps(Calls(np.fromfile, MADE), 4),
    "a number of NumPy's": pickle.dumps(np.int64(3), 4),
    "an array out of band": pickle.dumps(ARRAYS["floats"], 5),
    "a part of what is known": b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.",
    "an instruction for instances": b"(S'%s'\nios\nmkdir\n." % MADE.encode(),
    "an instruction for new objects": b"\x80\x02cos\nsystem\n)\x81.",
    "something kept elsewhere": b"Pnumber 1\n.",
    "something registered": b"\x80\x02\x82\x01.",
    "attributes for a class": b"\x80\x02cnumpy\ndtype\nN}X\x04\x00\x00\x00madeK\x01s\x86b.",
    "attributes for a function": b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nN}X\x04\x00\x00\x00madeK\x01s\x86b.",
    "addresses in the place of objects": pickle.dumps(Says(1, (1,), OBJECT, False, bytes(8)), 4),
    "a list in the place of bytes": pickle.dumps(Says(1, (1,), FLOAT, False, [0.5]), 4),
    "fewer elements than the shape has": pickle.dumps(Says(1, (10**15,), FLOAT, False, bytes(8)), 4),
    "more elements than the shape has": pickle.dumps(Says(1, (1,), FLOAT, False, bytes(16)), 4),
    "half an element": pickle.dumps(Says(1, (1,), FLOAT, False, bytes(4)), 4),
    "no state": pickle.dumps(Calls(np._core.multiarray._reconstruct, np.ndarray, (0,), b"b"), 4),
    "a dtype that is none": pickle.dumps(Says(1, (1,), "float64", False, bytes(8)), 4),
    "two dtypes in one": pickle.dumps(Says(1, (1,), Calls(np.dtype, "i4,f4"), False, bytes(8)), 4),
    "fields": pickle.dumps(fields("a", "b"), 4),
    "dates": pickle.dumps(np.zeros(2, "M8[s]"), 4),
    "texts of NumPy's": pickle.dumps(np.array(["a", "b"]), 4),
    "a list": pickle.dumps([1, 2], 4),
    "a name": b"cnumpy\ndtype\n.",
    "nothing": b"",
    "cut off": SOUND[:-12],
    "no pickle": b"PK\x03\x04 and so on",
    "memory beyond all bounds": b"\x80\x04\x8e" + (2**62).to_bytes(8, "little") + b"a.",
}


@pytest.mark.parametrize("pickled", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_array_is_refused(pickled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="no pickle of lists, numbers, texts and arrays of numbers: "):
        load(pickled)
    assert list(tmp_path.iterdir()) == []
    assert load(SOUND).tolist() == ARRAYS["floats"].tolist()


def test_it_is_said_what_a_pickle_asks_for():
    with pytest.raises(ValueError, match=f"it asks for {os.mkdir.__module__}.mkdir"):
        load(HOSTILE["a function"])


def test_nothing_else_of_plait_unpickles():
    unpickles = re.compile(r"pickle\.(load|loads|Unpickler)\b|allow_pickle=True")
    found = {str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py") if unpickles.search(path.read_text())}
    assert found == {str(pathlib.PurePath("datasets", "pickles.py"))}
