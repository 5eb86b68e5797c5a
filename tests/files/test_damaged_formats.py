"""Files of every kind that are damaged, of another kind, or made to do harm: each is refused, nothing is changed."""

import io
import json
import struct
import zipfile

import h5py
import ml_dtypes
import numpy as np
import pytest

import plait
from plait import saving
from plait.core.weight import Weight
from plait.files import contents
from plait.files.safetensors_file import Reader
from tests.files.formats import KINDS, fresh
from tests.files.models import dense

FILES = {kind.file: kind for name, kind in KINDS.items() if name != "h5-weights"}


def sound(folder, file):
    """Writes a file that has nothing wrong with it, and returns its path."""
    FILES[file].write(fresh(plait, "dense"), folder / file)
    return folder / file


def cut(part):
    def change(path):
        for one in [path, *path.parent.glob("m_0*.weights.h5")]:
            content = one.read_bytes()
            one.write_bytes(content[: int(len(content) * part)])

    return change


def filled(content):
    return lambda path: path.write_bytes(content)


DAMAGES = {
    "half a file": cut(0.5),
    "a file without its end": cut(0.97),
    "an empty file": filled(b""),
    "a text": filled(b"no model"),
    "zeros": filled(b"\0" * 4000),
    "an archive of something else": lambda path: archive(path, {"notes.txt": b"nothing"}),
    "an HDF5 file of something else": lambda path: h5py.File(path, "w").close(),
    "JSON": filled(b'{"weight_map": {"/layers/dense/vars": "m.weights.h5"}}'),
}


def archive(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as opened:
        for name, content in members.items():
            opened.writestr(name, content)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("file", FILES)
def test_a_damaged_file_is_refused(file, damage, tmp_path):
    path = sound(tmp_path, file)
    damage(path)
    assert_refused(path)


def assert_refused(path):
    model = fresh(plait, "dense")
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"\w"):
        model.load_weights(path)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    if path.suffix in (".keras", ".h5") and not path.name.endswith(".weights.h5"):
        with pytest.raises(ValueError, match=r"\w"):
            saving.load_model(path)


# ---------------------------------------------------------------------------------------- .npz


def npy(descr="'<f4'", shape="(8,)", content=b"\0" * 32, order="False", version=b"\x01\x00", size="<H"):
    """Returns a member as NumPy writes it, of whatever is said."""
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY" + version + struct.pack(size, len(header)) + header + content


def pickled():
    file = io.BytesIO()
    np.save(file, np.array([print], dtype=object), allow_pickle=True)
    return file.getvalue()


MEMBERS = {
    "a pickle": pickled(),
    "objects": npy("'|O'"),
    "texts": npy("'<U8'"),
    "records": npy("[('a', '<f4')]"),
    "an array of arrays": npy("('<f4', (2,))", "(4,)"),
    "complex numbers": npy("'<c8'", "(4,)"),
    "raw bytes": npy("'|V4'"),
    "more than there is": npy(shape="(1000000, 1000000)"),
    "less than there is": npy(shape="(4,)"),
    "a negative size": npy(shape="(-8,)"),
    "two negative sizes": npy(shape="(-2, -4)"),
    "a size that is no integer": npy(shape="(8.0,)"),
    "no shape": npy(shape="None"),
    "another version": npy(version=b"\x03\x00", size="<I"),
    "a header that ends nowhere": npy()[:40],
    "a header of brackets": npy(shape="(" * 5000),
    "a call": npy(shape="__import__('os').system('true')"),
    "a dtype that is none": npy("'nothing'"),
    "no array": b"no array",
    "nothing": b"",
}


@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS)
def test_an_array_of_numpys_that_cannot_be_trusted_is_refused(member, tmp_path):
    path = sound(tmp_path, "m.npz")
    with zipfile.ZipFile(path) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    archive(path, members | {"dense_2/bias.npy": member})
    assert_refused(path)


