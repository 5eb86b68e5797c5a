"""The protocol every layer keeps: fields that describe it, `build` that declares, `apply` that computes.

A layer holds handles and never arrays; whoever runs it brings the values. This file reads in the order of a layer's
life: it is made, called, built, run, and asked about itself.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, InitVar, fields, is_dataclass
from typing import Any, ClassVar, cast

import jax
import jax.numpy as jnp
import numpy as np

from plait import constraints, initializers, regularizers
from plait.core import errors, names, nest, policy, registry, seeds
from plait.core.arguments import refuse_unknown
from plait.core.context import Context, entered
from plait.core.fields import dataclass
from plait.core.updated import Updated
from plait.core.weight import Weight, standing_for
from plait.graph import adapter, remat, shapes, stateless, watching
from plait.graph.node import Node
from plait.graph.shapes import InputSpec, Shape, Spec
from plait.graph.tensor import SymbolicTensor, any_symbolic


@dataclass(eq=False, repr=False)
class Layer:
    """Turns tensors into tensors with weights of its own.

    Two ways to write one. Plait's: fields, `build(input_shape)` that calls `self.declare`, and the pure
    `apply(values, inputs, ctx)`. Keras's: `__init__`, `build`, `call(inputs, training=…, mask=…)`, `add_weight`.

    Args: name: unique in a model, without "/"; `dense_1`, `dense_2` … if not given.
          trainable: False freezes the weights, and the running state, of this layer and of the layers in it.
          dtype: a dtype or a policy such as "mixed_bfloat16"; the global policy if not given.
          autocast: whether inputs of other float dtypes are cast to the dtype computed in.
          activity_regularizer: a penalty on the outputs, divided by the batch size.
          input_shape, batch_input_shape, batch_size, input_dim: of a Sequential model's first layer, instead of an
            Input.
    """

    _: KW_ONLY
    name: str = None  # type: ignore[assignment]
    trainable: bool = True
    dtype: Any = None
    autocast: bool = True
    activity_regularizer: regularizers.Like = None
    # Not `input_shape: InitVar = None`, which would leave a class attribute where the property below must stand.
    input_shape: InitVar[Any] = None
    batch_input_shape: InitVar[Any] = None
    batch_size: InitVar[int | None] = None
    input_dim: InitVar[int | None] = None

    keras_module: ClassVar[str] = "keras.layers"
    # These are no fields, and so have no annotation. Whether a mask of the inputs is right for the outputs too.
    supports_masking = False
    # Whether it is made from tensors, as a model is; another layer that is given some was meant to be called on them.
    takes_tensors: ClassVar[bool] = False
    # What a layer that takes one tensor demands of it; None for a layer that takes any structure.
    input_spec = cast("InputSpec | None", None)
    # What a Sequential model that starts with this layer takes for its input's shape, until data say otherwise.
    assumed_input_shape = cast("Shape | None", None)
    # Whether one example's outputs depend on the other examples of the batch, in training and outside of it.
    mixes_batch = False
    mixes_batch_always = False
    # Whether its running state may change outside of training too.
    changes_always = False
    # Whether XLA's CPU compiler falls into slow code for its gradient inside a loop of steps (jax-ml/jax#12868).
    slow_in_loops = False
    # Whether outputs have the dtype of the inputs (a reshape), rather than the one computed in.
    keeps_dtype = False
    # Whether it is computed on the host, before the compiled program that it is no part of.
    runs_on_host = False
    # In files its weights are those of a part of this name, and its attributes have these names instead of their own.
    part_in_files: ClassVar[str] = ""
    names_in_files: ClassVar[Mapping[str, str]] = {}
    # What they hold of it besides: arrays, by their paths inside of it.
    extra_in_files = cast("Mapping[str, Any]", {})

    # ------------------------------------------------------------------------------------------ it is made

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Keeps the arguments, from which a class that is not a dataclass gets its config.

        Errors: TypeError if one is a symbolic tensor: then the layer was to be called on it; or if there is no such
                argument.
        """
        if args and not cls.takes_tensors and any_symbolic(args):
            raise TypeError(
                errors.explain(
                    f"{cls.__name__} is to be made before it is called, got {args[0]!r}.",
                    f"Write {cls.__name__}(…)(inputs): first its arguments, then what it is called on.",
                )
            )
        if kwargs:
            refuse_unknown(cls, kwargs)
        layer = super().__new__(cls)
        object.__setattr__(layer, "_arguments", (args, kwargs))
        return layer

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _check_names_of(cls)
        if "build" in cls.__dict__ and not cls.takes_tensors:
            cls.build = _built_once(cls.__dict__["build"])  # type: ignore[method-assign]
        if "call" in cls.__dict__ and "apply" not in cls.__dict__:
            cls.apply = Layer.apply  # type: ignore[method-assign]
            # Nothing is known of what a user's `call` does with the batch.
            cls.mixes_batch = cls.__dict__.get("mixes_batch", True)
            cls.mixes_batch_always = cls.__dict__.get("mixes_batch_always", cls.mixes_batch)

    def __post_init__(
        self,
        input_shape: Any,
        batch_input_shape: Any,
        batch_size: int | None,
        input_dim: Any = None,
    ) -> None:
        self._is_named = self.name is not None
        if self.name is None:
            self.name = names.automatic(names.snake_case(self.type_name))
        if not isinstance(self.name, str) or "/" in self.name or not self.name:
            raise ValueError(errors.explain(f'A layer\'s name is a string without "/", got {self.name!r}.'))
        self.built = False
        self.dtype_policy = policy.get(self.dtype)
        self.activity_regularizer = regularizers.get(self.activity_regularizer)
        self._weights: list[Weight] = []
        self._memory: list[Weight] = []
        self._nodes: list[weakref.ref[Node]] = []
        self._home: tuple[weakref.ref[Layer], str] | None = None
        self._built_at: errors.CallSite | None = None
        self._build_shape: Any = None
        self._other_build_shapes: dict[str, Any] = {}
        self._added_losses: tuple[Any, ...] = ()
        self.remat_scope = remat.scope_in_force()
        self.declared_input_shape = _declared_input_shape(self, input_shape, batch_input_shape, batch_size, input_dim)
        self.check()

    def check(self) -> None:
        """Checks and completes the fields; called once they are set.

        Errors: ValueError or TypeError for one that cannot be.
        """

    def __getstate__(self) -> dict[str, Any]:
        """Returns all attributes, weights and their values among them; not where it was called, nor where it stands."""
        standing = [(child, child._home[1]) for child in self.children() if child._home and child._home[0]() is self]
        kept = {name: value for name, value in vars(self).items() if name not in _OF_THIS_PROCESS}
        return {**kept, _STANDING: standing}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).setdefault("_home", None)  # the layer around it may have said it
        vars(self).update(state, _nodes=[], _added_losses=())
        for weight in (*self._weights, *self._memory):
            weight.place = functools.partial(_place_of_weight, weakref.ref(self), weight.name)
        for child, name in vars(self).pop(_STANDING, ()):
            child._home = (weakref.ref(self), name)

    # ------------------------------------------------------------------------------------------ it is called

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Records a node if a symbolic tensor is among the arguments, else computes now."""
        inputs, arguments = self._by_name(args, kwargs)
        if any_symbolic(inputs) or (arguments and any_symbolic(arguments)):
            return self._record(inputs, arguments)
        call = adapter.call_in_force(self)
        return self._compute(inputs, arguments) if call is None else call.run(self, inputs, arguments)

    def _record(self, inputs: Any, arguments: dict[str, Any]) -> Any:
        site = errors.call_site()
        specs = nest.walk(_spec, inputs)
        self.prepare(specs, arguments, site)
        with adapter.blamed(self, site):
            masks = nest.walk(lambda t: isinstance(t, SymbolicTensor) and t.node.masked[t.index], inputs)
            known = nest.walk(_spec, arguments)
            if any(nest.flatten(masks)) and type(self).compute_output_spec is Layer.compute_output_spec:
                known = {"mask": nest.walk(_mask_spec, specs, masks), **known}
            outputs = self.compute_output_spec(specs, **known)
            masked = self.masked_outputs(specs, masks, outputs, arguments)
        node = Node(self, inputs, arguments, outputs, masked, site)
        if not any(masked) and any(nest.flatten(masks)) and self.loses_mask():
            adapter.warn_lost_mask(self, node)
        return node.tensors()

    def _compute(self, inputs: Any, arguments: dict[str, Any]) -> Any:
        inputs = nest.walk(_array, inputs)
        self.prepare(nest.walk(_spec, inputs), arguments, errors.call_site())
        values = adapter.Held()
        ctx = Context(False, jax.random.key(seeds.fresh()), self.place, frozen=frozenset(_frozen(self)))
        updated = self.run(values, inputs, ctx, arguments)
        for handle, value in updated.values.items():
            if not any(isinstance(array, jax.core.Tracer) for array in jax.tree.leaves(value)):
                handle.assign(value)
        if not any(isinstance(loss, jax.core.Tracer) for loss in updated.losses):
            self._added_losses = updated.losses
        return updated.outputs

    def _by_name(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Returns the inputs, and the arguments after them by name, as `apply` or `call` names them."""
        first, *accepted = adapter.call_arguments(type(self)) or ("inputs",)
        if not args:
            if first not in kwargs:
                raise TypeError(errors.explain(f"{self} was called on nothing.", f"Write layer({first})."))
            return kwargs[first], {name: value for name, value in kwargs.items() if name != first}
        if len(args) == 1:
            return args[0], kwargs
        accepted = [name for name in accepted if name not in ("training", "mask")]
        if len(args) > 1 + len(accepted):
            raise TypeError(
                errors.explain(
                    f"{self} takes {errors.counted(1 + len(accepted), 'positional argument')}, got {len(args)}.",
                    "To call a layer on several tensors, put them in a list.",
                )
            )
        return args[0], {**dict(zip(accepted, args[1:], strict=False)), **kwargs}

    def stateless_call(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        *args: Any,
        return_losses: bool = False,
        key: jax.Array | None = None,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """Returns what a call gives for these values of the weights, and the values of those not trained after it.

        Pure, as Keras has it on JAX; `Model.pure` does the same for a dict of arrays.

        Args:   return_losses: whether to return also a list of what regularizers and layers add to the loss.
                key: what dropout and the like draw from; inside a step of `fit` there is one already.
                (and the arguments of a call)
        Errors: ValueError if it is not built, or has another number of weights.
        """
        inputs, arguments = self._by_name(args, kwargs)
        frozen = frozenset(_frozen(self))
        outputs, after, losses = stateless.call(
            self, trainable_variables, non_trainable_variables, inputs, arguments, key, frozen
        )
        return (outputs, after, losses) if return_losses else (outputs, after)

    # ------------------------------------------------------------------------------------------ it is built

    def prepare(self, specs: Any, arguments: Mapping[str, Any], site: errors.CallSite | None) -> None:
        """Checks the inputs of a call, and declares the weights if this is the first.

        Errors: ValueError in the user's words, before anything is changed.
        """
        self._check_inputs(specs, site)
        if not self.built:
            # What a layer built inside the call of another sets is its own: the call is not its scope.
            with adapter.blamed(self, site), standing_for(None):
                shape = nest.walk(_shape_of, specs)
                others = _shapes_by_name(arguments, type(self).build)
                self.build(shape, **others)
            self.built = True
            if not self.trainable:
                self.trainable = False  # those made by build, too
            self._build_shape = shape
            self._other_build_shapes = others
            self._built_at = site
            self._check_inputs(specs, site)

    def _check_inputs(self, specs: Any, site: errors.CallSite | None) -> None:
        if self.input_spec is None:
            return
        if isinstance(self.input_spec, list | tuple):
            # Keras's way of saying what each of several inputs must be.
            for demanded, spec in zip(self.input_spec, shapes.in_order_of(self.input_spec, specs), strict=False):
                problem = demanded and isinstance(spec, Spec) and demanded.problem(spec)
                if problem:
                    raise ValueError(errors.explain(f"{self} needs {problem}", site=site))
            return
        if specs is None and self.input_spec.optional:
            return
        if isinstance(specs, list | tuple | dict):
            raise ValueError(
                errors.explain(
                    f"{self} takes one tensor, got {errors.counted(len(specs), 'element')} in a "
                    f"{type(specs).__name__}.",
                    "To join tensors, call plait.layers.concatenate([a, b]) first. "
                    "To make an array of numbers, np.array(…).",
                    site=site,
                )
            )
        if not isinstance(specs, Spec):
            raise TypeError(
                errors.explain(
                    f"{self} takes one tensor, got {errors.described(specs)}.",
                    "That is a layer: call it first, and this one on what it gives: second(first(inputs))."
                    if isinstance(specs, Layer)
                    else "Give it an array, or a symbolic tensor that starts from Input(shape=…).",
                    site=site,
                )
            )
        problem = self.input_spec.problem(specs)
        if problem:
            is_of_weights = self._weights and len(specs.shape) == len(self._build_shape)
            declared = f"Its weights were declared by the call at {self._built_at}." if is_of_weights else None
            remedy = f"To use other inputs, make a new {type(self).__name__} layer." if is_of_weights else None
            raise ValueError(errors.explain(f"{self} needs {problem}", declared, remedy, site=site))

    def get_build_config(self) -> dict[str, Any]:
        """What it was built for, in Keras's words: the shape of its inputs, or shapes by the names of `build`."""
        if not self._other_build_shapes:
            return {"input_shape": self._build_shape}
        first = adapter.parameters(type(self).build)[1]
        return {"shapes_dict": {first: self._build_shape, **self._other_build_shapes}}

    def build(self, input_shape: Any) -> None:
        """Declares the weights, when the shape of the first inputs is known. A layer without weights needs none.

        A second time it does nothing.
        """
        self.built = True

    def declare(
        self,
        name: str,
        shape: tuple[int, ...],
        initializer: initializers.Like = "zeros",
        *,
        dtype: Any = None,
        trainable: bool = True,
        regularizer: regularizers.Like = None,
        constraint: constraints.Like = None,
        autocast: bool = True,
        is_counted: bool = True,
    ) -> Weight:
        """Returns the handle of a new weight. Nothing is allocated.

        Args:   autocast: whether the layer sees it in the dtype it computes in.
                is_counted: False for what is remembered from batch to batch and is no weight: not listed or saved.
        Errors: ValueError if a size is unknown or not positive.
        """
        if any(not isinstance(size, int | np.integer) or size < 0 for size in shape):
            raise ValueError(
                errors.explain(f'{self} cannot have a weight "{name}" of shape {shape}: every size must be known.')
            )
        weight = Weight(
            name,
            tuple(int(size) for size in shape),
            policy.dtype_name(dtype or self.dtype_policy.variable_dtype),
            initializers.get(initializer),
            place=functools.partial(_place_of_weight, weakref.ref(self), name),
            trainable=trainable,
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
            autocast=autocast,
        )
        (self._weights if is_counted else self._memory).append(weight)
        return weight

    def add_weight(self, *args: Any, **kwargs: Any) -> Weight:
        """Declares a weight, with Keras's arguments: `(shape, initializer, dtype, trainable, …, name=…)`.

        The name may come first, as it did in Keras 2.
        """
        order = ["shape", "initializer", "dtype", "trainable", "autocast", "regularizer", "constraint"]
        if args and isinstance(args[0], str):
            order = ["name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint"]
        given = {**dict(zip(order, args, strict=False)), **kwargs}
        # `aggregation` is about replicas, which there are none of here.
        known = {*order, "name", "shape", "autocast", "aggregation"}
        for unknown in given.keys() - known:
            raise TypeError(
                errors.explain(f"{self}: add_weight takes no argument {unknown!r}.{errors.nearest(unknown, known)}")
            )
        shape = given.pop("shape", None)
        shape = () if shape is None else tuple(shape) if isinstance(shape, list | tuple) else (shape,)
        dtype = given.get("dtype") or self.dtype_policy.variable_dtype
        fallback = "glorot_uniform" if jnp.issubdtype(jnp.dtype(dtype), jnp.floating) else "zeros"
        return self.declare(
            given.get("name") or f"weight_{len(self._weights)}",
            shape,
            given.get("initializer") or fallback,
            dtype=dtype,
            trainable=given.get("trainable", True),
            regularizer=given.get("regularizer"),
            constraint=given.get("constraint"),
            autocast=given.get("autocast", True),
        )

    def known_axis(self, shape: Shape, axis: int) -> int:
        """Returns the size of an axis that must be known to declare weights.

        Errors: ValueError if it is None, or is not there.
        """
        size = shape[axis] if -len(shape) <= axis < len(shape) else None
        if size is None:
            where = "last axis" if axis == -1 else f"axis {axis}"
            raise ValueError(
                errors.explain(
                    f"{self} needs to know the size of the {where} of its inputs, got shape {tuple(shape)}.",
                    "Give that size in Input(shape=…); only other axes may be None.",
                )
            )
        return size

    # ------------------------------------------------------------------------------------------ it is run

    def run(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, arguments: Mapping[str, Any]) -> Updated:
        """Computes with the values given. Pure; everything a program or a graph does with a layer goes through here.

        Shapes: as the layer says; `values` must hold the layer's weights.
        Errors: what the layer raises, unchanged, with a note that names it.
        """
        if remat.is_asked(self, ctx):
            return remat.run(self, values, inputs, ctx, arguments)
        ctx, arguments = _explicit(ctx, arguments)
        watcher = watching.current()
        if watcher is not None:
            inputs = watcher.taken(self, inputs)
        if self.autocast:
            inputs, values = self._cast(inputs, values)
        with entered(ctx), standing_for(adapter.NOTHING), adapter.blamed(self, place=ctx.place):
            result = self.apply(values, inputs, ctx, **arguments)
            updated = result if isinstance(result, Updated) else Updated(result)
        if self.activity_regularizer is not None:
            outputs = nest.flatten(updated.outputs)
            penalty = sum(self.activity_regularizer(output) / output.shape[0] for output in outputs)  # type: ignore[operator]
            updated = Updated(updated.outputs, updated.values, (*updated.losses, penalty), updated.mask)
        if watcher is not None:
            outputs = watcher.given(self, updated.outputs)
            updated = Updated(outputs, updated.values, updated.losses, updated.mask)
        return updated

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, **arguments: Any) -> Any:
        """Returns the outputs, or an Updated. Pure: handles are looked up in `values`, nothing is assigned.

        A layer that has Keras's `call` instead is run by the adapter.
        """
        cls = type(self)
        if cls.call is Layer.call:
            raise NotImplementedError(f"{self} computes nothing: give {cls.__name__} an `apply` or a `call` method.")
        return adapter.apply_call(self, self.call, adapter.parameters(cls.call), values, inputs, ctx, arguments)

    def _cast(self, inputs: Any, values: Mapping[Weight, Any]) -> tuple[Any, Mapping[Weight, Any]]:
        dtype = jnp.dtype(self.dtype_policy.compute_dtype)

        def cast(array: Any) -> Any:
            floating = hasattr(array, "dtype") and jnp.issubdtype(array.dtype, jnp.floating)
            return array.astype(dtype) if floating and array.dtype != dtype else array

        if self._weights and self.dtype_policy.variable_dtype != self.dtype_policy.compute_dtype:
            autocast = {weight: cast(values[weight]) for weight in self._weights if weight.autocast}
            values = ChainMap(autocast, values)  # type: ignore[arg-type]
        return nest.walk(cast, inputs), values

    def compute_output_spec(self, specs: Any, **arguments: Any) -> Any:
        """Returns the Spec of each output, in their structure."""
        try:
            shape = self.compute_output_shape(
                nest.walk(_shape_of, specs), **_shapes_by_name(arguments, type(self).compute_output_shape)
            )
        except NotImplementedError:
            return self._traced_spec(specs, arguments)
        dtype = self.compute_dtype
        if self.keeps_dtype:
            given = next(leaf.dtype for leaf in nest.flatten(specs) if isinstance(leaf, Spec))
            # Floats are cast on the way in. By the name, as text has no dtype of JAX's.
            dtype = dtype if self.autocast and "float" in given else given
        if shapes.is_shape(shape):
            return Spec(tuple(shape), dtype)
        return nest.pack(_structure_of_shapes(shape), [Spec(tuple(one), dtype) for one in _flat_shapes(shape)])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the outputs; where a layer does not say, it is found by tracing it."""
        raise NotImplementedError(f"{self} does not say which shape its outputs have for inputs of {input_shape}.")

    def _traced_spec(self, specs: Any, arguments: Mapping[str, Any]) -> Any:
        def outputs(inputs: Any, arguments: Any) -> Any:
            ctx = Context(root_key=jax.random.key(0), place=self.name)
            return self.run(adapter.Placeholders(), inputs, ctx, arguments).outputs

        return shapes.infer(outputs, specs, dict(arguments))

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns the mask of the outputs; by default that of the inputs if the layer supports masking."""
        return mask if self.supports_masking else None

    def problem_with(self, array: Any) -> str | None:
        """Returns what is wrong with data for this layer, seen on the host before training, or None."""
        return None

    def masked_outputs(self, specs: Any, masked: Any, outputs: Any, arguments: Mapping[str, Any]) -> list[bool]:
        """Returns for each output whether it will carry a mask, given which of the inputs do."""
        count = len(nest.flatten(outputs))
        makes_masks = type(self).compute_mask is not Layer.compute_mask
        if not makes_masks:
            carried = self.supports_masking and any(nest.flatten(masked))
            return [carried] * count

        def masks(inputs: Any, mask: Any) -> Any:
            given = mask if any(leaf is not None for leaf in nest.flatten(mask)) else None
            found = self.compute_mask(inputs, given)
            return list(found) if isinstance(found, list | tuple) else [found]

        mask_specs = nest.walk(_mask_spec, specs, masked)
        found = [leaf is not None for leaf in shapes.infer(masks, specs, mask_specs)]
        return found if len(found) == count else found[:1] * count

    def loses_mask(self) -> bool:
        """Whether dropping a mask of the inputs is a loss to warn of, rather than what the layer is for."""
        return not self.supports_masking and type(self).compute_mask is Layer.compute_mask

    # ------------------------------------------------------------------------------------------ it is asked

    @property
    def has_keras_call(self) -> bool:
        """Whether the layer is written in Keras's way, and run by the adapter."""
        return type(self).apply is Layer.apply

    def __repr__(self) -> str:
        return f"<{self}>"

    def __str__(self) -> str:
        return f'{self.type_name} "{self.name}"'

    @property
    def type_name(self) -> str:
        """The class's name, as summaries show it."""
        return type(self).__name__

    @property
    def compute_dtype(self) -> str:
        """The dtype the layer computes in."""
        return self.dtype_policy.compute_dtype

    @property
    def variable_dtype(self) -> str:
        """The dtype the layer keeps its weights in."""
        return self.dtype_policy.variable_dtype

    def children(self) -> list[Layer]:
        """Returns the layers held in attributes of this one, also in lists and dicts, in the order they were set."""
        return [child for _, child in self.named_children()]

    def named_children(self) -> Iterator[tuple[str, Layer]]:
        """Yields each layer held in an attribute, with the attribute's name (and key or position)."""
        seen: set[int] = set()
        for attribute, value in list(vars(self).items()):
            if attribute in _NOT_CHILDREN or not isinstance(value, Layer | list | tuple | dict):
                continue
            for path, leaf in zip(nest.paths(value, attribute), nest.flatten(value), strict=True):
                if isinstance(leaf, Layer) and id(leaf) not in seen:
                    seen.add(id(leaf))
                    yield path.replace("/", "_"), leaf

    def adopt(self, child: Layer, name: str) -> bool:
        """Gives a layer its place in this one, which its initial values are drawn for; the first to adopt it wins.

        Returns whether this is the first.
        """
        is_first = child._home is None and child is not self
        if is_first:
            child._home = (weakref.ref(self), name)
        return is_first

    @property
    def place(self) -> str:
        """Where it stands in the outermost model around it, by names that do not depend on what else was built.

        A layer in no model is known by its name alone.
        """
        parent = self._home and self._home[0]()
        own = self._home[1] if self._home else self.name
        around = parent.place if parent else ""
        return f"{around}/{own}" if around else own

    @property
    def canonical_name(self) -> str | None:
        """The name the user gave, or None if it was counted."""
        return self.name if self._is_named else None

    @property
    def own_weights(self) -> list[Weight]:
        """The weights declared by this layer itself: what it learns, then what it keeps."""
        return sorted(self._weights, key=lambda weight: not weight.is_learned)

    @property
    def weights(self) -> list[Weight]:
        """All weights, each once: its own (what it learns, then what it keeps), then those of the layers in it."""
        found = dict.fromkeys(self.own_weights)
        for child in self.children():
            found.update(dict.fromkeys(child.weights))
        return list(found)

    variables = weights

    @property
    def trainable_weights(self) -> list[Weight]:
        """The weights that training changes: none if this layer is frozen, else those of layers that are not."""
        return list(dict.fromkeys(self._thawed())) if self.trainable else []

    trainable_variables = trainable_weights

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The weights that training does not change: running state, and what is frozen."""
        trainable = set(self.trainable_weights)
        return [weight for weight in self.weights if weight not in trainable]

    non_trainable_variables = non_trainable_weights

    def _thawed(self) -> Iterator[Weight]:
        if self.trainable:
            yield from (weight for weight in self._weights if weight.trainable)
        # A layer in a frozen one may have been thawed since.
        for child in self.children():
            yield from child._thawed()

    @property
    def losses(self) -> list[Any]:
        """What the last call on arrays added to the loss, and what the regularizers of the trainable weights ask."""
        added = adapter.losses_in_force()
        asked = [weight.regularizer(weight.value) for weight in self.trainable_weights if weight.regularizer]
        return [*(self._added_losses if added is None else added), *asked]

    def get_weights(self) -> list[np.ndarray]:
        """Returns the values of all weights, as NumPy arrays of the caller's own."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: list[Any]) -> None:
        """Sets the values of all weights.

        Errors: ValueError if there are more or fewer, or a shape is another one; nothing is changed then.
        """
        weights, handles = list(weights), self._weight_names()
        if len(weights) != len(handles):
            listed = ", ".join(f"{name} {handle.shape}" for handle, name in handles.items())
            raise ValueError(
                errors.explain(
                    f"{self} has {errors.counted(len(handles), 'weight')}, "
                    f"got {errors.counted(len(weights), 'array')}.",
                    f"Its weights: {listed}."
                    if handles
                    else "Its weights are declared when it is first called, or built.",
                )
            )
        rows = [
            f"{name} needs {handle.shape}, got {np.shape(value)}"
            for (handle, name), value in zip(handles.items(), weights, strict=True)
            if handle.shape != np.shape(value)
        ]
        if rows:
            raise ValueError(errors.explain(f"{self} cannot take weights of these shapes: {rows[0]}.", *rows[1:]))
        for handle, value in zip(handles, weights, strict=True):
            handle.assign(value)

    def _weight_names(self) -> dict[Weight, str]:
        """Returns all weights with the names that errors give them: `encoder/dense_1/kernel`."""
        found = {weight: weight.name for weight in self.own_weights}
        for child in self.children():
            for weight, name in child._weight_names().items():
                found.setdefault(weight, f"{child.name}/{name}")
        return found

    def older_form(self, weight: Weight, shape: tuple[int, ...]) -> Callable[[np.ndarray], np.ndarray] | None:
        """Returns what makes a weight of an array of this shape, as which an older Keras kept it; None if none did."""
        return None

    def count_params(self) -> int:
        """Returns the number of scalars in all weights.

        Errors: ValueError if the weights are not declared yet.
        """
        if not self.built and not self.weights:
            raise ValueError(
                errors.explain(
                    f"{self} has no weights yet: they are declared when it is first called.",
                    "Call it on an Input, or build the model first.",
                )
            )
        return sum(weight.size for weight in self.weights)

    def add_loss(self, loss: Any) -> None:
        """Adds a term to the loss of the step; to be used inside `call`.

        Errors: RuntimeError elsewhere.
        """
        adapter.add_loss(self, loss)

    def call(self, inputs: Any, *args: Any, **arguments: Any) -> Any:
        """Computes as `apply` does, inside the `call` of a subclass: `super().call(inputs)`."""
        return adapter.call_inherited(self, inputs, args, arguments)

    def remember(self, node: Node) -> int:
        """Keeps a weak reference to a node that calls this layer, and returns its number."""
        self._nodes.append(weakref.ref(node))
        return len(self._nodes) - 1

    @property
    def called_at(self) -> errors.CallSite | None:
        """The user's line of the first call that is still of use; None without one."""
        return next((node.site for reference in self._nodes if (node := reference())), None)

    def _node(self, index: int | None = None) -> Node:
        alive = [node for reference in self._nodes if (node := reference())]
        if index is not None:
            found = self._nodes[index]() if -len(self._nodes) <= index < len(self._nodes) else None
            if found is None:
                raise ValueError(
                    errors.explain(
                        f"{self} has no call number {index}: it was called {errors.counted(len(self._nodes), 'time')}."
                    )
                )
            return found
        if not alive:
            raise AttributeError(
                errors.explain(f"{self} has no input or output: it was never called on a symbolic tensor, "
                               "or nothing holds what it gave.", "Call it, and keep it: outputs = layer(inputs).")
            )  # fmt: skip
        return alive[0]

    def _tensors_at(self, index: int | None, what: str) -> Any:
        node = self._node(index)
        if index is None and len(self._nodes) > 1:
            found = {str(_shapes_of(n, what)) for reference in self._nodes if (n := reference())}
            if len(self._nodes) > 1 and what.endswith("shape") and len(found) > 1:
                raise AttributeError(
                    errors.explain(
                        f"{self} was called {len(self._nodes)} times on different shapes: {', '.join(sorted(found))}.",
                        f"Use get_{what}_at(index).",
                    )
                )
        return _shapes_of(node, what) if what.endswith("shape") else _tensors_of(node, what)

    @property
    def input(self) -> Any:
        """The tensor, or structure of tensors, of its first call."""
        return self._tensors_at(None, "input")

    @property
    def output(self) -> Any:
        """What its first call gave."""
        return self._tensors_at(None, "output")

    def get_input_at(self, node_index: int) -> Any:
        """Returns the inputs of call number `node_index`."""
        return self._tensors_at(node_index, "input")

    def get_output_at(self, node_index: int) -> Any:
        """Returns the outputs of call number `node_index`."""
        return self._tensors_at(node_index, "output")

    def get_input_shape_at(self, node_index: int) -> Any:
        """Returns the shape of the inputs of call number `node_index`."""
        return self._tensors_at(node_index, "input_shape")

    def get_output_shape_at(self, node_index: int) -> Any:
        """Returns the shape of the outputs of call number `node_index`."""
        return self._tensors_at(node_index, "output_shape")

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make this layer again, as plain data.

        Errors: NotImplementedError for a class of one's own whose arguments are not plain data.
        """
        cls = type(self)
        config: dict[str, Any] = {"name": self.name, "trainable": self.trainable,
                                  "dtype": registry.serialize(self.dtype_policy)}  # fmt: skip
        if self.activity_regularizer is not None:
            config["activity_regularizer"] = registry.serialize(self.activity_regularizer)
        own = {f.name for f in fields(self) if f.name not in _COMMON and f.init}
        if _generated(cls):
            return {**config, **{name: registry.serialize(getattr(self, name)) for name in own}}
        described = {name: registry.serialize(getattr(self, name)) for name in own} if _takes_more(cls) else {}
        # A class that writes its own config adds its arguments itself.
        return {**config, **described, **({} if _first_with(cls, "get_config") is not Layer else self._recorded())}

    def _recorded(self) -> dict[str, Any]:
        """Returns the arguments the layer was made with, as plain data, but those of every layer."""
        args, kwargs = self._arguments  # type: ignore[attr-defined]
        bound = inspect.signature(type(self).__init__).bind(self, *args, **kwargs)
        _, *parameters = inspect.signature(type(self).__init__).parameters.values()
        given: dict[str, Any] = {}
        for parameter in parameters:
            if parameter.name in bound.arguments:
                value = bound.arguments[parameter.name]
                given |= value if parameter.kind is parameter.VAR_KEYWORD else {parameter.name: value}
        try:
            return {name: registry.serialize(value) for name, value in given.items() if name not in _COMMON_ARGUMENTS}
        except (TypeError, ValueError) as error:
            raise NotImplementedError(
                errors.explain(
                    f"{self} cannot write its own config: {str(error).partition(chr(10))[0]}",
                    "Give the class a get_config() that returns its arguments, starting from super().get_config().",
                )
            ) from error

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """Returns a layer made with these arguments."""
        arguments = {key: value if key == "dtype" else registry.deserialize(value) for key, value in config.items()}
        accepted = inspect.signature(cls).parameters
        if _takes_more(cls):
            return cls(**arguments)
        # A class of one's own that takes no name is given it afterwards.
        layer = cls(**{name: value for name, value in arguments.items() if name in accepted})
        for name in ("name", "trainable"):
            if name in arguments and name not in accepted:
                setattr(layer, name, arguments[name])
        return layer


def _shape_property(what: str, doc: str) -> property:
    """Returns a property that tells a shape, unless the layer was given another meaning of the name."""

    def read(self: Layer) -> Any:
        return vars(self)[what] if what in vars(self) else self._tensors_at(None, what)

    def write(self: Layer, value: Any) -> None:
        vars(self)[what] = value

    return property(read, write, doc=doc)


# Set after the dataclass is made: the constructor's argument of this name is another thing, and has no attribute.
for _what in ("input_shape", "output_shape"):
    _doc = f"The {_what.replace('_', ' ')} of its calls; AttributeError if they were made on different shapes."
    setattr(Layer, _what, _shape_property(_what, _doc))
for _argument in ("batch_input_shape", "batch_size", "input_dim"):
    delattr(Layer, _argument)

_COMMON = frozenset(f.name for f in fields(Layer))
_COMMON_ARGUMENTS = _COMMON | {"input_shape", "batch_input_shape", "batch_size", "input_dim"}
# What a layer in Keras's way cannot define anew, as the rest of Plait calls it.
_TAKEN = frozenset(
    name
    for name, value in vars(Layer).items()
    if inspect.isfunction(value) and not name.startswith("_")
) - {"build", "call", "compute_mask", "compute_output_shape", "compute_output_spec", "get_config", "get_build_config",
     "add_weight", "add_loss", "get_weights", "set_weights", "count_params", "apply"}  # fmt: skip
# What is not pickled and copied: who called it, and where it stands, which the layer around it says of it.
_OF_THIS_PROCESS = frozenset({"_nodes", "_home", "_added_losses"})
_STANDING = "_standing"
# What the layer itself keeps, where no other layers are to be looked for.
_NOT_CHILDREN = frozenset(
    {
        "_arguments",
        "_weights",
        "_memory",
        "_nodes",
        "_home",
        "_build_shape",
        "_other_build_shapes",
        "_built_at",
        "_added_losses",
        "declared_input_shape",
    }
)


def _check_names_of(cls: type[Layer]) -> None:
    """Errors: TypeError for a class in Keras's way with a method that the layers of Plait need themselves."""
    if cls.__module__.partition(".")[0] == "plait" or "call" not in cls.__dict__:
        return
    taken = [*(name for name in cls.__dict__ if name in _TAKEN), *(["apply"] if "apply" in cls.__dict__ else [])]
    if taken:
        raise TypeError(
            errors.explain(
                f"{cls.__name__} cannot have a method {taken[0]!r} of its own beside `call`: every layer has one.",
                f"Call it something else, e.g. {taken[0]}_it.",
            )
        )


