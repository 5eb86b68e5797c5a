"""What `compile` decided, and the program made from it."""

from __future__ import annotations

from typing import Any

from plait.core import errors, patterns
from plait.graph import walks
from plait.graph.layer import Layer
from plait.training.objective import Objective, look_up
from plait.training.program import Program
from plait.training.slots import KeptSlots
from plait.training.steps import Steps


class Compiled:
    """Optimizer, objective, and which layers were frozen when `compile` was called.

    Args:   model: the model; only looked at, not kept. Where it is compiled again with the same optimizer, training
                goes on with the slots there are.
            The others as for `Model.compile`.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        loss: Any,
        loss_weights: Any,
        metrics: Any,
        weighted_metrics: Any,
        run_eagerly: bool,
        steps_per_execution: int | str,
        remat: Any = None,
        log_penalties: bool = False,
    ) -> None:
        if steps_per_execution != "auto" and (not isinstance(steps_per_execution, int) or steps_per_execution < 1):
            raise ValueError(
                errors.explain(f'steps_per_execution is "auto" or a positive integer, got {steps_per_execution!r}.')
            )
        if log_penalties and model.own_steps:
            raise ValueError(
                errors.explain(
                    f"log_penalties is for steps that fit makes, and {model} makes its own.",
                    "Let train_step return them with its logs.",
                )
            )
        self.optimizer = optimizer
        before = model.compiled
        self.slots = before.slots if before and before.optimizer is optimizer else KeptSlots(optimizer)
        self.arguments = {
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
        }
        self.given = (
            optimizer, loss, loss_weights, metrics, weighted_metrics, run_eagerly, steps_per_execution, remat,
            log_penalties,
        )  # fmt: skip
        self.log_penalties = log_penalties
        self.run_eagerly = run_eagerly
        self.steps_per_execution = steps_per_execution
        listed = remat if isinstance(remat, list | tuple) else [] if remat is None else [remat]
        self.remat = [patterns.checked("remat", pattern) for pattern in listed]
        self.frozen = walks.frozen_layers(model)
        self.root_is_frozen = not model.trainable
        self._objective: Objective | None = None
        self._programs: dict[Any, Any] = {}
        # Of programs of steps that were left out of a pickle: how far they were.
        self._left: dict[Any, Any] = {}
        if model.knows_its_ports:
            self.objective_of(model)
            if self.remat:
                walks.recomputed_layers(model, self.remat)  # refuses a pattern that matches nothing
        else:
            look_up(loss, metrics, weighted_metrics)

    def __getstate__(self) -> dict[str, Any]:
        """Returns what was decided, and how far training is; programs are compiled anew."""
        left = {key: program.left() for key, program in self._programs.items() if isinstance(program, Steps)}
        return {**vars(self), "_objective": None, "_programs": {}, "_left": {**self._left, **left}}

    def anew(self, model: Any, optimizer: Any) -> Compiled:
        """Returns the same for a model and an optimizer, with slots of its own, of which nothing was trained."""
        again = Compiled(model, optimizer, *self.given[1:])
        again.slots = KeptSlots(optimizer)
        return again

    def objective_of(self, model: Any) -> Objective:
        """Returns the objective, resolved against the model's outputs as soon as these are known."""
        if self._objective is None:
            self._objective = self._new_objective(model)
        return self._objective

    def _new_objective(self, model: Any) -> Objective:
        return Objective(model.output_ports, *[*self.arguments.values(), self.log_penalties])

    def program_for(self, model: Any, target_shapes: tuple[Any, ...]) -> Program:
        """Returns the program for targets of these shapes per example; made once and kept."""
        if target_shapes not in self._programs:
            objective = self._new_objective(model)
            objective.settle(target_shapes)
            self._programs[target_shapes] = Program(
                model,
                objective,
                self.slots,
                self.frozen,
                self.root_is_frozen,
                self.run_eagerly,
                recomputed=walks.recomputed_layers(model, self.remat),
            )
        return self._programs[target_shapes]

    def steps_for(self, model: Any, structures: Any) -> Steps:
        """Returns the program of the model's own steps, for data in these structures; made once and kept."""
        key = repr(structures)
        if key not in self._programs:
            self._programs[key] = Steps(model, structures, self.run_eagerly, self.remat)
            if key in self._left:
                self._programs[key].take_up(*self._left.pop(key))
        return self._programs[key]

    def forget(self) -> None:
        """Drops what was made for outputs that are other ones now."""
        self._objective, self._programs = None, {}

    def is_stale(self, model: Layer) -> bool:
        """Whether a layer was frozen or thawed since `compile`."""
        return walks.frozen_layers(model) != self.frozen
