"""Files that were made to do harm, or that are damaged: for each a function that writes one."""

import io
import json
import struct
import zipfile

import h5py
import numpy as np

from tests.files.models import dense


def sound(path):
    """Writes a model that has nothing wrong with it, and returns its config and its weights."""
    import plait

    dense(plait).save(path)
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json")), archive.read("model.weights.h5")


def packed(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def with_config(change):
    """Returns what writes a sound file with a changed config; `change` returns another one, or alters it in place."""

    def write(path):
        config, weights = sound(path)
        config = change(config) or config
        text = config if isinstance(config, str | bytes) else json.dumps(config)
        packed(path, {"metadata.json": "{}", "config.json": text, "model.weights.h5": weights})

    return write


def with_layer(layer):
    """Returns what writes a file whose second layer is this one."""

    def change(config):
        config["config"]["layers"][1] |= layer

    return with_config(change)


def of(class_name, module="keras.layers", registered_name=None, **config):
    return {"class_name": class_name, "module": module, "registered_name": registered_name, "config": config}


def with_dense(**config):
    """Returns what writes a file whose first Dense layer has these arguments."""

    def change(described):
        described["config"]["layers"][1]["config"] |= config

    return with_config(change)


def with_weights(change):
    """Returns what writes a sound file whose HDF5 file was changed."""

    def write(path):
        config, weights = sound(path)
        file = io.BytesIO(weights)
        with h5py.File(file, "r+") as opened:
            change(opened)
        members = {"metadata.json": "{}", "config.json": json.dumps(config), "model.weights.h5": file.getvalue()}
        packed(path, members)

    return write


def replaced(make):
    """Returns what writes a sound file, with another thing in place of the first kernel."""

    def change(file):
        group = file["layers/dense/vars"]
        del group["0"]
        make(group)

    return with_weights(change)


def with_members(change, compression=zipfile.ZIP_STORED):
    """Returns what writes a sound file with other members in the archive."""

    def write(path):
        config, weights = sound(path)
        members = {"metadata.json": "{}", "config.json": json.dumps(config), "model.weights.h5": weights}
        packed(path, change(members) or members, compression)

    return write


def with_info(alter):
    """Returns what writes a sound file and one more member, whose entry was altered."""

    def write(path):
        config, weights = sound(path)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", json.dumps(config))
            archive.writestr("model.weights.h5", weights)
            info = zipfile.ZipInfo("assets/more")
            alter(info)
            archive.writestr(info, b"content")

    return write


def truncated(part):
    def write(path):
        sound(path)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * part)])

    return write


def encrypted(path):
    with_members(lambda members: None)(path)
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x01\x02")
    flags = struct.unpack_from("<H", content, at + 8)[0]
    struct.pack_into("<H", content, at + 8, flags | 1)
    path.write_bytes(content)


def twice(path):
    import warnings

    config, weights = sound(path)
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")
        for text in (json.dumps(config), "{}"):
            archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", weights)


def external(group):
    group.create_dataset("0", (4, 8), "f4", external=[("/etc/hostname", 0, h5py.h5f.UNLIMITED)])


def virtual(group):
    layout = h5py.VirtualLayout((4, 8), "f4")
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "x", (4, 8))
    group.create_virtual_dataset("0", layout)


def link(to):
    def make(group):
        group["0"] = to

    return make


def linked_group(to):
    def change(file):
        del file["layers/dense"]
        file["layers/dense"] = to

    return with_weights(change)


def one_array_for_all(path):
    import plait

    inputs = plait.Input((4,))
    plait.Model(inputs, plait.layers.Dense(4)(plait.layers.Dense(4)(inputs))).save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    file = io.BytesIO(members["model.weights.h5"])
    with h5py.File(file, "r+") as opened:
        del opened["layers/dense_1/vars/0"]
        opened["layers/dense_1/vars/0"] = opened["layers/dense/vars/0"]
    packed(path, members | {"model.weights.h5": file.getvalue()})


def groups_in_circles(file):
    # Two ways on from each group: 2^100 paths before they are too deep.
    for name in ("again", "once_more"):
        file[f"layers/{name}"] = file["layers"]


def large_piece(group):
    kept = {"maxshape": (None, None), "chunks": (4096, 4096), "compression": "gzip"}
    group.create_dataset("0", data=np.ones((4, 8), "f4"), **kept)


def damaged(path):
    sound(path)
    content = bytearray(path.read_bytes())
    with h5py.File(io.BytesIO(zipfile.ZipFile(path).read("model.weights.h5"))) as file:
        kernel = file["layers/dense/vars/0"][()].tobytes()
    content[content.index(kernel) + 5] ^= 1
    path.write_bytes(content)


def on_no_tensor(config):
    config["config"]["layers"][1]["inbound_nodes"][0]["args"] = [[[1.0, 2.0, 3.0, 4.0]]]


def computed_at_once(config):
    described = {"name": "many", "shape": [30_000, 30_000]}
    nodes = [{"args": [1.0], "kwargs": {}}]
    called = {"class_name": "BroadcastTo", "config": described, "inbound_nodes": nodes}
    config["config"]["layers"].append({"name": "many", "module": "keras.src.ops.numpy", **called})