def _built_once(build: Callable[..., None]) -> Callable[..., None]:
    """Returns a `build` that does nothing the second time, and notes that it was there."""

    @functools.wraps(build)
    def built_once(self: Layer, *args: Any, **kwargs: Any) -> None:
        is_outermost = type(self).build is built_once
        if is_outermost and self.built:
            return
        build(self, *args, **kwargs)
        if is_outermost:
            self.built = True
            self._build_shape = args[0] if args else kwargs.get("input_shape")

    return built_once


def _takes_more(cls: type) -> bool:
    """Whether the constructor takes arguments that it does not name."""
    parameters = inspect.signature(cls).parameters.values()
    return _generated(cls) or any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


def _generated(cls: type) -> bool:
    """Whether the constructor in force was made from the fields of a dataclass."""
    return (
        is_dataclass(_first_with(cls, "__init__")) and "__dataclass_fields__" in _first_with(cls, "__init__").__dict__
    )


def _first_with(cls: type, attribute: str) -> type:
    return next(one for one in cls.__mro__ if attribute in one.__dict__)


def _declared_input_shape(
    layer: Layer, input_shape: Any, batch_input_shape: Any, batch_size: Any, input_dim: Any
) -> Shape | None:
    if batch_input_shape is not None:
        return tuple(batch_input_shape)
    if input_shape is None and input_dim is not None:
        input_shape = (input_dim,)
    if input_shape is None:
        return None
    if isinstance(input_shape, int):
        raise ValueError(
            errors.explain(f"input_shape is a tuple, got {input_shape}.", f"Write input_shape=({input_shape},).")
        )
    return (batch_size, *input_shape)


