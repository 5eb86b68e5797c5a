"""Valid files of every format that Plait reads: what the fuzzer starts from."""

import json
import pathlib
import zipfile
from typing import NamedTuple

import plait
from plait import layers, ops

GOLDEN = pathlib.Path(__file__).parents[1] / "golden"


class Seed(NamedTuple):
    """Holds a file, and for one of weights alone the file of their model."""

    name: str
    path: pathlib.Path
    model: pathlib.Path | None


def varied():
    """Returns a compiled model with layers of every kind."""
    ids, series, image = plait.Input((6,), dtype="int32"), plait.Input((6, 4)), plait.Input((8, 8, 2))
    words = layers.Embedding(9, 4, mask_zero=True)(ids)
    words = layers.add([words, layers.MultiHeadAttention(2, 2)(words, words)])
    words = layers.Bidirectional(layers.LSTM(2, return_sequences=True))(layers.LayerNormalization()(words))
    steps = layers.Conv1D(4, 3, padding="same", kernel_regularizer="l2")(ops.relu(series * 2 - 1))
    steps = layers.GRU(4, return_sequences=True)(layers.GaussianNoise(0.1)(layers.Normalization()(steps)))
    steps = layers.TimeDistributed(layers.Dense(4, activation="gelu", bias_constraint="non_neg"))(steps)
    pixels = layers.BatchNormalization()(layers.SeparableConv2D(3, 3)(layers.ZeroPadding2D(1)(image)))
    pixels = layers.UpSampling2D(2)(layers.MaxPooling2D(2)(layers.Rescaling(0.5)(pixels)))
    inner = plait.Sequential([plait.Input((8, 8, 3)), layers.Conv2DTranspose(2, 2), layers.GlobalAveragePooling2D()])
    ends = [layers.GlobalAveragePooling1D()(words), layers.Flatten()(layers.Permute((2, 1))(steps)), inner(pixels)]
    joined = layers.Dropout(0.2)(layers.concatenate(ends))
    model = plait.Model([ids, series, image], layers.Dense(3, activation="softmax")(layers.Reshape((-1,))(joined)))
    rate = plait.optimizers.schedules.ExponentialDecay(0.01, 10, 0.9)
    model.compile(plait.optimizers.AdamW(rate, clipnorm=1.0), "categorical_crossentropy", metrics=["accuracy", "AUC"])
    return model


def texts():
    """Returns a model with vocabularies."""
    line, word = plait.Input((1,), dtype="string"), plait.Input((1,), dtype="string")
    numbers = layers.TextVectorization(vocabulary=["a", "b"], output_sequence_length=3)(line)
    places = layers.StringLookup(vocabulary=["x", "y", "z"], num_oov_indices=2)(word)
    joined = layers.concatenate([layers.Embedding(9, 2)(numbers), layers.Embedding(9, 2)(places)], axis=1)
    return plait.Model([line, word], layers.Dense(1)(layers.Flatten()(joined)))


# What a model is written to as a whole, and its weights alone.
WHOLE = {varied: (".keras", ".h5"), texts: (".keras",)}
ALONE = {varied: (".weights.h5", ".npz", ".safetensors"), texts: ()}


def _ours(folder):
    for make in (varied, texts):
        model, name = make(), make.__name__
        for ending in WHOLE[make]:
            model.save(folder / f"{name}{ending}")
            yield Seed(f"{name}{ending}", folder / f"{name}{ending}", None)
        _forget_date(folder / f"{name}.keras")
        for ending in ALONE[make]:
            alone = folder / f"{name}_alone{ending}"
            model.save_weights(alone)
            yield Seed(alone.name, alone, folder / f"{name}.keras")


def _forget_date(path):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["metadata.json"] = json.dumps({"keras_version": "3.15.1"})
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)


def _golden(folder):
    for path in sorted(GOLDEN.glob("keras_*/*.zip")):
        place = folder / path.parent.name / path.stem
        with zipfile.ZipFile(path) as archive:
            archive.extractall(place)
        whole = next(place / name for name in ("model.keras", "model.h5") if (place / name).exists())
        for file in sorted(place.glob("*.keras")) + sorted(place.glob("*.h5")):
            yield Seed(str(file.relative_to(folder)), file, None if file.stem == "model" else whole)


def seeds(folder):
    """Writes the files to a folder, and returns them in an order that is always the same."""
    return [*_ours(folder), *_golden(folder)]