def deep(levels):
    return "[" * levels + "]" * levels


def deep_config(config):
    nested = "x"
    for _ in range(150):
        nested = {"class_name": "Dense", "config": {"units": nested}}
    config["config"]["layers"][1]["config"]["units"] = nested


def circle(config):
    layers = config["config"]["layers"]
    history = layers[1]["inbound_nodes"][0]["args"][0]["config"]
    history["keras_history"] = [layers[2]["name"], 0, 0]


def history(*to):
    def change(config):
        config["config"]["layers"][1]["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = list(to)

    return with_config(change)


BYTECODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAA=", "defaults": None, "closure": None}}
FUNCTION = "function"


def function(module, name):
    return {"module": module, "class_name": FUNCTION, "config": name, "registered_name": FUNCTION}


CONFIGS = {
    # CVE-2024-3660, CVE-2025-9905: bytecode in a Lambda layer
    "bytecode in a Lambda": with_layer(of("Lambda", function=BYTECODE)),
    "bytecode as Keras 2 wrote it": with_layer(of("Lambda", function=["4wEAAAA=", None, None], function_type="lambda")),
    "bytecode for an activation": with_dense(activation=BYTECODE),
    "bytecode for an initializer": with_dense(kernel_initializer=BYTECODE),
    "bytecode for a regularizer": with_dense(kernel_regularizer=BYTECODE),
    "bytecode for a loss": with_config(lambda c: c | {"compile_config": {"optimizer": "sgd", "loss": BYTECODE}}),
    "bytecode for a metric": with_config(
        lambda c: c | {"compile_config": {"optimizer": "sgd", "loss": "mse", "metrics": [BYTECODE]}}
    ),
    # CVE-2025-1550: any function of any module
    "a function of os": with_dense(activation=function("os", "system")),
    "a function of builtins": with_dense(activation=function("builtins", "exec")),
    "a class of subprocess": with_layer(of("Popen", "subprocess", args=["true"])),
    "a class of a module that is there": with_layer(of("Path", "pathlib")),
    "a Lambda of a function": with_layer(
        of("Lambda", function=function("os", "system"), arguments={"command": "true"})
    ),
    # CVE-2025-8747, CVE-2025-9906: Keras's own functions as tools
    "get_file": with_layer(of("Lambda", function=function("keras.utils", "get_file"))),
    "load_model": with_layer(of("Lambda", function=function("keras.models", "load_model"))),
    "unsafe deserialization": with_layer(of("enable_unsafe_deserialization", "keras.config")),
    "unsafe deserialization as a function": with_dense(
        activation=function("keras.config", "enable_unsafe_deserialization")
    ),
    "a private path of Keras": with_layer(of("Dense", "keras.src.saving.saving_lib", "load_model")),
    # CVE-2025-49655, CVE-2026-1462: pickles and programs in layers
    "a pickled module": with_layer(of("TorchModuleWrapper", module={"class_name": "__pickle__"})),
    "a SavedModel": with_layer(of("TFSMLayer", filepath="/tmp/model")),
    # CVE-2025-12058: paths as vocabularies
    "a vocabulary at a path": with_layer(of("StringLookup", vocabulary="/etc/hostname")),
    "a vocabulary of numbers at a path": with_layer(of("IntegerLookup", vocabulary="/etc/hostname")),
    "a vocabulary of texts at a path": with_layer(of("TextVectorization", vocabulary="/etc/hostname")),
    "a vocabulary from elsewhere": with_layer(of("StringLookup", vocabulary="https://example.org/v.txt")),
    # sizes
    "too many units": with_dense(units=10**12),
    "units beyond an integer": with_dense(units=10**30),
    "negative units": with_dense(units=-8),
    "units that are no number": with_config(lambda c: json.dumps(c).replace('"units": 8', '"units": NaN')),
    "units without end": with_config(lambda c: json.dumps(c).replace('"units": 8', '"units": 1e999')),
    "units as text": with_dense(units="8"),
    "a text for an array": with_dense(
        kernel_initializer={"class_name": "__numpy__", "config": {"value": "a", "dtype": "S1000000000"}}
    ),
    "objects in an array": with_dense(
        kernel_initializer={"class_name": "__numpy__", "config": {"value": [1], "dtype": "object"}}
    ),
    # structure
    "no JSON": with_config(lambda c: "no JSON"),
    "no object": with_config(lambda c: "[1, 2]"),
    "no text": with_config(lambda c: b"\xff\xfe\xff"),
    "nothing": with_config(lambda c: "{}"),
    "brackets": with_config(lambda c: deep(100_000)),
    "a deep config": with_config(deep_config),
    "no class": with_config(lambda c: {key: c[key] for key in c if key != "class_name"}),
    "a class that is no name": with_config(lambda c: c | {"class_name": ["Dense"]}),
    "a config that is none": with_config(lambda c: c | {"config": 3}),
    "no layers": with_config(lambda c: c | {"config": {"name": "m"}}),
    "a layer and no model": with_config(lambda c: of("Dense", units=2) | {"build_config": None}),
    "a function and no model": with_config(lambda c: function("os", "system")),
    "two layers of one name": with_config(
        lambda c: c["config"]["layers"][2].update(name=c["config"]["layers"][1]["name"])
    ),
    "a circle": with_config(circle),
    "an unknown layer": history("nobody", 0, 0),
    "a call that was not made": history("x", 7, 0),
    "an output that is not there": history("x", 0, 7),
    "a negative output": history("x", 0, -5),
    "a history that is none": history("x"),
    "a history of texts": history("x", "0", "0"),
    "an unknown argument": with_dense(run_this=True),
    "a call on no tensor": with_config(on_no_tensor),
    "what would be computed at once": with_config(computed_at_once),
    "more values than any config": with_config(lambda c: "[" + "[]," * 6_000_000 + "[]]"),
    "an unknown policy": with_dense(dtype={"class_name": "DTypePolicy", "module": "os", "config": {"name": "x"}}),
}

ARCHIVES = {
    # CVE-2026-12479, GHSA-hqp4-2352-xf5r and others: ways out of an archive
    "a way up": with_members(lambda m: m | {"../evil": "x"}),
    "a way up inside": with_members(lambda m: m | {"assets/../../evil": "x"}),
    "an absolute path": with_members(lambda m: m | {"/evil": "x"}),
    "a drive": with_members(lambda m: m | {"C:/evil": "x"}),
    "backslashes": with_members(lambda m: m | {"assets\\..\\evil": "x"}),
    "a link": with_info(lambda info: setattr(info, "external_attr", 0o120777 << 16)),
    "one name twice": twice,
    "an encrypted member": encrypted,
    "no config": with_members(lambda m: {key: m[key] for key in m if key != "config.json"}),
    "no weights": with_members(lambda m: {key: m[key] for key in m if key != "model.weights.h5"}),
    "a compression of another kind": with_members(lambda m: None, zipfile.ZIP_LZMA),
    "one byte changed": damaged,
    "a bomb": with_members(lambda m: m | {"config.json": " " * 50_000_000}, zipfile.ZIP_DEFLATED),
    "many small bombs": with_members(
        lambda m: m | {f"assets/{n}": " " * 1_000_000 for n in range(60)}, zipfile.ZIP_DEFLATED
    ),
    "no archive": lambda path: path.write_bytes(b"no archive"),
    "an empty file": lambda path: path.write_bytes(b""),
    "half a file": truncated(0.5),
    "a file without its end": truncated(0.98),
}

WEIGHTS = {
    # CVE-2026-1669, GHSA-3m4q-jmj6-r34q: other files through links and external storage
    "a soft link": replaced(link(h5py.SoftLink("/layers/dense_1/vars/0"))),
    "a link to another file": replaced(link(h5py.ExternalLink("/tmp/other.h5", "/x"))),
    "a group that is a soft link": linked_group(h5py.SoftLink("/layers/dense_1")),
    "a group in another file": linked_group(h5py.ExternalLink("/tmp/other.h5", "/layers/dense")),
    "an array kept in another file": replaced(external),
    "an array made of others": replaced(virtual),
    # CVE-2026-0897: sizes that are declared and not there
    "an array that is only declared": replaced(
        lambda group: group.create_dataset("0", (2**20, 2**20), "f4", chunks=(1024, 1024))
    ),
    "the right size, only declared": replaced(lambda group: group.create_dataset("0", (4, 8), "f4", chunks=(4, 8))),
    "a compressed array of zeros": replaced(
        lambda group: group.create_dataset("0", data=np.zeros((4000, 4000), "f4"), compression="gzip")
    ),
    # one thing in place of many
    "an array with two names": one_array_for_all,
    "groups in circles": with_weights(groups_in_circles),
    "an array in large pieces": replaced(large_piece),
    # kinds
    "texts": replaced(lambda group: group.create_dataset("0", data=np.array([["a"] * 8] * 4, dtype=object))),
    "references": replaced(lambda group: group.create_dataset("0", (4, 8), h5py.ref_dtype)),
    "records": replaced(lambda group: group.create_dataset("0", data=np.zeros((4, 8), [("a", "f4"), ("b", "i4")]))),
    "raw bytes": replaced(lambda group: group.create_dataset("0", data=np.zeros((4, 8), "V4"))),
    "a group": replaced(lambda group: group.create_group("0")),
    "a type": replaced(lambda group: group.__setitem__("0", np.dtype("f4"))),
    "nothing": replaced(lambda group: None),
    "more": with_weights(lambda file: file["layers/dense/vars"].create_dataset("2", data=np.zeros(3))),
    "another shape": replaced(lambda group: group.create_dataset("0", data=np.zeros((4, 9), "f4"))),
    "no HDF5": with_members(lambda m: m | {"model.weights.h5": b"no HDF5"}),
    "half of HDF5": with_members(lambda m: m | {"model.weights.h5": m["model.weights.h5"][:3000]}),
}

FILES = {
    f"{kind}: {name}": write
    for kind, table in (("config", CONFIGS), ("archive", ARCHIVES), ("weights", WEIGHTS))
    for name, write in table.items()
}
