"""Keras's way to train weights by several optimizers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple

from plait.core import errors, patterns, registry
from plait.optimizers import lookup
from plait.optimizers.optimizer import Optimizer
from plait.optimizers.several import Several


class Variable(NamedTuple):
    """What a function that selects optimizers is told of a weight."""

    path: str
    shape: tuple[int, ...]
    dtype: Any

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@registry.register
class OptimizerMap(registry.Described, MutableMapping[str, Optimizer]):
    """Maps paths of weights, or regular expressions that match them from start to end, to optimizers.

    Args:   default_optimizer: for every other path.
            optimizer_map: what to start from, as a dict.
    Errors: TypeError or ValueError for what is no optimizer, a key that is there already or is no string, and for a
            path that several keys match.
    """

    keras_module = "keras.optimizers"

    def __init__(self, default_optimizer: Any, optimizer_map: Mapping[str, Any] | None = None) -> None:
        self.default_optimizer = lookup.get(default_optimizer)
        self._optimizers: dict[str, Optimizer] = {}
        self.update(optimizer_map or {})

    def __setitem__(self, key: str, optimizer: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(errors.explain(f"OptimizerMap needs a string for a key, got {errors.described(key)}."))
        if key in self._optimizers:
            raise ValueError(errors.explain(f"OptimizerMap has an optimizer for {key!r} already.", "Delete it first."))
        self._optimizers[key] = lookup.get(optimizer)

    def __getitem__(self, path: str) -> Optimizer:
        if path in self._optimizers:
            return self._optimizers[path]
        matching = [key for key in self._optimizers if patterns.fits(key, path)]
        if len(matching) > 1:
            raise ValueError(
                errors.explain(
                    f'Several keys of an OptimizerMap match "{path}": {", ".join(map(repr, matching))}.',
                    "In optimizers.groups the first pattern that matches is taken.",
                )
            )
        return self._optimizers[matching[0]] if matching else self.default_optimizer

    def __delitem__(self, key: str) -> None:
        del self._optimizers[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._optimizers)

    def __len__(self) -> int:
        return len(self._optimizers)

    def __call__(self, variable: Any) -> Optimizer:
        """Returns the optimizer of a weight."""
        return self[variable.path]

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """Returns the map that `get_config` described.

        Errors: ValueError for a key that is more than text and `.*`.
        """
        for key in config.get("optimizer_map") or {}:
            patterns.check_from_config("OptimizerMap", key)
        return super().from_config(config)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make this map again, as plain data."""
        return {
            "default_optimizer": registry.serialize(self.default_optimizer),
            "optimizer_map": registry.serialize(self._optimizers),
        }


@registry.register
class MultiOptimizer(Several):
    """Trains each weight by the optimizer that a map or a function gives for it; see also `optimizers.groups`.

    Args:   optimizer_map: an OptimizerMap, or a function of a weight's description: its `path`, `name`, `shape` and
                `dtype`. It is asked once for each weight.
            loss_scale_factor: what the loss is multiplied by, in place of what the optimizers say of that.
    Errors: TypeError for neither, or if a function gives what is no optimizer.
    """

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Any], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        if not callable(optimizer_map):
            raise TypeError(
                errors.explain(
                    f"MultiOptimizer needs an OptimizerMap or a function, got {errors.described(optimizer_map)}.",
                    "For a dict of patterns there is optimizers.groups.",
                )
            )
        self.optimizer_map = optimizer_map
        self._chosen: dict[str, Optimizer] = {}
        known = isinstance(optimizer_map, OptimizerMap)
        given = [*optimizer_map.values(), optimizer_map.default_optimizer] if known else []  # type: ignore[union-attr]
        super().__init__(given, loss_scale_factor, name)

    def _add(self, optimizer: Optimizer) -> None:
        super()._add(optimizer)
        optimizer.loss_scale_factor = None

    def chosen(self, params: Mapping[str, Any]) -> Mapping[str, Optimizer | None]:
        """Returns the optimizer of each weight."""
        for path, array in params.items():
            if path not in self._chosen:
                optimizer = lookup.get(self.optimizer_map(Variable(path, array.shape, array.dtype)))
                self._add(optimizer)
                self._chosen[path] = optimizer
        return self._chosen

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make this optimizer again, as plain data."""
        return {
            "optimizer_map": registry.serialize(self.optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }
