"""Opens one file after the other, as it is told line by line, and says what came of each and what it took.

It is a process of its own, so that whoever tells it can end it. A line is JSON: the `path` of a file, and for one that
holds weights alone the path of the `model` that is to take them.
"""

import contextlib
import json
import os
import pathlib
import resource
import sys
import tempfile
import time
import traceback
import warnings

import plait
from plait import layers, saving
from plait.files import contents

_STATUS, _FORGET = pathlib.Path("/proc/self/status"), pathlib.Path("/proc/self/clear_refs")
# What the system grants the process beyond what it has when it starts: more than any file may take.
_GRANTED_BYTES = 3 * 2**30


def memory(what):
    """Returns a count of the kernel's in bytes: "VmRSS" is what the process has now, "VmHWM" the most it ever had."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(what))
    return 1024 * int(line.split()[1])


def forget_the_most():
    """Lets VmHWM count from now on."""
    _FORGET.write_text("5")


def look_into(path):
    """Has listed what is in a file, as `plait inspect` does."""
    with contextlib.suppress(ValueError):
        list(contents.of(path).layers())


def opened(path, model):
    """Returns what came of it: "opened", "refused" with a ValueError, or else what went wrong."""
    before = model and model.get_weights()
    try:
        look_into(path)
        if model:
            model.load_weights(path)
        else:
            saving.load_model(path)
        return "opened", ""
    except ValueError as error:
        # By their bytes: an earlier file may have left it numbers that are none.
        if model and not all(map(_is_same, before, model.get_weights())):
            return "changed the model and was refused", traceback.format_exc()
        return "refused", str(error)
    except BaseException as error:
        return f"raised {type(error).__name__}", traceback.format_exc()


def _is_same(one, other):
    return one.shape == other.shape and one.tobytes() == other.tobytes()


def warm_up():
    """Has imported and set up whatever a first file needs, so that it is not counted as the file's."""
    with tempfile.TemporaryDirectory() as folder:
        model = plait.Sequential([plait.Input((4,)), layers.Dense(2)])
        model.compile("adam", "mse")
        model.save(f"{folder}/m.keras")
        saving.load_model(f"{folder}/m.keras").load_weights(f"{folder}/m.keras")


def main():
    # What is printed by whatever is opened is no reply.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    warm_up()
    most = memory("VmData") + _GRANTED_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print("ready", file=replies, flush=True)
    models = {}
    for line in sys.stdin:
        asked = json.loads(line)
        kept = asked["model"]
        if kept and kept not in models:
            models[kept] = saving.load_model(kept)
        if asked["path"] is None:
            print("ready", file=replies, flush=True)
            continue
        before = memory("VmRSS")
        forget_the_most()
        start = time.process_time()
        outcome, words = opened(asked["path"], models.get(kept))
        seconds = time.process_time() - start
        reply = {"outcome": outcome, "words": words, "seconds": seconds, "bytes": memory("VmHWM") - before}
        print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()
