"""A run that can be ended at any moment and started again: `python run.py folder result [slow]`."""

import sys
import time

import numpy as np

import plait
from plait import callbacks, layers
from plait.layers import Input
from plait.models import Model, Sequential
from plait.training.checkpoints import Checkpoint

EPOCHS = 12


def data(count=100):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(count, 6)).astype("float32")
    return x, (x[:, :1] - x[:, 1:2] > 0).astype("float32")


def model(steps=Model, units=8):
    plait.utils.set_random_seed(3)
    hidden = layers.Dense(units, "relu")(x := Input((6,), name="x"))
    hidden = layers.Dropout(0.3)(layers.BatchNormalization()(hidden))
    made = steps(x, layers.Dense(1, "sigmoid", kernel_regularizer="l2")(hidden))
    made.compile(plait.optimizers.Adam(0.01, use_ema=True), "binary_crossentropy", metrics=["accuracy", "AUC"])
    return made


def one_weight():
    plait.utils.set_random_seed(3)
    made = Sequential([Input((6,)), layers.Dense(1)])
    made.compile("sgd", "mse")
    return made


class Slow(callbacks.Callback):
    def __init__(self, seconds):
        self.seconds = seconds

    def on_epoch_end(self, epoch, logs=None):
        time.sleep(self.seconds)


def fit(made, checkpoint=None, epochs=EPOCHS, also=(), **arguments):
    """Trains with all that a checkpoint has to keep: batches of 7 of 100, another order each epoch, a best epoch."""
    x, y = data()
    stopping = callbacks.EarlyStopping(patience=epochs, restore_best_weights=True)
    return made.fit(
        x, y, batch_size=7, epochs=epochs, verbose=0, validation_split=0.2, callbacks=[stopping, *also],
        checkpoint=checkpoint, **arguments,
    )  # fmt: skip


def result(made, history):
    numbers = {f"history/{name}": np.array(values) for name, values in history.history.items()}
    return numbers | {f"weight/{number}": value for number, value in enumerate(made.get_weights())}


def same(first, second):
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


if __name__ == "__main__":
    folder, written, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    trained = model()
    print("begun", flush=True)
    history = fit(trained, Checkpoint(folder, every_steps=5), also=[Slow(seconds)])
    np.savez(written, **result(trained, history))
