"""The table of what `compile` chose."""

import numpy as np
import optax
import pytest

import plait
from plait import layers, optimizers


def printed(model):
    lines = []
    model.compile_summary(print_fn=lines.append)
    return lines


def three_outputs():
    inputs = plait.Input((4,))
    heads = [layers.Dense(3, name="kind"), layers.Dense(5, name="tags"), layers.Dense(2, name="free")]
    return plait.Model(inputs, [head(inputs) for head in heads])


def test_each_output_has_a_line_with_what_names_mean_for_it():
    model = three_outputs()
    model.compile(
        "rmsprop",
        {"kind": "sparse_categorical_crossentropy", "tags": "binary_crossentropy", "free": None},
        loss_weights={"tags": 0.5},
        metrics={"kind": ["accuracy"], "tags": ["accuracy", "auc"]},
    )
    assert printed(model) == [
        "output  loss                           weight  metrics",
        "kind    SparseCategoricalCrossentropy  1       kind_accuracy: SparseCategoricalAccuracy",
        "tags    BinaryCrossentropy             0.5     tags_accuracy: BinaryAccuracy, tags_auc: AUC",
        "free    -                              -       -",
        "optimizer: RMSprop, learning rate 0.001",
    ]


def test_targets_that_were_trained_on_decide():
    model = plait.Sequential([plait.Input((4,)), layers.Dense(3, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=["acc"])
    model.fit(np.ones((2, 4), "float32"), np.eye(3)[:2], verbose=0)
    assert printed(model)[1].endswith("acc: CategoricalAccuracy")


@pytest.mark.parametrize(
    ("optimizer", "lines"),
    [
        (optimizers.Adam(optimizers.schedules.CosineDecay(0.1, 10)), ["optimizer: Adam, learning rate CosineDecay"]),
        (
            optimizers.groups({".*bias": optimizers.SGD(0.1)}, default="adam"),
            ["optimizer: SGD, learning rate 0.1", "optimizer: Adam, learning rate 0.001"],
        ),
        (optax.sgd(0.1), ["optimizer: Optax"]),
    ],
    ids=["a schedule", "groups", "optax"],
)
def test_each_optimizer_has_a_line(optimizer, lines):
    model = three_outputs()
    model.compile(optimizer, "mse")
    assert printed(model)[4:] == lines


def test_a_model_that_is_not_compiled_says_so():
    with pytest.raises(ValueError, match="is not compiled, or not built"):
        three_outputs().compile_summary()
    model = plait.Sequential([layers.Dense(3)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="is not compiled, or not built"):
        model.compile_summary()
