"""`plait demo`: two images in, one shared encoder, four answers out, on scikit-learn's scans of handwritten digits."""

from __future__ import annotations

import argparse
import pathlib
import time
from typing import Any

import numpy as np
import rich
import rich.table

from plait import Input, Model, layers
from plait.callbacks import LambdaCallback
from plait.core import seeds

_TRAIN_PAIRS, _TEST_PAIRS, _HELD_OUT_SCANS = 12_000, 2_000, 447


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of the command."""
    parser.add_argument("--epochs", type=int, default=12, help="passes over the training pairs (default: 12)")
    parser.add_argument("--seed", type=int, default=0, help="of initial values, pairs and their order (default: 0)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("plait-demo"), help="folder for what it makes")


def main(args: argparse.Namespace) -> int:
    """Trains the model, prints what it learned beside chance, and saves a picture of eight test pairs."""
    if args.epochs < 1:
        raise SystemExit("plait demo: --epochs must be at least 1.")
    began = time.perf_counter()
    seeds.set_random_seed(args.seed)
    train, test = pairs_of_digits(args.seed)
    model = pair_model()
    model.summary()
    print(f"\nTraining on {_TRAIN_PAIRS:,} pairs of {1797 - _HELD_OUT_SCANS:,} scans, for {args.epochs} epochs.\n")
    model.compile(
        optimizer="adam",
        loss={
            "left": "sparse_categorical_crossentropy",
            "right": "sparse_categorical_crossentropy",
            "same": "binary_crossentropy",
            "sum": "mse",
        },
        loss_weights={"left": 1.0, "right": 1.0, "same": 1.0, "sum": 0.1},
        metrics={"left": "accuracy", "right": "accuracy", "same": "accuracy", "sum": "mae"},
    )
    started = time.perf_counter()
    x, y = train
    model.fit(x, y, batch_size=128, epochs=args.epochs, callbacks=[_annealing(model, args.epochs)])
    trained = time.perf_counter() - started
    x, y = test
    measured = model.evaluate(x, y, batch_size=500, verbose=0, return_dict=True)
    print_results(measured, train[1], test[1])
    args.out.mkdir(parents=True, exist_ok=True)
    picture = args.out / "pairs.png"
    draw_pairs(picture, model, test)
    print(f"\nTrained in {trained:.0f} s; {time.perf_counter() - began:.0f} s in all.")
    print(f"Eight test pairs with their predictions: {picture.resolve()}")
    return 0


def pair_model() -> Model:
    """Returns the model: the encoder is one layer called twice, so both images are read by the same weights."""
    image = Input((8, 8, 1))
    x = layers.Conv2D(24, 3, padding="same", activation="relu")(image)
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.3)(x)
    encoder = Model(image, layers.Dense(96, activation="relu")(x), name="encoder")

    left_image, right_image = Input((8, 8, 1), name="left_image"), Input((8, 8, 1), name="right_image")
    left_code, right_code = encoder(left_image), encoder(right_image)
    left = layers.Dense(10, activation="softmax", name="left")(left_code)
    right = layers.Dense(10, activation="softmax", name="right")(right_code)
    both = layers.concatenate([left_code, right_code])
    agreement = layers.Dot(axes=1, name="agreement")([left, right])
    difference = abs(left_code - right_code)
    same = layers.Dense(32, activation="relu")(layers.concatenate([difference, agreement]))
    outputs = {
        "left": left,
        "right": right,
        "same": layers.Dense(1, activation="sigmoid", name="same")(same),
        "sum": layers.Dense(1, name="sum")(layers.Dense(64, activation="relu")(both)),
    }
    return Model({"left_image": left_image, "right_image": right_image}, outputs, name="pairs")


def pairs_of_digits(seed: int) -> tuple[Any, Any]:
    """Returns (inputs, targets) to train on and to test on; no scan is in both."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = (digits.images / 16.0).astype(np.float32)[..., None]
    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(images))
    held_out, kept = shuffled[:_HELD_OUT_SCANS], shuffled[_HELD_OUT_SCANS:]
    return (
        _pairs(images[kept], digits.target[kept], _TRAIN_PAIRS, random),
        _pairs(images[held_out], digits.target[held_out], _TEST_PAIRS, random),
    )


