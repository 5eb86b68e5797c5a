"""The learning rates as callbacks know them: the numbers of the moment, which some callbacks set."""

from __future__ import annotations

from typing import Any

from plait import optimizers
from plait.core import errors
from plait.graph import walks


def named(model: Any) -> dict[str, Any]:
    """Returns the optimizer, or those it is made of, by the name that the logs have for its learning rate."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if not hasattr(optimizer, "optimizers"):
        return {"learning_rate": optimizer}
    trained = set(model.trainable_weights)
    # One that asks a function for them knows its optimizers only when it has seen the weights.
    optimizer.chosen({path: weight for path, weight in walks.weight_paths(model).items() if weight in trained})
    return {f"learning_rate_{one.name}": one for one in optimizer.optimizers}


def current(model: Any) -> dict[str, float]:
    """Returns the learning rates of the next step; none for one that is inside an optax transformation."""
    return {
        name: float(one.current_learning_rate(_steps(one)))
        for name, one in named(model).items()
        if not isinstance(one, optimizers.Optax)
    }


def check_can_be_set(who: str, model: Any) -> None:
    """Makes sure that the learning rates are numbers, which a callback may set.

    Errors: ValueError for a schedule, another function, and an optax transformation.
    """
    for one in named(model).values():
        if isinstance(one, optimizers.Optax):
            problem = "that of an optax transformation is inside it"
        elif callable(one.learning_rate):
            problem = f"that of {type(one).__name__} is given by {one.learning_rate!r}"
        else:
            continue
        raise ValueError(
            errors.explain(
                f"{who} sets the learning rate, but {problem}.",
                "Leave out the callback, or compile with an optimizer of Plait's that has a number for learning_rate.",
            )
        )


def called(name: str) -> str:
    """Returns how a message calls what the logs have under this name: "learning rate", or "sgd learning rate"."""
    return f"{name.removeprefix('learning_rate').removeprefix('_')} learning rate".strip()


def _steps(optimizer: Any) -> int:
    slots = optimizer.slots_in_use() if optimizer.slots_in_use else None
    return 0 if slots is None else int(optimizer.step_of(slots))
