"""A recurrent layer run from both ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import InitVar
from typing import Any

import jax.numpy as jnp

from plait.core import errors, registry
from plait.core.context import Context
from plait.core.fields import dataclass
from plait.core.updated import Updated
from plait.core.weight import Weight
from plait.graph import checks, walks
from plait.graph.layer import Layer
from plait.graph.shapes import Shape, Spec

_MERGES: dict[str | None, Callable[[Any, Any], Any]] = {
    "sum": jnp.add,
    "mul": jnp.multiply,
    "concat": lambda forward, backward: jnp.concatenate([forward, backward], axis=-1),
    "ave": lambda forward, backward: (forward + backward) / 2,
    None: lambda forward, backward: (forward, backward),
}
# What both directions do alike, and a layer must have to be run in both.
_SHARED = ("stateful", "return_sequences", "return_state")


@registry.register
@dataclass(eq=False, repr=False)
class Bidirectional(Layer):
    """Runs a recurrent layer from the start and another from the end, and merges what they put out.

    The layer given is copied, and keeps its weights to itself. At masked steps of a sequence both put out zeros.

    Shapes:  (batch, time, features) -> as the layer, with twice the features if they are concatenated;
             with return_state also the states of the forward layer, then those of the backward layer
    Weights: those of the forward layer, then those of the backward layer
    Args:    merge_mode: "concat", "sum", "mul", "ave" for the mean, or None to put out both.
             weights: the arrays that the weights begin with.
             backward_layer: the layer for the other direction; by default another copy of the layer.
    Errors:  ValueError for what is no recurrent layer, and two that run in one direction or put out different things.
    Source:  M. Schuster, K. Paliwal, Bidirectional Recurrent Neural Networks, 1997.
    """

    layer: Any
    merge_mode: str | None = "concat"
    weights: InitVar[Any] = None
    backward_layer: Any = None

    names_in_files = {"layer": "forward_layer"}  # noqa: RUF012 - declared as a class variable by Layer

    supports_masking = True

    def __post_init__(self, *common: Any) -> None:
        *common, self._first_weights = common  # type: ignore[assignment]
        super().__post_init__(*common)

    def check(self) -> None:
        """Makes the two layers, and makes sure that they fit each other."""
        checks.one_of(self, "merge_mode", tuple(_MERGES))
        self._check_recurrent(self.layer)
        given = self.layer
        self.layer = _copy(given, "forward_")
        if self.backward_layer is None:
            self.backward_layer = _copy(given, "backward_", go_backwards=True)
        self._check_recurrent(self.backward_layer)
        self._check_alike()
        for layer in self._directions.values():
            if hasattr(layer, "zero_output_for_mask"):
                layer.zero_output_for_mask = layer.return_sequences
        self.input_spec = self.layer.input_spec

    def _check_recurrent(self, layer: Any) -> None:
        if not isinstance(layer, Layer) or not all(hasattr(layer, name) for name in ("go_backwards", *_SHARED)):
            raise ValueError(
                errors.explain(
                    f"{self} needs a recurrent layer, got {layer!r}.",
                    "Use LSTM, GRU, SimpleRNN or RNN; a cell goes into an RNN first.",
                )
            )

    def _check_alike(self) -> None:
        forward, backward = self._directions.values()
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(
                errors.explain(
                    f"{self} needs two layers that run in different directions, got go_backwards="
                    f"{forward.go_backwards} for both.",
                    "Leave go_backwards out of the layer, or give a backward_layer with the other one.",
                )
            )
        for name in _SHARED:
            one, other = getattr(forward, name), getattr(backward, name)
            if one != other:
                raise ValueError(
                    errors.explain(f"{self} needs two layers with the same {name}, got {one} and {other}.")
                )

    @property
    def _directions(self) -> dict[str, Any]:
        """The two layers, by their places."""
        return {"forward_layer": self.layer, "backward_layer": self.backward_layer}

    @property
    def forward_layer(self) -> Any:
        """The layer that runs in the direction that the given one did."""
        return self.layer

    @property
    def stateful(self) -> bool:
        """Whether each batch goes on where the one before ended."""
        return bool(self.layer.stateful)

    @property
    def return_sequences(self) -> bool:
        """Whether it puts out every step."""
        return bool(self.layer.return_sequences)

    @property
    def return_state(self) -> bool:
        """Whether it puts out the last states too."""
        return bool(self.layer.return_state)

    @property
    def states(self) -> tuple[Weight, ...] | None:
        """What both layers remember from batch to batch, or None."""
        forward, backward = (getattr(layer, "states", None) for layer in self._directions.values())
        return (*forward, *backward) if forward and backward else None

    def build(self, input_shape: Shape) -> None:
        """Builds both layers, and gives them the weights they are to begin with."""
        for name, layer in self._directions.items():
            self.adopt(layer, name)
            layer.prepare(Spec(tuple(input_shape), self.compute_dtype), {}, None)
        self.input_spec = self.layer.input_spec
        if self._first_weights:
            self.set_weights(self._first_weights)
            self._first_weights = None

    def apply(self, values: Mapping[Weight, Any], inputs: Any, ctx: Context, initial_state: Any = None) -> Any:
        """Runs both layers, and merges their outputs."""
        forward, backward = (
            layer.run(values, inputs, ctx.at(name, ctx.mask), arguments)
            for (name, layer), arguments in zip(self._directions.items(), self._halves(initial_state), strict=True)
        )
        (output, *states), (reversed_output, *more) = (
            updated.outputs if self.return_state else [updated.outputs] for updated in (forward, backward)
        )
        if self.return_sequences:
            reversed_output = jnp.flip(reversed_output, axis=1)
        merged = _MERGES[self.merge_mode](output, reversed_output)
        if self.return_state:
            merged = (*(merged if self.merge_mode is None else [merged]), *states, *more)
        return Updated(merged, {**forward.values, **backward.values}, (*forward.losses, *backward.losses))

    def _halves(self, initial_state: Any) -> list[dict[str, Any]]:
        """Returns the further arguments of either layer's call: its half of the states, if they are given.

        Errors: ValueError if they cannot be halved.
        """
        if initial_state is None:
            return [{}, {}]
        if not isinstance(initial_state, list | tuple) or len(initial_state) % 2:
            got = f"{len(initial_state)}" if isinstance(initial_state, list | tuple) else "one tensor"
            raise ValueError(
                errors.explain(
                    f"{self} needs a list of initial states, half of them for each direction, got {got}.",
                    "List those of the forward layer, then those of the backward layer.",
                )
            )
        middle = len(initial_state) // 2
        return [{"initial_state": half} for half in (initial_state[:middle], initial_state[middle:])]

    def compute_output_spec(self, specs: Any, **arguments: Any) -> Any:
        """Returns the Specs of the outputs."""
        halves = self._halves(arguments.get("initial_state"))
        for layer, half in zip(self._directions.values(), halves, strict=True):
            layer.compute_output_spec(specs, **half)
        return super().compute_output_spec(specs, **arguments)

    def compute_output_shape(self, input_shape: Shape) -> Any:
        """Returns the shapes of the outputs."""
        found = self.layer.compute_output_shape(input_shape)
        shape, *states = found if self.return_state else [found]
        if self.merge_mode == "concat":
            shape = (*shape[:-1], None if shape[-1] is None else 2 * shape[-1])
        outputs = [shape, shape] if self.merge_mode is None else [shape]
        return (*outputs, *states, *states) if len(outputs) > 1 or states else shape

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Returns the mask of the outputs if they are sequences; states have none."""
        found = self.layer.compute_mask(inputs, mask)
        states = found[1:] if isinstance(found, list | tuple) else []
        masks = [mask if self.return_sequences else None] * (2 if self.merge_mode is None else 1)
        return [*masks, *states, *states] if len(masks) > 1 or states else masks[0]

    def reset_state(self) -> None:
        """Lets a stateful layer begin the next batch from zeros."""
        for layer in self._directions.values():
            layer.reset_state()

    reset_states = reset_state


# The constructor's argument of this name is what the weights begin with; the attribute lists them, as of any layer.
del Bidirectional.weights


def _copy(layer: Layer, prefix: str, **changes: Any) -> Any:
    """Returns a layer made with the arguments of another, some of them changed, under a name that starts so."""
    name = prefix + layer.name.removeprefix(prefix)
    # The classes are at hand: they need not be registered to be made once more.
    with registry.custom_object_scope({type(one).__name__: type(one) for one in walks.layers_in(layer)}):
        return type(layer).from_config({**layer.get_config(), **changes, "name": name})
