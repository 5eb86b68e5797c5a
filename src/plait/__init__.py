"""Plait: the Keras Sequential and Functional API, written from scratch on JAX.

    from plait import Input, Model, layers

    inputs = Input((28, 28, 1))
    outputs = layers.Dense(10, activation="softmax")(layers.Flatten()(inputs))
    model = Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y)

Start reading at `ARCHITECTURE.md`, then `plait.graph.layer`.
"""

from plait.core import compilation_cache, memory

# Before anything is allocated or compiled.
memory.keep()
compilation_cache.use()

from plait import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    mixed_precision,
    models,
    ops,
    optimizers,
    random,
    regularizers,
    saving,
    utils,
)
from plait.core.policy import DTypePolicy
from plait.graph.input import Input
from plait.graph.layer import Layer
from plait.graph.shapes import InputSpec
from plait.graph.tensor import SymbolicTensor
from plait.initializers import Initializer
from plait.keras import load_ipython_extension as load_ipython_extension
from plait.keras import unload_ipython_extension as unload_ipython_extension
from plait.losses import Loss
from plait.metrics import Metric
from plait.models import Model, Sequential
from plait.optimizers import Optimizer
from plait.regularizers import Regularizer

__version__ = "0.1.0"

KerasTensor = SymbolicTensor

__all__ = [
    "DTypePolicy",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "SymbolicTensor",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "mixed_precision",
    "models",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "saving",
    "utils",
]
