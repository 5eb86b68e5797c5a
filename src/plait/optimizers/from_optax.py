"""Any optax transformation as an optimizer."""

from __future__ import annotations

import inspect
import re
from dataclasses import field
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import errors
from plait.core.fields import dataclass
from plait.core.lazy import optax
from plait.optimizers.optimizer import Optimizer, Rate


@dataclass(eq=False)
class Optax(Optimizer):
    """Uses an optax transformation as it is; the learning rate is inside it, and here always 1.

    Args:   transformation: anything with `init` and `update`, whose updates are added to the weights, e.g.
                `optax.adam(1e-3)`. An update that takes more is told `value`, the loss of the step, and `grad`.
            (and those of every Optimizer, except learning_rate)
    Errors: TypeError for an update that needs still more, and when a learning rate is set; ValueError when it is to be
            written to a config.
    """

    learning_rate: Rate = field(default=1.0, init=False)
    transformation: Any

    def _check(self) -> None:
        super()._check()
        missing = _missing_argument(self.rule())
        if missing:
            raise TypeError(
                errors.explain(
                    f"The optax transformation needs {missing}, which a training step does not have.",
                    "It is told value, the loss of the step, and grad; a line search, as in optax.lbfgs, needs to "
                    "compute the loss anew. Use one that follows the gradient, e.g. optax.adam(1e-3).",
                )
            )

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "learning_rate" and value != 1:
            raise TypeError(
                errors.explain(
                    "The learning rate of an optax transformation is inside it and cannot be set.",
                    "Give optax a schedule, or use one of plait.optimizers.",
                )
            )
        super().__setattr__(name, value)

    def rule(self) -> optax.GradientTransformationExtraArgs:
        """Returns the transformation, which is told `value` and `grad` where it takes them."""
        told = _told(self.transformation.update)

        def update(grads: Any, state: Any, params: Any = None, *, value: Any = None, **_: Any) -> Any:
            known = {"value": value, "grad": grads}
            return self.transformation.update(grads, state, params, **{name: known[name] for name in told})

        return optax.GradientTransformationExtraArgs(self.transformation.init, update)

    def get_config(self) -> dict[str, Any]:
        """Raises: a transformation is made of functions, and a config holds no code."""
        raise ValueError(
            errors.explain(
                "An optimizer made from an optax transformation cannot be written to a config.",
                "Save the model without its optimizer, or use one of plait.optimizers.",
            )
        )


def _told(update: Any) -> list[str]:
    """Returns which of `value` and `grad` an update takes."""
    parameters = inspect.signature(update).parameters
    takes_all = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    return [name for name in ("value", "grad") if takes_all or name in parameters]


def _missing_argument(rule: optax.GradientTransformationExtraArgs) -> str | None:
    """Returns the name of an argument that the rule needs and is not told, found by tracing it on one weight."""
    weight = {"weight": jax.ShapeDtypeStruct((2,), jnp.float32)}
    loss = jax.ShapeDtypeStruct((), jnp.float32)
    try:
        state = jax.eval_shape(rule.init, weight)
        jax.eval_shape(lambda g, s, p, loss: rule.update(g, s, p, value=loss), weight, state, weight, loss)
    except Exception as error:
        # Any other failure may come from this one weight, which is not what the transformation was made for.
        names = re.findall(r"'(\w+)'", str(error)) if "required keyword-only argument" in str(error) else []
        return next((name for name in names if name not in ("value", "grad")), None)
    return None
