"""The state of the newer optimizers in files, from Plait to genuine Keras and back."""

import numpy as np
import pytest

import plait
from plait import saving
from tests.genuine import genuine_keras

X, Y = np.linspace(-1, 1, 48, dtype="float32").reshape(12, 4), np.linspace(0, 1, 24, dtype="float32").reshape(12, 2)

OPTIMIZERS = {
    "Adafactor": lambda K: K.optimizers.Adafactor(0.1),
    "Muon": lambda K: K.optimizers.Muon(0.01, exclude_layers=["last"]),
    "ScheduleFreeAdamW": lambda K: K.optimizers.ScheduleFreeAdamW(0.01, warmup_steps=3),
    "MultiOptimizer": lambda K: K.optimizers.MultiOptimizer(
        K.optimizers.OptimizerMap(
            K.optimizers.SGD(0.01, momentum=0.9),
            {".*last.*": K.optimizers.Adam(0.01), "no such": K.optimizers.SGD(0.1)},
        )
    ),
}


def made(K, optimizer):
    inputs = K.Input((4,))
    hidden = K.layers.Dense(8, activation="tanh", name="first")(inputs)
    model = K.Model(inputs, K.layers.Dense(2, name="last")(hidden))
    model.compile(optimizer(K), "mse")
    return model


def further(model):
    """Returns the losses of two more epochs."""
    return model.fit(X, Y, batch_size=6, epochs=2, shuffle=False, verbose=0).history["loss"]


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_training_goes_on_in_keras_and_in_plait_as_it_would_have(optimizer, tmp_path):
    model = made(plait, optimizer)
    further(model)
    model.save(tmp_path / "plait.keras")
    with genuine_keras() as keras:
        theirs = keras.saving.load_model(tmp_path / "plait.keras")
        theirs.save(tmp_path / "keras.keras")
        expected = further(theirs)

    np.testing.assert_allclose(further(saving.load_model(tmp_path / "keras.keras")), expected, rtol=1e-4)
    np.testing.assert_allclose(further(model), expected, rtol=1e-4)
