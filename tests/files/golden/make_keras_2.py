"""Writes what genuine Keras 2.2.4 has for the models of `models_of_keras_2.py`, and looks at files for Keras 2.

Run it where that Keras (or tf.keras 2, for --check alone) is installed, which is where Plait is not:

    python tests/files/golden/make_keras_2.py                  writes keras_2.json and keras_2_*.h5
    python tests/files/golden/make_keras_2.py --check FOLDER   opens FOLDER/*.h5, and compares what they predict
"""

import importlib.util
import json
import pathlib
import sys

import numpy as np

try:
    import keras
except ImportError:
    from tensorflow import keras

HERE = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("models_of_keras_2", str(HERE.parent / "models_of_keras_2.py"))
models = importlib.util.module_from_spec(spec)
spec.loader.exec_module(models)


def listed(predicted):
    return [array.tolist() for array in (predicted if isinstance(predicted, list) else [predicted])]


def make():
    found = {}
    for name, maker in models.MODELS.items():
        model = models.filled(maker(keras, "hard_sigmoid"))
        found[name] = {
            "config": {"class_name": type(model).__name__, "config": model.get_config()},
            "predicted": listed(model.predict(models.data(name))),
        }
        if name in ("text", "towers"):
            model.compile("adam", "mse")
            model.save(str(HERE / f"keras_2_{name}.h5"))
    (HERE / "keras_2.json").write_text(json.dumps(found))


def check(folder):
    golden = json.loads((HERE / "keras_2.json").read_text())
    for name in models.MODELS:
        model = keras.models.load_model(str(pathlib.Path(folder) / (name + ".h5")), compile=False)
        ours_and_theirs = zip(listed(model.predict(models.data(name))), golden[name]["predicted"])  # noqa: B905 - Python 3.7
        for ours, theirs in ours_and_theirs:
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
        print(name, "is the same in Keras", keras.__version__)


if __name__ == "__main__":
    check(sys.argv[2]) if sys.argv[1:2] == ["--check"] else make()
