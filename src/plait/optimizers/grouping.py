"""Groups of weights, by their paths, with an optimizer each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from plait.core import errors, registry
from plait.core import patterns as regular
from plait.optimizers import lookup
from plait.optimizers.optimizer import Optimizer
from plait.optimizers.several import Several


@registry.register
class Groups(Several):
    """Trains each weight by the optimizer of the first pattern that matches all of its path.

        optimizers.groups({".*/bias": SGD(0.1), "encoder/.*": None}, default="adam")

    Args:   patterns: regular expressions and what each stands for: an optimizer, its name, an optax transformation, or
                None for weights that stay as they are, and need no slots.
            default: the same, for the weights that no pattern matches.
            loss_scale_factor: what the loss is multiplied by, and the gradients divided by, for all of them.
    Errors: TypeError or ValueError for what is no pattern or no optimizer, or for one that scales the loss itself;
            ValueError, when training begins, for a pattern that no weight is left for.
    """

    def __init__(
        self,
        patterns: Mapping[str, lookup.Like | None] | Iterable[tuple[str, lookup.Like | None]],
        default: lookup.Like | None,
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        self.patterns = {regular.checked("groups", one): _optimizer(given) for one, given in dict(patterns).items()}
        self.default = _optimizer(default)
        given = [one for one in (*self.patterns.values(), self.default) if one is not None]
        super().__init__(given, loss_scale_factor, name)
        if any(one.loss_scale_factor is not None for one in given):
            raise ValueError(
                errors.explain(
                    "An optimizer of groups cannot scale the loss, which is one for all.",
                    "Give the loss_scale_factor to groups.",
                )
            )

    def chosen(self, params: Mapping[str, Any]) -> Mapping[str, Optimizer | None]:
        """Returns the optimizer of each weight, None for one that is frozen.

        Errors: ValueError for a pattern that no weight is left for.
        """
        first = {path: next((one for one in self.patterns if regular.fits(one, path)), None) for path in params}
        for pattern in self.patterns:
            if pattern not in first.values():
                raise ValueError(_idle(pattern, first))
        return {path: self.default if one is None else self.patterns[one] for path, one in first.items()}

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that make this optimizer again, as plain data: patterns refer to a list by number."""

        def number(optimizer: Optimizer | None) -> int | None:
            return None if optimizer is None else self.optimizers.index(optimizer)

        return {
            "optimizers": registry.serialize(self.optimizers),
            "patterns": [[pattern, number(one)] for pattern, one in self.patterns.items()],
            "default": number(self.default),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """Returns the optimizer that `get_config` described.

        Errors: ValueError for a pattern that is more than text and `.*`.
        """
        config = dict(config)
        made: dict[int | None, Optimizer | None] = {None: None}
        made.update(enumerate(registry.deserialize(config.pop("optimizers"))))
        given = {pattern: made[number] for pattern, number in config.pop("patterns")}
        for pattern in given:
            regular.check_from_config("Optimizer groups", pattern)
        return cls(given, made[config.pop("default")], **config)


# As it is written where it is used: optimizers.groups({…}, default="adam").
groups = Groups


def _optimizer(given: Any) -> Optimizer | None:
    return None if given is None else lookup.get(given)


def _idle(pattern: str, first: Mapping[str, str | None]) -> str:
    """Returns the error for a pattern that is the first one of no weight."""
    earlier = [one for path, one in first.items() if regular.fits(pattern, path)]
    if earlier:
        return errors.explain(
            f"No weight is left for the pattern {pattern!r} of groups: {earlier[0]!r} comes before it.",
            "Patterns are tried in their order. Put the narrower one first.",
        )
    trained = errors.counted(len(first), "weight")
    return errors.explain(
        f"The pattern {pattern!r} of groups matches none of the {trained} that are trained.",
        regular.nearest(pattern, first),
    )
