"""Files changed at random: their bytes, what is in the archive, their configs, what is in the HDF5 file.

Each way takes a `random.Random` and the content of a file, and returns another content: the same for the same state.
"""

import copy
import io
import json
import warnings
import zipfile

import h5py
import numpy as np

from plait import layers, optimizers

# What no mutation is stopped by: not everything that is thought of can be written.
_IMPOSSIBLE = (ValueError, TypeError, OSError, RuntimeError, LookupError, AttributeError, NotImplementedError)


def nested(levels):
    """Returns lists in lists."""
    return [nested(levels - 1)] if levels else []


BYTECODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
FUNCTION = {"module": "os", "class_name": "function", "config": "system", "registered_name": "function"}
ARRAY = {"class_name": "__numpy__", "config": {"value": [[1, 2], [3]], "dtype": "float32"}}
TENSOR = {"class_name": "__keras_tensor__", "config": {"keras_history": ["dense", 0, 0]}}
NUMBERS = (-(10**18), -1, 0, 1, 2, 7, 2**31, 2**63, 10**12, 10**30, 0.5, -0.5, 1e308, float("nan"), float("inf"))
WORDS = ("", "a", "relu", "same", "channels_first", "float64", "mixed_float16", "string", "/etc/hostname", "../x",
         "a/b", "\ud800", "x" * 10_000)  # fmt: skip
PLAIN = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    [1] * 1000,
    nested(60),
    nested(250),
    BYTECODE,
    FUNCTION,
    ARRAY,
    TENSOR,
)
CLASSES = (*layers.__all__, *optimizers.__all__, "Functional", "Model", "Sequential", "InputLayer", "function", "Popen",
           "__tuple__", "__slice__", "Custom>Adam", "L2", "Zeros", "VarianceScaling", "MeanMetricWrapper")  # fmt: skip


# ---------------------------------------------------------------------------------------- bytes


def bytes_changed(random, content):
    """Flips bits, or cuts, inserts, repeats, moves or blanks a run of bytes; once or several times."""
    changed = bytearray(content)
    for _ in range(random.choice([1, 1, 1, 2, 8, 50])):
        start = random.randrange(len(changed) + 1)
        end = min(len(changed), start + random.choice([1, 2, 4, 8, 64, 1000, 100_000]))
        part = changed[start:end]
        other = random.randrange(len(changed) + 1)
        change = random.choice(["flip", "flip", "flip", "cut", "insert", "repeat", "move", "blank", "fill", "end"])
        if change == "flip" and start < len(changed):
            changed[start] ^= 1 << random.randrange(8)
        elif change == "cut":
            del changed[start:end]
        elif change == "insert":
            changed[start:start] = random.randbytes(min(end - start, 64))
        elif change == "repeat":
            changed[start:start] = part
        elif change == "move":
            changed[other : other + len(part)] = part
        elif change in ("blank", "fill"):
            changed[start:end] = (b"\0" if change == "blank" else b"\xff") * len(part)
        elif change == "end":
            del changed[start:]
        if not changed:
            break
    return bytes(changed)


# ---------------------------------------------------------------------------------------- configs


def _places(value):
    """Returns each container and key in a value of JSON."""
    found, stack = [], [value]
    while stack:
        one = stack.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        found += [(one, key) for key in keys]
        stack += [one[key] for key in keys]
    return found


def config_changed(random, text):
    """Replaces, removes, swaps or copies a few of the values in a text that is JSON."""
    config = json.loads(text)
    for _ in range(random.choice([1, 1, 2, 4])):
        places = _places(config)
        if not places:
            break
        classes = [place for place in places if place[1] == "class_name"]
        (one, key), (other, other_key) = random.choice(places), random.choice(places)
        change = random.choice(["number", "word", "plain", "class", "remove", "swap", "copy", "more"])
        if change == "class" and classes:
            one, key = random.choice(classes)
            one[key] = random.choice(CLASSES)
        elif change in ("number", "word", "plain"):
            one[key] = copy.deepcopy(random.choice({"number": NUMBERS, "word": WORDS, "plain": PLAIN}[change]))
        elif change == "remove":
            del one[key]
        elif change == "swap":
            one[key], other[other_key] = copy.deepcopy(other[other_key]), copy.deepcopy(one[key])
        elif change == "copy":
            one[key] = copy.deepcopy(other[other_key])
        elif isinstance(one, list):
            one.insert(key, copy.deepcopy(one[key]))
    return json.dumps(config)


# ---------------------------------------------------------------------------------------- archives