def _pairs(images: np.ndarray, labels: np.ndarray, count: int, random: np.random.Generator) -> tuple[Any, Any]:
    """Returns pairs of which half show the same digit, on two different scans."""
    left = random.integers(len(images), size=count)
    right = random.integers(len(images), size=count)
    for row in range(0, count, 2):
        others = np.flatnonzero(labels == labels[left[row]])
        right[row] = random.choice(others[others != left[row]])
    one, other = labels[left], labels[right]
    inputs = {"left_image": images[left], "right_image": images[right]}
    return inputs, {
        "left": one,
        "right": other,
        "same": (one == other).astype(np.float32),
        "sum": (one + other).astype(np.float32),
    }


def print_results(measured: dict[str, float], trained_on: dict[str, Any], tested_on: dict[str, Any]) -> None:
    """Prints the held-out results beside what the best constant answer would score."""
    rows = []
    for name in ("left", "right", "same"):
        labels, counts = np.unique(trained_on[name], return_counts=True)
        chance = float(np.mean(tested_on[name] == labels[np.argmax(counts)]))
        rows.append((name, "accuracy", measured[f"{name}_accuracy"], chance))
    chance = float(np.mean(np.abs(tested_on["sum"] - np.median(trained_on["sum"]))))
    rows.append(("sum", "mean abs. error", measured["sum_mae"], chance))
    table = rich.table.Table(
        title=f"{_TEST_PAIRS:,} pairs of {_HELD_OUT_SCANS} scans it has not seen", title_justify="left"
    )
    for heading in ("output", "measured as"):
        table.add_column(heading)
    for heading in ("result", "chance"):
        table.add_column(heading, justify="right")
    for name, kind, result, guess in rows:
        table.add_row(name, kind, f"{result:.4f}", f"{guess:.4f}")
    print()
    rich.print(table)


def draw_pairs(path: pathlib.Path, model: Model, test: Any) -> None:
    """Saves a picture of the first eight test pairs, with what the model says of each."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    inputs = {name: array[:8] for name, array in test[0].items()}
    said = model.predict(inputs, verbose=0)
    figure, panels = pyplot.subplots(2, 4, figsize=(11, 5))
    for row, panel in enumerate(panels.flat):
        pair = np.hstack([inputs["left_image"][row, ..., 0], np.ones((8, 1)), inputs["right_image"][row, ..., 0]])
        panel.imshow(pair, cmap="gray_r", vmin=0, vmax=1)
        panel.set_axis_off()
        left, right = said["left"][row].argmax(), said["right"][row].argmax()
        true = [int(test[1][name][row]) for name in ("left", "right")]
        same = float(said["same"][row, 0])
        is_right = [left, right] == true and (same > 0.5) == (true[0] == true[1])
        panel.set_title(
            f"{left} and {right}, sum {said['sum'][row, 0]:.1f}\n{'same' if same > 0.5 else 'different'} ({same:.3f})",
            color="#1b6e3c" if is_right else "#b3261e",
            fontsize=12,
        )
    figure.suptitle("Plait on digits it has not seen: what it says of each pair (green: all of it right)", fontsize=13)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _annealing(model: Model, epochs: int) -> LambdaCallback:
    """Lowers the learning rate along half a cosine, from 0.002."""

    def set_rate(epoch: int, logs: Any = None) -> None:
        model.optimizer.learning_rate = 0.001 * (1 + np.cos(np.pi * epoch / epochs)) + 1e-5

    return LambdaCallback(on_epoch_begin=set_rate)
