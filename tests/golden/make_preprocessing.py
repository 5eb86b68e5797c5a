"""Writes preprocessing.json: what genuine Keras gives for the layers on text, hashes and vocabularies.

These layers of Keras need TensorFlow, which the tests do not have. Run it where both are installed:

    python tests/golden/make_preprocessing.py
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf

TEXTS = ["The cat sat on the mat.", "the dog  ate the\tcat!", "ÉTÉ: naïve café, l'été", "a-b c_d", ""]
WORDS = [["cat", "dog", "cat"], ["bird", "cat", "ÉTÉ"], ["dog", "", "mat"]]
LONG = ["x" * length for length in (*range(1, 70), 100, 127, 128, 129, 192, 193, 300, 1000)]
VARIED = ["".join(chr(33 + (7 * i + n) % 90) for i in range(n)) for n in range(0, 140, 3)]
NUMBERS = [0, 1, 2, 3, 4, -1, -7, 10, 99, 100, 12345, 2147483647]
INTEGERS = [[5, 7, 5], [9, 5, 11], [7, 0, 12]]


def case(layer, config, calls, adapt=None):
    return {"layer": layer, "config": config, "adapt": adapt, "calls": calls}


def hashing():
    yield case("Hashing", {"num_bins": 1_000_003}, [LONG, VARIED, NUMBERS, TEXTS, WORDS])
    yield case("Hashing", {"num_bins": 1_000_003, "salt": [133, 137]}, [LONG, VARIED, NUMBERS, TEXTS])
    yield case("Hashing", {"num_bins": 97, "salt": 42}, [VARIED, INTEGERS])
    yield case("Hashing", {"num_bins": 7, "mask_value": ""}, [WORDS])
    yield case("Hashing", {"num_bins": 7, "mask_value": 5}, [INTEGERS])
    yield case("Hashing", {"num_bins": 1, "mask_value": 5}, [INTEGERS])
    yield case("Hashing", {"num_bins": 5}, [[1.5, 2.0, -3.7], [True, False]])
    for mode in ("one_hot", "multi_hot", "count"):
        yield case("Hashing", {"num_bins": 5, "output_mode": mode}, [WORDS, INTEGERS, ["a", "b"], [["a"], ["b"]]])
    letters, ids = ["A", "B", "A", "Bé", ""], [101, 101, -5, 102, 2147483647]
    for mode in ("int", "one_hot"):
        crossing = [[letters, ids], [ids, letters, letters], [[[i] for i in ids], [[w] for w in letters]]]
        yield case("HashedCrossing", {"num_bins": 1009 if mode == "int" else 6, "output_mode": mode}, crossing)


def lookups():
    vocabulary = ["cat", "mat", "ÉTÉ"]
    for mode in ("int", "one_hot", "multi_hot", "count"):
        for mask in (None, "dog"):
            config = {"vocabulary": vocabulary, "output_mode": mode, "mask_token": mask}
            yield case("StringLookup", config, [WORDS, ["cat", "dog"], [["cat"], ["x"]]])
    yield case("StringLookup", {"vocabulary": vocabulary, "num_oov_indices": 5}, [WORDS, VARIED])
    yield case("StringLookup", {"vocabulary": vocabulary, "num_oov_indices": 5, "salt": [3, 4]}, [WORDS, VARIED])
    yield case("StringLookup", {"vocabulary": ["cat", "dog", "bird", "mat", "ÉTÉ", ""], "num_oov_indices": 0}, [WORDS])
    yield case("StringLookup", {"vocabulary": ["", "[UNK]", "cat"], "mask_token": ""}, [WORDS])
    for mask in (None, "m"):
        yield case("StringLookup", {"vocabulary": vocabulary, "invert": True, "mask_token": mask}, [[0, 1, 2, 3, 4, 9]])
    for extra in ({}, {"max_tokens": 4}, {"num_oov_indices": 2}, {"mask_token": "dog"}, {"output_mode": "count"},
                  {"output_mode": "tf_idf"}, {"output_mode": "tf_idf", "mask_token": "dog", "num_oov_indices": 2},
                  {"output_mode": "tf_idf", "max_tokens": 9, "pad_to_max_tokens": True},
                  {"output_mode": "multi_hot", "max_tokens": 9, "pad_to_max_tokens": True}):
        yield case("StringLookup", extra, [WORDS, ["cat", "ÉTÉ"]], adapt=WORDS)
    yield case("StringLookup", {"output_mode": "tf_idf"}, [WORDS], adapt=["a", "cat", "a", "dog"])
    yield case("StringLookup", {"output_mode": "tf_idf", "vocabulary": vocabulary, "idf_weights": [0.25, 0.5, 2.0]},
               [WORDS])
    yield case("StringLookup", {"output_mode": "tf_idf", "vocabulary": ["[UNK]", *vocabulary],
                                "idf_weights": [3.0, 0.25, 0.5, 2.0]}, [WORDS])

    numbers = [5, 7, 12]
    for mode in ("int", "one_hot", "multi_hot", "count"):
        for mask in (None, 0):
            config = {"vocabulary": numbers, "output_mode": mode, "mask_token": mask}
            yield case("IntegerLookup", config, [INTEGERS, [5, 0], [[5], [1]]])
    for extra in ({}, {"oov_method": "farmhash"}, {"oov_method": "farmhash", "salt": [137, 42]}, {"mask_token": 0}):
        yield case("IntegerLookup", {"vocabulary": numbers, "num_oov_indices": 4, **extra}, [INTEGERS, NUMBERS])
    yield case("IntegerLookup", {"vocabulary": numbers, "invert": True, "mask_token": 99}, [[0, 1, 2, 3, 4, 9, -1]])
    for extra in ({}, {"max_tokens": 4}, {"output_mode": "tf_idf"}, {"output_mode": "tf_idf", "mask_token": 5},
                  {"output_mode": "count", "max_tokens": 9, "pad_to_max_tokens": True}):
        yield case("IntegerLookup", extra, [INTEGERS, [5, 12]], adapt=INTEGERS)


def texts():
    call = [TEXTS, [[text] for text in TEXTS]]
    for extra in ({}, {"standardize": None}, {"standardize": "lower"}, {"standardize": "strip_punctuation"},
                  {"split": "character"}, {"ngrams": 2}, {"ngrams": (1, 3)}, {"ngrams": (2,)}, {"max_tokens": 6},
                  {"output_sequence_length": 3}, {"output_sequence_length": 9}, {"output_mode": "multi_hot"},
                  {"output_mode": "count", "ngrams": 2}, {"output_mode": "tf_idf"},
                  {"output_mode": "tf_idf", "max_tokens": 30, "pad_to_max_tokens": True},
                  {"output_mode": "count", "split": "character", "max_tokens": 5}):
        yield case("TextVectorization", extra, call, adapt=TEXTS)
    yield case("TextVectorization", {"split": None, "standardize": "lower"}, [WORDS, [["cat"], ["x"]]], adapt=WORDS)
    yield case("TextVectorization", {"split": None, "output_mode": "count"}, [WORDS], adapt=WORDS)
    yield case("TextVectorization", {"split": None, "ngrams": 2}, [WORDS], adapt=WORDS)
    yield case("TextVectorization", {"vocabulary": ["the", "cat"]}, call)
    yield case("TextVectorization", {"vocabulary": ["", "[UNK]", "the", "cat"]}, call)
    yield case("TextVectorization", {"vocabulary": ["the", "cat"], "output_mode": "tf_idf",
                                     "idf_weights": [0.25, 4.0]}, call)


def numbers():
    column = [((7 * n) % 31) ** 2 / 10 for n in range(400)]
    few = [[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]]
    for bins in (1, 2, 4, 9):
        for epsilon in (0.01, 0.1):
            yield case("Discretization", {"num_bins": bins, "epsilon": epsilon}, [few, column[:20]], adapt=column)
    yield case("Discretization", {"num_bins": 4}, [few], adapt=few)
    table = [[0.0, 7.0, 4.0], [2.0, 9.0, 6.0], [0.0, 7.0, 5.0], [2.5, 9.0, 6.0]]
    for axis in (-1, None, 1, [0, 1]):
        for invert in (False, True):
            yield case("Normalization", {"axis": axis, "invert": invert}, [table], adapt=table)


def plain(outputs):
    if isinstance(outputs, tf.RaggedTensor):
        raise TypeError("ragged")
    array = np.asarray(outputs)
    if array.dtype == object:
        return np.array([element.decode() for element in array.reshape(-1)]).reshape(array.shape).tolist()
    return array.tolist()


def arrays(layer, call):
    if layer == "HashedCrossing":
        return [np.array(feature) for feature in call]
    return np.array(call, "float32") if layer == "Normalization" else np.array(call)


def run(one):
    layer = getattr(keras.layers, one["layer"])(**one["config"])
    if one["adapt"] is not None:
        layer.adapt(arrays(one["layer"], one["adapt"]))
    outputs = [plain(layer(arrays(one["layer"], call))) for call in one["calls"]]
    found = {**one, "outputs": outputs}
    if hasattr(layer, "get_vocabulary"):
        found["vocabulary"] = [token.item() if isinstance(token, np.generic) else token for token in layer.get_vocabulary()]
    if one["layer"] == "Discretization":
        found["boundaries"] = layer.bin_boundaries
    return found


if __name__ == "__main__":
    cases = [run(one) for make in (hashing, lookups, texts, numbers) for one in make()]
    made_with = {"keras": keras.__version__, "tensorflow": tf.__version__}
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in cases)
    text = f'{{"made_with": {json.dumps(made_with)},\n"cases": [\n{lines}\n]}}\n'
    pathlib.Path(__file__).with_name("preprocessing.json").write_text(text, encoding="utf-8")
    print(len(cases), "cases")
