"""What `deterministic=True` asks for, and that it is then so."""

import jax
import numpy as np
import pytest

import plait
from plait import layers
from plait.core import determinism, seeds
from plait.layers import Input
from plait.models import Sequential


def test_a_seed_is_needed(monkeypatch):
    monkeypatch.setattr(seeds, "_seed", None)
    with pytest.raises(ValueError, match="needs a seed"):
        determinism.check()


@pytest.mark.parametrize("backend", ["gpu", "cuda"])
def test_on_a_gpu_xla_must_have_been_told(monkeypatch, backend):
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=x")
    with pytest.raises(ValueError, match="Start the process with XLA_FLAGS=--xla_gpu_deterministic_ops=true"):
        determinism.check()
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=x --xla_gpu_deterministic_ops=true")
    determinism.check()


def test_two_runs_give_the_same_bits():
    def run():
        plait.utils.set_random_seed(5)
        model = Sequential(
            [Input((8, 8, 1)), layers.Conv2D(4, 3), layers.MaxPooling2D(), layers.Flatten(), layers.Dropout(0.5),
             layers.Dense(1)]
        )  # fmt: skip
        model.compile("adam", "mse")
        x = np.random.default_rng(0).normal(size=(64, 8, 8, 1)).astype("float32")
        history = model.fit(x, x[:, 0, 0], epochs=3, verbose=0, deterministic=True)
        return [*model.get_weights(), *history.history["loss"]]

    for first, second in zip(run(), run(), strict=True):
        np.testing.assert_array_equal(first, second)
