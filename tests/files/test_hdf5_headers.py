"""Texts of any length in HDF5 files, as h5py writes them in the old and the new kind of header."""

import contextlib
import io

import h5py
import numpy as np
import pytest

from plait.files import hdf5_headers

TEXTS = {f"text {n}": "é" * n for n in range(40)} | {"list": ["a", "bcd", ""], "again": "short"}


KINDS = ["earliest", "latest", "in order of creation"]


@contextlib.contextmanager
def group_of(kind, texts):
    with h5py.File(io.BytesIO(), "w", libver="latest" if kind == "latest" else "earliest") as file:
        group = file.create_group("group", track_order=kind == "in order of creation")
        group.attrs.update(texts)
        yield group


def longest(group, name):
    group.file.flush()
    content = io.BytesIO(group.file.id.get_file_image())
    return hdf5_headers.longest_text(content, h5py.h5o.get_info(group.id).addr, name)


@pytest.mark.parametrize("kind", KINDS)
def test_the_length_of_a_text_is_the_one_in_bytes(kind):
    # An old header goes on in other places; from a new one more than eight attributes are kept apart.
    texts = TEXTS if kind == "earliest" else dict(list(TEXTS.items())[-8:])
    with group_of(kind, texts) as group:
        found = {name: longest(group, name) for name in texts}
    assert found == {name: max(len(text.encode()) for text in np.ravel(kept)) for name, kept in texts.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_text_is_refused(kind):
    with group_of(kind, {}) as group:
        group.attrs.create("other", np.array([np.arange(3.0), None], object)[:1], dtype=h5py.vlen_dtype("f8"))
        with pytest.raises(ValueError, match='"other" is of another type than texts'):
            longest(group, "other")
        with pytest.raises(ValueError, match='"more" is not kept where texts are'):
            longest(group, "more")


@pytest.mark.parametrize("kind", KINDS[1:])
def test_texts_apart_from_a_header_are_refused(kind):
    with group_of(kind, TEXTS) as group, pytest.raises(ValueError, match='"list" is not kept where texts are'):
        longest(group, "list")
