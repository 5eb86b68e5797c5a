"""Plait: the Keras Sequential and Functional API, written from scratch on JAX.

    from plait import Input, Model, layers

    inputs = Input((28, 28, 1))
    outputs = layers.Dense(10, activation="softmax")(layers.Flatten()(inputs))
    model = Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y)

Start reading at `ARCHITECTURE.md`, then `plait.graph.layer`.
"""

from typing import TYPE_CHECKING

from plait.core import lazy

with lazy.importing():
    from plait.core import compilation_cache, memory

    # Before anything is allocated or compiled.
    memory.keep()
    compilation_cache.use()

    # What every script uses; the rest when it is first asked for.
    from plait import layers as layers
    from plait.graph import operators
    from plait.graph.input import Input as Input
    from plait.models.model import Model as Model
    from plait.models.sequential import Sequential as Sequential

operators.add_sources("plait.backend", "plait.random", "plait.ops")

__version__ = "0.1.0"

if TYPE_CHECKING:
    from plait import activations as activations
    from plait import backend as backend
    from plait import callbacks as callbacks
    from plait import config as config
    from plait import constraints as constraints
    from plait import data as data
    from plait import datasets as datasets
    from plait import dtype_policies as dtype_policies
    from plait import initializers as initializers
    from plait import losses as losses
    from plait import metrics as metrics
    from plait import mixed_precision as mixed_precision
    from plait import models as models
    from plait import ops as ops
    from plait import optimizers as optimizers
    from plait import random as random
    from plait import regularizers as regularizers
    from plait import saving as saving
    from plait import tree as tree
    from plait import utils as utils
    from plait import wrappers as wrappers
    from plait.core.policy import DTypePolicy as DTypePolicy
    from plait.dtype_policies import FloatDTypePolicy as FloatDTypePolicy
    from plait.graph.layer import Layer as Layer
    from plait.graph.remat import RematScope as RematScope
    from plait.graph.remat import remat as remat
    from plait.graph.shapes import InputSpec as InputSpec
    from plait.graph.tensor import KerasTensor as KerasTensor
    from plait.graph.tensor import SymbolicTensor as SymbolicTensor
    from plait.initializers import Initializer as Initializer
    from plait.keras import load_ipython_extension as load_ipython_extension
    from plait.keras import unload_ipython_extension as unload_ipython_extension
    from plait.losses import Loss as Loss
    from plait.metrics import Metric as Metric
    from plait.models.function import Function as Function
    from plait.optimizers import Optimizer as Optimizer
    from plait.regularizers import Regularizer as Regularizer
    from plait.top import device as device
    from plait.top import name_scope as name_scope
    from plait.top import version as version
else:
    __getattr__, __all__ = lazy.exports(__name__, __file__)

    def __dir__():
        return list(__all__)