def _frozen(layer: Layer) -> Iterator[Layer]:
    """Yields the layer itself and those in it that are not trainable now."""
    if not layer.trainable:
        yield layer
    for child in layer.children():
        yield from _frozen(child)


def _place_of_weight(layer: weakref.ref[Layer], name: str) -> str:
    owner = layer()
    return f"{owner.place}/{name}" if owner else name


def _spec(leaf: Any) -> Any:
    return Spec(tuple(leaf.shape), str(leaf.dtype)) if hasattr(leaf, "shape") and hasattr(leaf, "dtype") else leaf


def _shape_of(leaf: Any) -> Any:
    return getattr(leaf, "shape", None)


def _shapes_by_name(arguments: Mapping[str, Any], function: Callable[..., Any]) -> dict[str, Any]:
    """Returns the shapes of the arguments that a function wants to know, by Keras's names: `value_shape`."""
    wanted = adapter.parameters(function)
    found = {f"{name}_shape": nest.walk(_shape_of, value) for name, value in arguments.items() if value is not None}
    return {name: shape for name, shape in found.items() if name in wanted}


def _mask_spec(spec: Any, is_masked: bool) -> Any:
    return Spec(spec.shape[:2], "bool") if is_masked else None


def _array(leaf: Any) -> Any:
    return jnp.asarray(leaf) if isinstance(leaf, np.ndarray | np.generic | float | int) else leaf


