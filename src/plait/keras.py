"""Puts Plait in the place of `keras` and of `tensorflow.keras`, so that a script written for Keras runs unchanged.

    import plait.keras

    plait.keras.install()
    from keras.layers import Dense  # Plait's

`plait run script.py` does this for a script, `%load_ext plait` for a notebook. What stands in `sys.modules` are small
stand-ins that look names up in Plait's own modules; no module of Plait's is loaded twice.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from plait import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    datasets,
    dtype_policies,
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
    tree,
    utils,
    wrappers,
)
from plait.core import errors
from plait.optimizers import schedules

# Each path below `keras`, of today and of the lectures' time, and where its names are found.
_PATHS: dict[str, tuple[ModuleType, ...]] = {
    "activations": (activations,),
    "backend": (backend,),
    "callbacks": (callbacks,),
    "config": (config,),
    "constraints": (constraints,),
    "datasets": (),
    "datasets.boston_housing": (datasets.boston_housing,),
    "datasets.california_housing": (datasets.california_housing,),
    "datasets.cifar10": (datasets.cifar10,),
    "datasets.cifar100": (datasets.cifar100,),
    "datasets.fashion_mnist": (datasets.fashion_mnist,),
    "datasets.imdb": (datasets.imdb,),
    "datasets.mnist": (datasets.mnist,),
    "datasets.reuters": (datasets.reuters,),
    "dtype_policies": (dtype_policies,),
    "engine": (layers, models),
    "engine.base_layer": (layers,),
    "engine.input_layer": (layers,),
    "engine.network": (layers, models),
    "engine.sequential": (models,),
    "engine.topology": (layers, models),
    "engine.training": (models,),
    "initializers": (initializers,),
    "layers": (layers,),
    "layers.advanced_activations": (layers,),
    "layers.attention": (layers,),
    "layers.convolutional": (layers,),
    "layers.convolutional_recurrent": (layers,),
    "layers.core": (layers,),
    "layers.cudnn_recurrent": (layers,),
    "layers.embeddings": (layers,),
    "layers.experimental": (),
    "layers.experimental.preprocessing": (layers,),
    "layers.local": (layers,),
    "layers.locally_connected": (layers,),
    "layers.merge": (layers,),
    "layers.noise": (layers,),
    "layers.normalization": (layers,),
    "layers.normalization.batch_normalization": (layers,),
    "layers.pooling": (layers,),
    "layers.preprocessing": (layers,),
    "layers.recurrent": (layers,),
    "layers.wrappers": (layers,),
    "losses": (losses,),
    "metrics": (metrics,),
    "mixed_precision": (mixed_precision,),
    "models": (models,),
    "objectives": (losses,),
    "ops": (ops,),
    "ops.image": (ops.image,),
    "ops.linalg": (ops.linalg,),
    "ops.nn": (ops,),
    "ops.numpy": (ops,),
    "optimizers": (optimizers,),
    "optimizers.legacy": (optimizers,),
    "optimizers.schedules": (schedules,),
    "preprocessing": (utils,),
    "preprocessing.image": (utils,),
    "preprocessing.sequence": (utils,),
    "random": (random,),
    "regularizers": (regularizers,),
    "saving": (saving, models),
    "tree": (tree,),
    "utils": (utils,),
    "utils.generic_utils": (utils,),
    "utils.np_utils": (utils,),
    "utils.vis_utils": (utils,),
    "wrappers": (wrappers,),
}

# What scripts ask for and Plait leaves out on purpose, with the way out.
_LEFT_OUT = {
    "keras.Operation": "Write a Layer, or a function of plait.ops: both work on symbolic tensors.",
    "keras.StatelessScope": "model.pure() and stateless_call compute from values that they are given, without a scope.",
    "keras.Variable": "Declare it in a layer, with self.add_weight(shape, initializer).",
    "keras.applications": "These models are their weights, which Plait does not fetch. Write one with Keras, by "
    'model.save("model.keras"), and read it here, by keras.models.load_model("model.keras").',
    "keras.distribution": "Arrays are spread over devices by JAX itself: jax.sharding.",
    "keras.export": "model.export(path) writes StableHLO and ONNX.",
    "keras.backend.get_session": "There is no session: arrays have their values at once, and K.function computes those "
    "of symbolic tensors.",
    "keras.backend.gradients": "Write the loss as a function of arrays and give it to jax.grad.",
    "keras.backend.learning_phase": "A layer's call(self, inputs, training=None) is told.",
    "keras.backend.placeholder": "Write keras.Input(shape).",
    "keras.backend.random_normal_variable": "For the array, K.random_normal(shape, mean, stddev); for a weight, "
    "self.add_weight(shape, initializer=initializers.RandomNormal(mean, stddev)) in a layer.",
    "keras.backend.random_uniform_variable": "For the array, K.random_uniform(shape, low, high); for a weight, "
    "self.add_weight(shape, initializer=initializers.RandomUniform(low, high)) in a layer.",
    "keras.backend.set_learning_phase": "fit trains, predict and evaluate do not; to call a model as in training, "
    "model(x, training=True). To hold layers still in fit, set their trainable to False and compile again.",
    "keras.backend.set_session": "There is no session, and nothing to set up: JAX's own settings are in jax.config.",
    "keras.backend.variable": "Declare it in a layer, with self.add_weight(shape, initializer).",
    "keras.quantizers": "Plait computes in floats: the dtype 'bfloat16' takes half the memory of 'float32'.",
    "keras.saving.KerasFileEditor": "In a shell, `plait inspect file` shows what is in it. What fits of its weights, a "
    "model takes by load_weights(path, skip_mismatch=True).",
    "keras.wrappers.scikit_learn": "Take SKLearnClassifier or SKLearnRegressor from keras.wrappers: in the place of "
    "build_fn they have model, a function of X and y.",
}

_ROOTS = ("keras", "tensorflow")


class _StandIn(ModuleType):
    """A module that has the names of others."""

    def __init__(self, name: str, sources: Sequence[ModuleType], version: str | None = None) -> None:
        super().__init__(name, f"Plait, in the place of {name}.")
        self.__path__: list[str] = []
        self.__spec__ = ModuleSpec(name, loader=None, is_package=True)
        self._sources = sources
        if version:
            self.__version__ = version

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return self._names()
        for source in () if name.startswith("_") else self._sources:
            found = getattr(source, name, self)
            # A module in here is one of Plait's own, under a path that Keras does not have.
            if found is not self and not isinstance(found, ModuleType):
                return found
        raise AttributeError(_missing(f"{self.__name__}.{name}"))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._names()})

    def _names(self) -> list[str]:
        children = (name for name, value in vars(self).items() if isinstance(value, _StandIn))
        return sorted({*children, *(name for source in self._sources for name in _public(source))})


class _Finder(MetaPathFinder):
    """Is asked for a module of Keras that has no stand-in, and says what is missing."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        """Returns None for a module that is not Keras's.

        Errors: ImportError for one that is.
        """
        if _is_keras(fullname):
            raise ImportError(_missing(fullname), name=fullname)


_finder = _Finder()
_put_away: dict[str, ModuleType] = {}


def install() -> None:
    """Makes `keras` and `tensorflow.keras` mean Plait, for every import in this process from now on.

    Modules of genuine Keras or TensorFlow that were imported before are put away until `uninstall`.
    """
    if _finder in sys.meta_path:
        return
    _put_away.update(_take_out())
    sys.modules.update(_stand_ins())
    sys.meta_path.insert(0, _finder)


def uninstall() -> None:
    """Undoes `install`: what was imported before is there again, and genuine Keras can be imported."""
    if _finder not in sys.meta_path:
        return
    sys.meta_path.remove(_finder)
    _take_out()
    sys.modules.update(_put_away)
    _put_away.clear()


def load_ipython_extension(ipython: Any) -> None:
    """Installs Plait in a notebook: `%load_ext plait`."""
    install()


def unload_ipython_extension(ipython: Any) -> None:
    """Undoes it: `%unload_ext plait`."""
    uninstall()


def _is_keras(name: str) -> bool:
    return name.partition(".")[0] in _ROOTS


def _take_out() -> dict[str, ModuleType]:
    return {name: sys.modules.pop(name) for name in list(sys.modules) if _is_keras(name)}


def _stand_ins() -> dict[str, ModuleType]:
    plait = sys.modules[__package__]
    version = plait.__version__
    below = {path: _StandIn(f"keras.{path}", sources) for path, sources in _PATHS.items()}
    keras = _StandIn("keras", [plait], version)
    for path, module in below.items():
        parent, _, name = path.rpartition(".")
        setattr(below.get(parent, keras), name, module)
    tensorflow = _StandIn("tensorflow", [], version)
    tensorflow.keras = keras  # type: ignore[attr-defined]
    found: dict[str, ModuleType] = {"keras": keras, "tensorflow": tensorflow, "tensorflow.keras": keras}
    for path, module in below.items():
        found[f"keras.{path}"] = found[f"tensorflow.keras.{path}"] = module
    return found


def _public(module: ModuleType) -> Iterable[str]:
    """Returns the names a module offers: those it lists, or else those that were made in Plait."""
    listed = getattr(module, "__all__", None)
    if listed is None:
        listed = [name for name, value in vars(module).items() if getattr(value, "__module__", "").startswith("plait.")]
    return [name for name in listed if name[0] != "_" and not isinstance(getattr(module, name), ModuleType)]


def _missing(path: str) -> str:
    """Returns what to say of a name that there is not."""
    path = path.removeprefix("tensorflow.") if path.startswith("tensorflow.keras.") else path
    parent, _, name = path.rpartition(".")
    if path in _LEFT_OUT:
        return errors.explain(f"Plait has no {path}.", _LEFT_OUT[path])
    if path.startswith("tensorflow"):
        return errors.explain(
            f"Plait stands in the place of tensorflow.keras only: there is no {path}.",
            "Functions on tensors are in keras.ops, and work on NumPy's and JAX's arrays; seeds are set by "
            "keras.utils.set_random_seed.",
        )
    known = sys.modules.get(parent)
    return f"Plait has no {path}.{errors.nearest(name, dir(known) if known else _PATHS)}"