ARCHIVES = {
    "a way out": ({"../evil.npy": npy()}, zipfile.ZIP_STORED),
    "a member that is no array": ({"notes.txt": b"x"}, zipfile.ZIP_STORED),
    "a bomb": ({"dense_2/bias.npy": npy(shape="(10000000,)", content=b"\0" * 40_000_000)}, zipfile.ZIP_DEFLATED),
}


@pytest.mark.parametrize(("more", "compression"), ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_of_arrays_that_cannot_be_trusted_is_refused(more, compression, tmp_path):
    archive(tmp_path / "m.npz", more, compression)
    assert_refused(tmp_path / "m.npz")


def test_arrays_that_numpy_compressed_or_turned_round_are_read(tmp_path):
    model = fresh(plait, "dense")
    expected = [np.asfortranarray(array + 1) for array in model.get_weights()]
    paths = ["dense_2/kernel", "dense_2/bias", "dense_1/kernel", "dense_1/bias"]
    swapped = [array.astype(">f4") for array in expected]
    np.savez_compressed(tmp_path / "m.npz", **dict(zip(paths, swapped, strict=True)))
    model.load_weights(tmp_path / "m.npz")
    for ours, theirs in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


# ---------------------------------------------------------------------------------------- .safetensors


def tensors(path, change=lambda described: None, length=None, text=None):
    """Writes a sound file with another header; `change` returns another one, or alters it in place."""
    content = sound(path.parent, path.name).read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    described = json.loads(content[8 : 8 + size])
    described = change(described) or described
    text = json.dumps(described).encode() if text is None else text
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + content[8 + size :])


def with_entry(**changes):
    return lambda described: described["dense_2/bias"].update(changes)


HEADERS = {
    "a text without end": {"length": 2**63},
    "a text longer than the file": {"length": 10**6},
    "no JSON": {"text": b"no JSON"},
    "a list": {"text": b"[]"},
    "brackets": {"text": b"[" * 100_000},
    "no UTF-8": {"text": b"\xff\xfe"},
    "a name twice": {"text": b'{"a": {}, "a": {}}'},
    "an entry that is none": {"change": lambda described: described.update({"dense_2/bias": 3})},
    "an entry with more": {"change": with_entry(more=1)},
    "an unknown dtype": {"change": with_entry(dtype="F4")},
    "a dtype that is no name": {"change": with_entry(dtype=["F32"])},
    "a shape that is none": {"change": with_entry(shape="8")},
    "a negative shape": {"change": with_entry(shape=[-8])},
    "a shape of fractions": {"change": with_entry(shape=[8.0])},
    "a shape of truths": {"change": with_entry(shape=[True, 8])},
    "a shape without end": {"change": with_entry(shape=[2**62, 2**62])},
    "offsets that are none": {"change": with_entry(data_offsets=None)},
    "one offset": {"change": with_entry(data_offsets=[0])},
    "offsets turned round": {"change": with_entry(data_offsets=[160, 128])},
    "offsets beyond the file": {"change": with_entry(data_offsets=[10**9, 10**9 + 32])},
    "two arrays in one place": {"change": with_entry(data_offsets=[0, 32])},
    "numbers that are nobody's": {"change": lambda described: {"dense_2/bias": described["dense_2/bias"]}},
}


@pytest.mark.parametrize("changed", HEADERS.values(), ids=HEADERS)
def test_safetensors_that_cannot_be_trusted_are_refused(changed, tmp_path):
    tensors(tmp_path / "m.safetensors", **changed)
    assert_refused(tmp_path / "m.safetensors")


def test_the_sound_file_is_opened_when_its_header_is_written_anew(tmp_path):
    tensors(tmp_path / "m.safetensors")
    fresh(plait, "dense").load_weights(tmp_path / "m.safetensors")