def _explicit(ctx: Context, arguments: Mapping[str, Any]) -> tuple[Context, Mapping[str, Any]]:
    """An argument given in the call wins over the context the call is in."""
    if "training" not in arguments and "mask" not in arguments:
        return ctx, arguments
    rest = dict(arguments)
    training, mask = rest.pop("training", None), rest.pop("mask", None)
    ctx = Context(
        ctx.training if training is None else bool(training),
        ctx.root_key,
        ctx.place,
        ctx.mask if mask is None else mask,
        ctx.frozen,
        ctx.recomputed,
    )
    return ctx, rest


def _flat_shapes(structure: Any) -> list[Any]:
    if shapes.is_shape(structure):
        return [structure]
    elements = structure.values() if isinstance(structure, dict) else structure
    return [shape for element in elements for shape in _flat_shapes(element)]


def _structure_of_shapes(structure: Any) -> Any:
    if shapes.is_shape(structure):
        return None
    if isinstance(structure, dict):
        return {key: _structure_of_shapes(value) for key, value in structure.items()}
    return type(structure)(_structure_of_shapes(element) for element in structure)


def _tensors_of(node: Node, what: str) -> Any:
    return node.inputs if what.startswith("input") else node.tensors()


def _shapes_of(node: Node, what: str) -> Any:
    return nest.walk(lambda t: getattr(t, "shape", None), _tensors_of(node, what))


Apply = Callable[..., Any]


class _Trainable:
    """The attribute `trainable` of a layer: setting it sets that of the layers in it.

    An attribute that checks what it is set to: a `__setattr__` would be run for every other one as well, forty times
    for each layer.
    """

    def __get__(self, layer: Layer | None, cls: type[Layer]) -> bool:
        return True if layer is None else layer.__dict__["trainable"]

    def __set__(self, layer: Layer, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError(errors.explain(f"{type(layer).__name__} needs True or False for trainable, got {value!r}."))
        for child in layer.children():
            child.trainable = value
        layer.__dict__["trainable"] = value


# Set once the class is made: as a field, its default is True.
Layer.trainable = _Trainable()  # type: ignore[assignment]
