"""What the layers around foreign functions and modules share: trees of arrays become weights, and weights trees."""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np

from plait import initializers
from plait.core import errors, nest, seeds
from plait.core.context import Context, step_key
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.graph import shapes
from plait.graph.layer import Layer
from plait.graph.shapes import Spec


@dataclass(frozen=True)
class Tree:
    """A tree with weights in the place of its arrays; what is no array stays as it is."""

    structure: Any
    leaves: list[Any]

    def filled(self, values: Mapping[Weight, Any]) -> Any:
        """Returns the tree with these values."""
        leaves = [values[leaf] if isinstance(leaf, Weight) else leaf for leaf in self.leaves]
        return jax.tree.unflatten(self.structure, leaves)

    def changed(self, layer: Layer, tree: Any) -> dict[Weight, Any]:
        """Returns the new values of the weights in a tree like this one.

        Errors: ValueError if it is another one.
        """
        leaves, structure = jax.tree.flatten(tree)
        if structure != self.structure:
            _refuse(layer, f"{structure}", f"{self.structure}")
        found = {}
        for weight, leaf in zip(self.leaves, leaves, strict=True):
            if isinstance(weight, Weight):
                if np.shape(leaf) != weight.shape:
                    _refuse(layer, f"{weight.name} of shape {np.shape(leaf)}", f"shape {weight.shape}")
                found[weight] = jnp.asarray(leaf).astype(weight.dtype)
        return found