def test_safetensors_of_every_dtype_are_read(tmp_path):
    from safetensors.numpy import save_file

    dtypes = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool", ml_dtypes.bfloat16]
    expected = {np.dtype(dtype).name: np.arange(6).reshape(2, 3).astype(dtype) for dtype in dtypes}
    save_file(expected, tmp_path / "m.safetensors")
    with Reader(tmp_path / "m.safetensors") as reader:
        assert sorted(reader.paths()) == sorted(expected)
        for name, array in expected.items():
            assert reader.dtype(name) == name
            np.testing.assert_array_equal(reader.read(name), array)


# ---------------------------------------------------------------------------------------- .weights.json

LISTS = {
    "no map": {"metadata": {}},
    "a map that is none": {"weight_map": ["m_00000.weights.h5"]},
    "a list": [],
    "a name that is none": {"weight_map": {"/vars": [3]}},
    "a list in a list": {"weight_map": {"/vars": [["m_00000.weights.h5"]]}},
    "a way out": {"weight_map": {"/vars": "../m_00000.weights.h5"}},
    "an absolute path": {"weight_map": {"/vars": "/etc/m_00000.weights.h5"}},
    "another file": {"weight_map": {"/vars": "passwords.txt"}},
    "a file that is not there": {"weight_map": {"/vars": "m_00009.weights.h5"}},
    "nothing": {"weight_map": {}},
}


@pytest.mark.parametrize("listed", LISTS.values(), ids=LISTS)
def test_a_list_of_files_that_cannot_be_trusted_is_refused(listed, tmp_path):
    path = sound(tmp_path, "m.weights.json")
    path.write_text(json.dumps(listed))
    assert_refused(path)


def test_a_link_in_place_of_a_file_of_weights_is_refused(tmp_path):
    path = sound(tmp_path, "m.weights.json")
    (tmp_path / "m_00000.weights.h5").rename(tmp_path / "elsewhere.h5")
    (tmp_path / "m_00000.weights.h5").symlink_to(tmp_path / "elsewhere.h5")
    assert_refused(path)


def test_an_array_in_two_files_is_refused(tmp_path):
    path = sound(tmp_path, "m.weights.json")
    listed = json.loads(path.read_text())
    first = next(iter(sorted(tmp_path.glob("m_0*"))))
    (tmp_path / "m_00099.weights.h5").write_bytes(first.read_bytes())
    listed["weight_map"]["/more/vars"] = "m_00099.weights.h5"
    path.write_text(json.dumps(listed))
    assert_refused(path)


def test_a_file_that_is_cut_off_while_it_is_open_gives_no_array(tmp_path):
    path = tmp_path / "m.safetensors"
    plait.Sequential([plait.Input((99,)), plait.layers.Dense(99, use_bias=False, name="a")]).save_weights(path)
    with Reader(path) as reader:
        with open(path, "rb+") as file:
            file.truncate(path.stat().st_size - 1)
        with pytest.raises(ValueError, match="of 'a/kernel' there are 1 bytes too few"):
            reader.read("a/kernel")


# ---------------------------------------------------------------------------------------- whole or not at all


@pytest.mark.parametrize("file", FILES)
def test_a_save_that_fails_leaves_the_old_file(file, tmp_path, monkeypatch):
    path = sound(tmp_path, file)
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    model = dense(plait)

    def full(*_, **__):
        raise OSError(28, "No space left")

    monkeypatch.setattr(Weight, "peek", full)
    with pytest.raises(OSError, match="No space left"):
        FILES[file].write(model, path)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before


@pytest.mark.parametrize("file", FILES)
def test_what_is_refused_is_not_shown_either(file, tmp_path):
    path = sound(tmp_path, file)
    cut(0.5)(path)
    with pytest.raises(ValueError, match=r"\w"):
        contents.of(path)


def test_a_file_of_no_kind_is_not_shown(tmp_path):
    (tmp_path / "m.txt").write_text("notes")
    with pytest.raises(ValueError, match="ends with"):
        contents.of(tmp_path / "m.txt")
