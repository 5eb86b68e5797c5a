"""Muon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY
from typing import Any

import jax
import jax.numpy as jnp

from plait.core import patterns, registry
from plait.core.fields import dataclass
from plait.optimizers.adam import Adam, Moments
from plait.optimizers.optimizer import Optimizer, Rate, Rule, times, zeros


@registry.register
@dataclass(eq=False)
class Muon(Optimizer):
    """Steps matrices by their momentum made nearly orthogonal, and every other weight as AdamW does.

    Args:   adam_beta_1, adam_beta_2, epsilon: those of Adam, for the weights that it steps.
            adam_weight_decay: the weight_decay of these.
            exclude_layers: regular expressions; matrices whose path has one of them in it are stepped as by AdamW.
            exclude_embeddings: whether so are those with "embedding" in their path.
            muon_a, muon_b, muon_c: the coefficients of the iteration that makes a matrix orthogonal.
            adam_lr_ratio: what the learning rate is multiplied by for Adam.
            momentum: the part of the sum of gradients that is kept, 0 to 1.
            ns_steps: how often the iteration is made.
            nesterov: whether to look ahead by one more step of the momentum.
            rms_rate: the root mean square of a step at learning rate 1, about that of Adam's by default; None for
                steps as they come from the iteration.
            (and those of every Optimizer)
    Source: K. Jordan et al., Muon, 2024; J. Liu et al., Muon is scalable for LLM training, 2025, eq. 4 (rms_rate).
    """

    learning_rate: Rate = 0.001
    adam_beta_1: float = 0.9
    adam_beta_2: float = 0.999
    adam_weight_decay: float | None = 0.004
    epsilon: float = 1e-7
    _: KW_ONLY
    weight_decay: float | None = 0.004
    exclude_layers: Sequence[str] | None = None
    exclude_embeddings: bool = True
    muon_a: float = 3.4445
    muon_b: float = -4.7750
    muon_c: float = 2.0315
    adam_lr_ratio: float = 1
    momentum: float = 0.95
    ns_steps: int = 5
    nesterov: bool = True
    rms_rate: float | None = 0.2

    def __post_init__(self, lr: Rate | None) -> None:
        self.exclude_layers = list(self.exclude_layers or [])
        super().__post_init__(lr)

    def rule(self) -> Rule:
        """Returns the rule of one step."""
        adam = Adam(beta_1=self.adam_beta_1, beta_2=self.adam_beta_2, epsilon=self.epsilon).rule()

        def init(params: Any) -> Moments:
            by_adam = {path: weight for path, weight in params.items() if self._is_for_adam(path, weight)}
            return Moments(zeros(params), zeros(by_adam))

        def update(grads: Any, state: Moments, params: Any = None, *, learning_rate: Any, step: Any, **_: Any) -> Any:
            by_adam = {path: grads[path] for path in state.velocity}
            moments = Moments({path: state.momentum[path] for path in by_adam}, state.velocity)
            updates, moments = adam.update(
                by_adam, moments, learning_rate=learning_rate * self.adam_lr_ratio, step=step
            )
            matrices = {path: grad for path, grad in grads.items() if path not in by_adam}
            momentum = {path: self.momentum * state.momentum[path] + grad for path, grad in matrices.items()}
            ahead = {path: grad + self.momentum * momentum[path] if self.nesterov else momentum[path]
                     for path, grad in matrices.items()}  # fmt: skip
            updates |= {path: times(-learning_rate, self._direction(one)) for path, one in ahead.items()}
            return updates, Moments(moments.momentum | momentum, moments.velocity)

        return Rule(init, update)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """Returns the optimizer that a config describes.

        Errors: ValueError for a pattern that is more than text and `.*`.
        """
        for pattern in config.get("exclude_layers") or ():
            patterns.check_from_config("Muon", pattern)
        return super().from_config(config)

    def decay_of(self, path: str, weight: jax.Array) -> float | None:
        """Returns the weight decay of a weight."""
        return self.adam_weight_decay if self._is_for_adam(path, weight) else self.weight_decay

    def _is_for_adam(self, path: str, weight: jax.Array) -> bool:
        is_embedding = self.exclude_embeddings and "embedding" in path.lower()
        is_excluded = any(patterns.occurs(pattern, path) for pattern in self.exclude_layers or ())
        return weight.ndim != 2 or is_embedding or is_excluded

    def _direction(self, matrix: jax.Array) -> jax.Array:
        straight = orthogonalized(matrix, self.ns_steps, (self.muon_a, self.muon_b, self.muon_c))
        return straight if self.rms_rate is None else straight * (max(matrix.shape) ** 0.5 * self.rms_rate)


def orthogonalized(matrix: jax.Array, steps: int, coefficients: tuple[float, float, float]) -> jax.Array:
    """Returns a matrix with the same singular vectors, whose singular values are near 1.

    Source: K. Jordan et al., Muon, 2024: Newton and Schulz's iteration, of fifth degree.
    """
    a, b, c = coefficients
    # The short side first: its products are the smaller ones.
    is_tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if is_tall else matrix
    # Of norm 1 it has no singular value above 1, from where the iteration would diverge.
    x = x / (jnp.linalg.norm(x) + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if is_tall else x