class Foreign(Layer):
    """Computes by something that was not written for Plait.

    A subclass says how it `computes`, and before its first call either `adopts` the trees of arrays it was given or
    gives a function `first` that makes them. When it is frozen it runs as in inference, and its state stays.
    """

    # Nothing is known of what it does with a batch, and when it changes its state.
    mixes_batch = True
    mixes_batch_always = True
    changes_always = True

    seed: int | None
    # What is learned, and what is kept.
    trees: tuple[Tree, Tree] | None = None
    # The Specs of the inputs it is built for, where more is known of them than their shapes.
    _specs: Any = None

    def first(self) -> Callable[[Any, Any], tuple[Any, Any]]:
        """Returns a function of key and inputs that makes the trees of what is learned and what is kept.

        It must not hold the layer, whose weights hold it.
        """
        raise NotImplementedError

    def computes(self, params: Any, state: Any, inputs: Any, key: Any, training: bool) -> tuple[Any, Any]:
        """Returns the outputs and the new state.

        Args: key: two words, uint32; None outside of training.
        """
        raise NotImplementedError

    @property
    def draws(self) -> bool:
        """Whether it needs a key in training."""
        return True

    def adopts(self, params: Any, state: Any) -> None:
        """Makes weights of trees of arrays that are there."""
        arrays = iter([leaf for leaf in jax.tree.leaves((params, state)) if _is_array(leaf)])
        self._declares(params, state, lambda name: initializers.Constant(np.asarray(next(arrays))))
        self.built = True

    def prepare(self, specs: Any, arguments: Mapping[str, Any], site: errors.CallSite | None) -> None:
        """As any layer, and lets `build` know the dtypes of the inputs too."""
        self._specs = specs
        super().prepare(specs, arguments, site)

    def build(self, input_shape: Any) -> None:
        """Declares the weights, of the shapes that its first trees will have."""
        specs = self._specs if self._specs is not None else shapes.described(input_shape)
        first = _First(self.first(), nest.walk(_example, specs))
        numbers = itertools.count()
        self._declares(*first.described(), lambda name: _Drawn(first, next(numbers), name))

    def _declares(self, params: Any, state: Any, initializer: Callable[[str], Any]) -> None:
        def weight(path: Any, leaf: Any, what: str) -> Any:
            if not _is_array(leaf):
                return leaf
            dtype = _dtype(leaf)
            is_float = jnp.issubdtype(dtype, jnp.floating)
            name = jax.tree_util.keystr(path, simple=True, separator="/") or what
            is_learned = is_float and what == "params"
            return self.declare(
                name,
                np.shape(leaf),
                initializer(name),
                dtype=None if is_float else dtype.name,
                trainable=is_learned,
                autocast=is_learned,
            )

        def tree(given: Any, what: str) -> Tree:
            leaves, structure = jax.tree_util.tree_flatten_with_path(given)
            return Tree(structure, [weight(path, leaf, what) for path, leaf in leaves])

        self.trees = tree(params, "params"), tree(state, "state")

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context) -> Updated:
        """Computes, and returns the new state with the outputs."""
        assert self.trees is not None
        is_frozen = self in ctx.frozen or not self.trainable
        training = ctx.training and not is_frozen
        key = jax.random.key_data(ctx.key_with(self.seed)) if training and self.draws else None
        params, state = (tree.filled(values) for tree in self.trees)
        outputs, state = self.computes(params, state, inputs, key, training)
        return Updated(outputs, {} if is_frozen else self.trees[1].changed(self, state))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, but for arrays.

        Errors: NotImplementedError if it holds a module that cannot be written; ValueError for a function that is not
                registered.
        """
        module = getattr(self, "module", None)
        if module is not None and not hasattr(module, "get_config"):
            raise NotImplementedError(
                errors.explain(
                    f"{self} cannot write its own config: a {type(module).__name__} is made of code and arrays.",
                    "Give that class get_config() and from_config(config), and register it with "
                    "@plait.saving.register_keras_serializable().",
                )
            )
        return super().get_config()


class _First:
    """Makes the first trees of a layer, all arrays at once, when the first one is wanted."""

    def __init__(self, make: Callable[[Any, Any], tuple[Any, Any]], inputs: Any) -> None:
        self.make = make
        self.inputs = inputs
        self._left: dict[int, np.ndarray] = {}

    def described(self) -> tuple[Any, Any]:
        """Returns the trees with shapes and dtypes in the place of arrays; nothing is computed."""
        made: list[Any] = []
        jax.eval_shape(functools.partial(self._arrays, made), jax.ShapeDtypeStruct((2,), jnp.uint32), self.inputs)
        params, state = jax.tree.map(_described, made[0])
        return params, state

    def take(self, number: int, place: str) -> np.ndarray:
        """Returns one of the arrays, counted over both trees, of the layer at this place; it is not kept."""
        if number not in self._left:
            self._left = dict(enumerate(self._drawn(place)))
        return self._left.pop(number)

    def _drawn(self, place: str) -> list[np.ndarray]:
        # Also where the first read is inside a function that JAX traces.
        with jax.ensure_compile_time_eval():
            key = jax.random.key_data(step_key(np.uint32(seeds.current()), np.uint32(seeds.fingerprint(place))))
            inputs = jax.tree.map(lambda spec: jnp.ones(spec.shape, spec.dtype), self.inputs)
            arrays = jax.jit(functools.partial(self._arrays, []))(key, inputs)
        return [np.array(array) for array in arrays]

    def _arrays(self, made: list[Any], key: Any, inputs: Any) -> list[Any]:
        trees = self.make(key, inputs)
        made.append(trees)
        return [leaf for leaf in jax.tree.leaves(trees) if _is_array(leaf)]


class _Drawn(initializers.Initializer):
    """Gives a weight its array of the first trees."""

    def __init__(self, first: _First, number: int, name: str) -> None:
        self.first, self.number, self.name = first, number, name

    def draw(self, shape: Sequence[int], dtype: Any, place: str) -> np.ndarray:
        """Returns the values, on the host, of the weight at this place of a model."""
        return self.first.take(self.number, place.removesuffix(f"/{self.name}")).astype(dtype)


def parameters(layer: Layer, function: Any, what: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """Returns the names of a function's parameters.

    Errors: TypeError for what is no function; ValueError if there is none for the inputs, or one it would not be given.
    """
    if not callable(function):
        raise TypeError(errors.explain(f"{layer} needs a function for {what}, got {errors.described(function)}."))
    names = tuple(inspect.signature(function).parameters)
    unknown = [name for name in names if name not in allowed]
    if unknown or "inputs" not in names:
        problem = f"one named {unknown[0]!r}" if unknown else "none named 'inputs'"
        raise ValueError(
            errors.explain(
                f"{layer} needs a {what} with parameters out of {', '.join(allowed)}, got {problem}."
                f"{errors.nearest(unknown[0], allowed) if unknown else ''}",
                f"Write a function around it: def {what}({', '.join(allowed)}): …",
            )
        )
    return names


def _is_array(leaf: Any) -> bool:
    return isinstance(leaf, bool | int | float) or (hasattr(leaf, "shape") and hasattr(leaf, "dtype"))


def _dtype(leaf: Any) -> Any:
    return jax.dtypes.canonicalize_dtype(leaf.dtype if hasattr(leaf, "dtype") else np.asarray(leaf).dtype)


def _described(leaf: Any) -> Any:
    return jax.ShapeDtypeStruct(np.shape(leaf), _dtype(leaf)) if _is_array(leaf) else leaf


def _example(spec: Any) -> Any:
    if not isinstance(spec, Spec):
        return spec
    sizes = tuple(1 if size is None else size for size in spec.shape)
    return jax.ShapeDtypeStruct(sizes, jax.dtypes.canonicalize_dtype(spec.dtype))


def _refuse(layer: Layer, got: str, needed: str) -> NoReturn:
    raise ValueError(
        errors.explain(
            f"{layer} got another state back than it gave: {got}, not {needed}.",
            "The new state must have the arrays of the old one, in their places.",
        )
    )