def members_changed(random, content):
    """Renames, doubles, drops, swaps, compresses or changes members of an archive, whose checksums are right."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    at, other = random.randrange(len(members)), random.randrange(len(members))
    name, inner = members[at]
    change = random.choice(["rename", "double", "drop", "swap", "bytes", "config", "config", "arrays", "arrays"])
    if change == "rename":
        members[at] = (random.choice(["../x", "/x", "a\\b", "config.json", "assets/x", "x" * 300]), inner)
    elif change == "double":
        members.append((random.choice([name, f"assets/{name}"]), inner))
    elif change == "drop":
        del members[at]
    elif change == "swap":
        members[at], members[other] = (name, members[other][1]), (members[other][0], inner)
    elif change == "bytes":
        members[at] = (name, bytes_changed(random, inner) if inner else b"x")
    else:
        way = config_changed if change == "config" else arrays_changed
        ending = ".json" if change == "config" else ".h5"
        members = [(name, way(random, inner) if name.endswith(ending) else inner) for name, inner in members]
    written = io.BytesIO()
    compression = random.choice([zipfile.ZIP_STORED] * 3 + [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
    with warnings.catch_warnings(), zipfile.ZipFile(written, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, inner in members:
            archive.writestr(zipfile.ZipInfo(name), inner, compression)
    return written.getvalue()


# ---------------------------------------------------------------------------------------- HDF5


def arrays_changed(random, content):
    """Changes groups, arrays, links and attributes of an HDF5 file a few times, as far as HDF5 lets that be done."""
    file = io.BytesIO(content)
    try:
        with h5py.File(file, "r+") as opened:
            for _ in range(random.choice([1, 1, 2, 4])):
                paths = [""]
                opened.visit(paths.append)
                path = random.choice(paths)
                try:
                    random.choice(_CHANGES)(random, opened, path, random.choice(paths))
                except _IMPOSSIBLE:
                    continue
    except _IMPOSSIBLE:
        return content
    return file.getvalue()


def _array_put(random, file, path, other):
    del file[path]
    shape = random.choice([(), (0,), (1,), (3,), (4, 8), (8, 3), (2, 6), (1000, 1000), (2**20, 2**20)])
    dtype = random.choice(["f2", "f4", "f4", ">f4", "f8", "g", "i1", "i8", "u8", "?", "c8", "S5", "V2", "V4",
                           h5py.string_dtype(), h5py.vlen_dtype("f4"), h5py.ref_dtype, [("a", "f4")]])  # fmt: skip
    kept = random.choice([{}, {"compression": "gzip"}, {"compression": "lzf"}, {"shuffle": True}, {"fletcher32": True},
                          {"scaleoffset": 3}, {"chunks": True}, {"maxshape": (None,) * len(shape)},
                          {"compression": "gzip", "maxshape": (None,) * len(shape), "chunks": (4096,) * len(shape)},
                          {"external": [("/etc/hostname", 0, h5py.h5f.UNLIMITED)]}])  # fmt: skip
    data = (
        np.zeros(shape, dtype) if random.random() < 0.5 and np.prod(shape) < 10**7 and isinstance(dtype, str) else None
    )
    file.create_dataset(path, shape if data is None else None, None if data is not None else dtype, data=data, **kept)


def _linked(random, file, path, other):
    if path:
        del file[path]
    name = path or "more"
    file[name] = random.choice([h5py.SoftLink(f"/{other}"), h5py.ExternalLink("/tmp/x.h5", "/"), file[other or "/"]])


def _removed(random, file, path, other):
    del file[path]


def _moved(random, file, path, other):
    file.move(path, random.choice([f"{path}0", f"{other}/more", "optimizer/vars/0", path.replace("/", "\\")]))


def _copied(random, file, path, other):
    if not other.startswith(path):  # into itself it would not end
        file.copy(path, f"{other}/again")


def _group_put(random, file, path, other):
    del file[path]
    file.create_group(path)


def _typed(random, file, path, other):
    file[f"{path}/type"] = np.dtype("f4")


def _attribute_put(random, file, path, other):
    owner = file[path or "/"]
    name = random.choice([*owner.attrs, "dtype", "layer_names", "weight_names", "model_config", "keras_version"])
    owner.attrs[name] = random.choice(
        [1, 2.5, "", "bfloat16", "2.1.0", "x" * 50_000, b"\xff\xfe", np.arange(5), np.zeros((3, 0)), ["a", "b"],
         np.array([b"x"] * 2000), h5py.Empty("f4"), file.ref, "[" * 1000]
    )  # fmt: skip


def _attribute_removed(random, file, path, other):
    attributes = file[path or "/"].attrs
    del attributes[random.choice(list(attributes) or [""])]


def _config_changed(random, file, path, other):
    name = random.choice([name for name in ("model_config", "training_config") if name in file.attrs])
    text = file.attrs[name]
    file.attrs[name] = config_changed(random, text if isinstance(text, str) else text.decode()).encode()


_CHANGES = (
    *(_array_put, _array_put, _linked, _removed, _moved, _copied, _group_put, _typed, _attribute_put),
    *(_attribute_removed, _config_changed, _config_changed, _config_changed),
)


# ---------------------------------------------------------------------------------------- safetensors


def header_changed(random, content):
    """Changes the text that a file of safetensors starts with."""
    end = 8 + int.from_bytes(content[:8], "little")
    text = config_changed(random, content[8:end]).encode()
    return len(text).to_bytes(8, "little") + text + content[end:]


_STRUCTURES = {
    ".keras": members_changed,
    ".npz": members_changed,
    ".h5": arrays_changed,
    ".safetensors": header_changed,
}


def changed(random, content, ending):
    """Returns the content of a file with this ending, changed in one of the ways that there are for it."""
    structure = _STRUCTURES[ending]
    return random.choice([bytes_changed, structure, structure, structure])(random, content)
