"""The lecture's examples by hand, in plain JAX with Plait's array functions: what Plait itself costs beside it."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.work import Work
from plait.functional import convolution, dense, embedding, pooling, recurrence


def _dense(weights: Any, x: Any) -> Any:
    return dense.multiply(x, weights[0]) + weights[1]


def _lstm(weights: Any, x: Any) -> Any:
    units = weights[1].shape[0]
    zeros = jnp.zeros((x.shape[0], units), x.dtype)
    gates = {"activation": jnp.tanh, "recurrent_activation": jax.nn.sigmoid, "has_usual_gates": True}
    return recurrence.lstm(x, zeros, zeros, *weights, **gates)[0]


def _convolved(weights: Any, x: Any) -> Any:
    return convolution.convolve(x, *weights, is_rectified=True)


def _ex1(w: Any, x: Any) -> list[Any]:
    return [_dense(w[0], x)]


def _ex2(w: Any, x: Any) -> list[Any]:
    return [_dense(w[2], jax.nn.relu(_dense(w[1], _lstm(w[0], x))))]


def _ex3(w: Any, x: Any) -> list[Any]:
    x = pooling.max_pool(_convolved(w[0], x), 2)
    return [_dense(w[2], jax.nn.relu(_dense(w[1], x.reshape(x.shape[0], -1))))]


def _ex4(w: Any, text: Any, question: Any) -> list[Any]:
    encoded = [
        _lstm(w[1], embedding.lookup(w[0][0], text)),
        _lstm(w[3], embedding.lookup(w[2][0], question)),
    ]
    return [_dense(w[4], jnp.concatenate(encoded, -1))]


def _ex5(w: Any, posts: Any) -> list[Any]:
    x = pooling.max_pool(_convolved(w[1], embedding.lookup(w[0][0], posts)), 5)
    x = pooling.max_pool(_convolved(w[3], _convolved(w[2], x)), 5)
    x = jax.nn.relu(_dense(w[4], x.max(1)))
    return [_dense(w[5], x), _dense(w[6], x), _dense(w[7], x)]


def _lstm_shapes(features: int, units: int) -> list[tuple[int, ...]]:
    return [(features, 4 * units), (units, 4 * units), (4 * units,)]


_MODELS: dict[str, tuple[Any, list[list[tuple[int, ...]]]]] = {
    "ex1": (_ex1, [[(2, 2), (2,)]]),
    "ex2": (_ex2, [_lstm_shapes(1, 10), [(10, 10), (10,)], [(10, 1), (1,)]]),
    "ex3": (_ex3, [[(3, 3, 3, 32), (32,)], [(175_232, 512), (512,)], [(512, 1), (1,)]]),
    "ex4": (
        _ex4,
        [[(10_000, 64)], _lstm_shapes(64, 32), [(10_000, 32)], _lstm_shapes(32, 16), [(48, 500), (500,)]],
    ),
    "ex5": (
        _ex5,
        [
            [(50_000, 256)],
            [(5, 256, 128), (128,)],
            [(5, 128, 256), (256,)],
            [(5, 256, 256), (256,)],
            [(256, 128), (128,)],
            [(128, 1), (1,)],
            [(128, 10), (10,)],
            [(128, 1), (1,)],
        ],
    ),
}
WORKS = list(_MODELS)


def _cross_entropy(logits: Any, ids: Any) -> Any:
    ids = ids.reshape(ids.shape[0], 1)
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), ids, -1).mean()


_LOSSES: dict[str, Any] = {
    "mse": lambda p, y: jnp.square(p - y).mean(),
    "binary_crossentropy": lambda p, y: (jax.nn.softplus(p) - p * y).mean(),
    "sparse_categorical_crossentropy": _cross_entropy,
}
_PROBABILITIES: dict[str, Any] = {
    "mse": lambda p: p,
    "binary_crossentropy": jax.nn.sigmoid,
    "sparse_categorical_crossentropy": jax.nn.softmax,
}


class Subject:
    """Weights as a list of lists of arrays, and one jitted step per batch."""

    def __init__(self, name: str, work: Work) -> None:
        self.work = work
        self.forward, shapes = _MODELS[name]
        random = np.random.default_rng(0)
        self.weights = [
            [jnp.asarray(random.uniform(-0.05, 0.05, s).astype("float32")) for s in layer] for layer in shapes
        ]

    def compile(self) -> None:
        """Makes the compiled functions."""
        self.slots = jax.tree.map(jnp.zeros_like, self.weights)
        self.step = jax.jit(self._step, donate_argnums=(0, 1))
        self.outputs = jax.jit(self._outputs)

    def _step(self, weights: Any, slots: Any, x: list[Any], y: list[Any], rows: Any) -> Any:
        @functools.partial(jax.grad)
        def gradients(weights: Any) -> Any:
            outputs = self.forward(weights, *(one[rows] for one in x))
            factors = self.work.loss_weights or [1.0]
            parts = zip(outputs, y, self.work.losses, factors, strict=True)
            return sum(factor * _LOSSES[name](p, t[rows]) for p, t, name, factor in parts)

        grads = gradients(weights)
        slots = jax.tree.map(lambda slot, grad: 0.9 * slot + 0.1 * grad * grad, slots, grads)
        weights = jax.tree.map(
            lambda weight, slot, grad: weight - 0.001 * grad * jax.lax.rsqrt(slot + 1e-7), weights, slots, grads
        )
        return weights, slots

    def _outputs(self, weights: Any, x: list[Any]) -> Any:
        named = zip(self.forward(weights, *x), self.work.losses, strict=True)
        return [_PROBABILITIES[name](output) for output, name in named]

    def train(self, x: list[Any], y: list[Any], epochs: int = 1) -> None:
        """Trains on all of the data, in a new order each epoch."""
        x, y = jax.device_put((x, y))
        for epoch in range(epochs):
            order = np.random.default_rng(epoch).permutation(len(x[0])).astype(np.int32)
            for rows in order.reshape(-1, self.work.batch):
                self.weights, self.slots = self.step(self.weights, self.slots, x, y, rows)
                jax.block_until_ready(self.weights[-1])

    def predict(self, x: list[Any]) -> Any:
        """Predicts all of the data, to NumPy."""
        parts = range(0, len(x[0]), self.work.batch)
        return [
            [np.asarray(output) for output in self.outputs(self.weights, [one[i : i + self.work.batch] for one in x])]
            for i in parts
        ]

    def call(self, x: list[Any]) -> Any:
        """Calls the model on arrays, to NumPy."""
        return [np.asarray(output) for output in self.outputs(self.weights, x)]

    def summary(self) -> None:
        """Does nothing: there is no summary."""

    def count(self) -> int:
        """Returns the number of scalars in the weights."""
        return sum(array.size for layer in self.weights for array in layer)
