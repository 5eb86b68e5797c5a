"""Files of Keras 2 (`.h5`) that were made to do harm, or that are damaged: for each a function that writes one."""

import json
import struct

import h5py
import numpy as np

FIRST = {"class_name": "Dense", "config": {"name": "first", "units": 3, "batch_input_shape": [None, 3]}}
SECOND = {"class_name": "Dense", "config": {"name": "second", "units": 3}}
TRAINING = {"optimizer_config": {"class_name": "SGD", "config": {"lr": 0.1}}, "loss": "mse", "metrics": []}


def model(*layers):
    return json.dumps({"class_name": "Sequential", "config": list(layers)}).encode()


def sound(path):
    """Writes a model that has nothing wrong with it."""
    changed(lambda file: None)(path)


def changed(change):
    """Returns what writes a sound file that was changed."""

    def write(path):
        with h5py.File(path, "w") as file:
            file.attrs["keras_version"] = b"2.2.4"
            file.attrs["model_config"], file.attrs["training_config"] = (
                model(FIRST, SECOND),
                json.dumps(TRAINING).encode(),
            )
            file.create_group("model_weights").attrs["layer_names"] = [b"first", b"second"]
            for name in ("first", "second"):
                group = file.create_group(f"model_weights/{name}")
                group.attrs["weight_names"] = [b"kernel:0", b"bias:0"]
                group["kernel:0"], group["bias:0"] = np.ones((3, 3), "f4"), np.ones(3, "f4")
            change(file)

    return write


def with_model(*layers):
    return changed(lambda file: file.attrs.__setitem__("model_config", model(*layers)))


def with_text(content):
    return changed(lambda file: file.attrs.__setitem__("model_config", content))


def with_training(**training):
    return changed(lambda file: file.attrs.__setitem__("training_config", json.dumps(TRAINING | training).encode()))


def with_names(names):
    return changed(lambda file: file["model_weights/first"].attrs.__setitem__("weight_names", names))


def with_kernel(make):
    """Returns what writes a sound file, with another thing in place of the second kernel; `make` takes its group."""

    def change(file):
        group = file["model_weights/second"]
        del group["kernel:0"]
        make(group)

    return changed(change)


def linked(to):
    return with_kernel(lambda group: group.__setitem__("kernel:0", to(group.file)))


def large_piece(group):
    kept = {"maxshape": (None, None), "chunks": (4096, 4096), "compression": "gzip"}
    group.create_dataset("kernel:0", data=np.ones((3, 3), "f4"), **kept)


def truncated(path):
    sound(path)
    path.write_bytes(path.read_bytes()[:-2000])


def heap_without_end(path):
    """Writes texts of any length, in a heap of which the first object has no number and no size: no next one begins."""
    changed(lambda file: file.attrs.__setitem__("keras_version", "2.2.4"))(path)
    content = bytearray(path.read_bytes())
    first = content.index(b"GCOL") + 16
    content[first : first + 16] = bytes(16)
    path.write_bytes(content)


def long_text(path):
    """Writes a text of any length, five bytes, that says it has two thousand million."""
    changed(lambda file: file.attrs.__setitem__("keras_version", "2.2.4"))(path)
    content = bytearray(path.read_bytes())
    heap = struct.pack("<Q", content.index(b"GCOL"))
    length = content.index(struct.pack("<I", 5) + heap)
    content[length : length + 4] = struct.pack("<I", 2 * 10**9)
    path.write_bytes(content)


LAMBDA = {"class_name": "Lambda", "config": {"function": ["4wEAAAA=", None, None], "function_type": "lambda"}}
FUNCTION = {"module": "os", "class_name": "function", "config": "system", "registered_name": "function"}

FILES = {
    "no JSON": with_text(b"no JSON"),
    "no text": with_text(np.arange(3)),
    "no UTF-8": with_text(np.bytes_(b"\xff\xfe")),
    "no object": with_text(b"[]"),
    "brackets": with_text(b"[" * 20_000),
    "bytecode in a Lambda": with_model(FIRST, LAMBDA, SECOND),
    "a class of subprocess": with_model(FIRST, {"class_name": "Popen", "config": {"args": ["true"]}}, SECOND),
    "a function for an activation": with_model(FIRST | {"config": FIRST["config"] | {"activation": FUNCTION}}, SECOND),
    "too many units": with_model(FIRST, {"class_name": "Dense", "config": {"name": "second", "units": 10**12}}),
    "a function for a loss": with_training(loss=FUNCTION),
    "a function in a metric": with_training(metrics=[{"class_name": "MeanMetricWrapper", "config": {"fn": FUNCTION}}]),
    "an optimizer that is none": with_training(optimizer_config={"class_name": "Custom>Popen", "config": {}}),
    "names that are numbers": with_names(np.arange(2)),
    "names of unknown length": with_names(["x" * 100] * 2500),
    "a name twice": with_names([b"kernel:0", b"kernel:0"]),
    "a name too many": with_names([b"kernel:0", b"bias:0", b"more:0"]),
    "a layer too many": changed(lambda file: file["model_weights"].attrs.__setitem__("layer_names", [b"first"] * 3)),
    "an array with two names": linked(lambda file: file["model_weights/first/kernel:0"]),
    "a soft link": linked(lambda file: h5py.SoftLink("/model_weights/first/kernel:0")),
    "a link to another file": linked(lambda file: h5py.ExternalLink("/tmp/other.h5", "/x")),
    "an array that is only declared": with_kernel(lambda group: group.create_dataset("kernel:0", (3, 3), "f4")),
    "an array in large pieces": with_kernel(large_piece),
    "an array of wide numbers": with_kernel(lambda group: group.create_dataset("kernel:0", data=np.ones((3, 3), "g"))),
    "a heap without end": heap_without_end,
    "a text longer than its file": long_text,
    "half a file": truncated,
}
