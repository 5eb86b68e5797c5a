"""Adam and its relatives: steps from moving averages of the gradient and of its square."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from plait.core import registry
from plait.core.fields import dataclass
from plait.core.lazy import optax
from plait.optimizers.optimizer import Optimizer, Rate, Rule, averaged, descend, single, squared, zeros


class Moments(NamedTuple):
    """The averages of the gradient, of its square, and with amsgrad the largest one of those."""

    momentum: Any
    velocity: Any
    velocity_hat: Any = None


@registry.register
@dataclass(eq=False)
class Adam(Optimizer):
    """Steps by the mean gradient over the root of its mean square, both corrected for their start at 0.

    Args:   beta_1, beta_2: the parts of the two averages that are kept, 0 to 1.
            epsilon: added to the root before its correction, the "epsilon hat" of the paper.
            amsgrad: whether to divide by the largest mean square so far.
            (and those of every Optimizer)
    Source: D. Kingma and J. Ba, Adam, 2014, end of section 2; S. Reddi et al., On the convergence of Adam and
            beyond, 2018 (amsgrad).
    """

    learning_rate: Rate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    amsgrad: bool = False

    def rule(self) -> Rule:
        """Returns the rule of one step."""

        def init(params: Any) -> Moments:
            return Moments(zeros(params), zeros(params), zeros(params) if self.amsgrad else None)

        def update(grads: Any, state: Moments, params: Any = None, *, learning_rate: Any, step: Any, **_: Any) -> Any:
            m = averaged(self.beta_1, state.momentum, grads)
            v = averaged(self.beta_2, state.velocity, squared(grads))
            v_hat = jax.tree.map(jnp.maximum, state.velocity_hat, v) if self.amsgrad else None
            alpha = learning_rate * jnp.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
            updates = jax.tree.map(
                lambda m, v: -alpha.astype(m.dtype) * m / (jnp.sqrt(v) + self.epsilon), m, v_hat or v
            )
            return updates, Moments(m, v, v_hat)

        return Rule(init, update)


@registry.register
@dataclass(eq=False)
class AdamW(Adam):
    """Is Adam with weight decay from the start.

    Args:   as for Adam; weight_decay comes second.
    Source: I. Loshchilov and F. Hutter, Decoupled weight decay regularization, 2019.
    """

    weight_decay: float | None = 0.004


@registry.register
@dataclass(eq=False)
class Adamax(Optimizer):
    """Steps by the mean gradient over its largest recent size.

    Args:   beta_1, beta_2: the parts of the mean and of the largest size that are kept, 0 to 1.
            epsilon: added to the largest size.
            (and those of every Optimizer)
    Source: D. Kingma and J. Ba, Adam, 2014, algorithm 2.
    """

    learning_rate: Rate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def rule(self) -> Rule:
        """Returns the rule of one step."""

        def init(params: Any) -> Moments:
            return Moments(zeros(params), zeros(params))

        def update(grads: Any, state: Moments, params: Any = None, *, learning_rate: Any, step: Any, **_: Any) -> Any:
            m = averaged(self.beta_1, state.momentum, grads)
            u = jax.tree.map(lambda u, g: jnp.maximum(self.beta_2 * u, jnp.abs(g)), state.velocity, grads)
            alpha = learning_rate / (1 - self.beta_1**step)
            updates = jax.tree.map(lambda m, u: -alpha.astype(m.dtype) * m / (u + self.epsilon), m, u)
            return updates, Moments(m, u)

        return Rule(init, update)


class NadamState(NamedTuple):
    """The averages of the gradient and of its square, and the product of all momenta so far."""

    momentum: Any
    velocity: Any
    u_product: jax.Array


@registry.register
@dataclass(eq=False)
class Nadam(Optimizer):
    """Is Adam with Nesterov's look ahead and a momentum that grows towards beta_1.

    Args:   beta_1, beta_2: the parts of the two averages that are kept, 0 to 1.
            epsilon: added to the root of the corrected mean square.
            (and those of every Optimizer)
    Source: T. Dozat, Incorporating Nesterov momentum into Adam, 2016, algorithm 2.
    """

    learning_rate: Rate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def rule(self) -> Rule:
        """Returns the rule of one step."""

        def init(params: Any) -> NadamState:
            return NadamState(zeros(params), zeros(params), jnp.ones((), jnp.float32))

        def update(
            grads: Any, state: NadamState, params: Any = None, *, learning_rate: Any, step: Any, **_: Any
        ) -> Any:
            m = averaged(single(self.beta_1), state.momentum, grads)
            v = averaged(single(self.beta_2), state.velocity, squared(grads))
            u = self.beta_1 * (1 - 0.5 * 0.96**step)
            u_next = self.beta_1 * (1 - 0.5 * 0.96 ** (step + 1))
            product = state.u_product * u
            alpha = learning_rate * u_next / (1 - product * u_next)
            ahead = learning_rate * (1 - u) / (1 - product)
            correction = 1 - self.beta_2**step

            def move(g: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
                root = jnp.sqrt(v / correction.astype(v.dtype)) + self.epsilon
                return -(alpha.astype(m.dtype) * m + ahead.astype(g.dtype) * g) / root

            return jax.tree.map(move, grads, m, v), NadamState(m, v, product)

        return Rule(init, update)


@registry.register
@dataclass(eq=False)
class Lamb(Optimizer):
    """Is Adam with each step made as long, per weight array, as the weight itself times the learning rate.

    Args:   beta_1, beta_2: the parts of the two averages that are kept, 0 to 1.
            epsilon: added to the root of the corrected mean square.
            (and those of every Optimizer)
    Source: Y. You et al., Large batch optimization for deep learning, 2019, algorithm 2.
    """

    learning_rate: Rate = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7

    def rule(self) -> optax.GradientTransformationExtraArgs:
        """Returns the rule of one step."""

        def init(params: Any) -> Moments:
            return Moments(zeros(params), zeros(params))

        def update(grads: Any, state: Moments, params: Any = None, *, step: Any, **_: Any) -> Any:
            m = averaged(self.beta_1, state.momentum, grads)
            v = averaged(self.beta_2, state.velocity, squared(grads))
            sum_m, sum_v = 1 - self.beta_1**step, 1 - self.beta_2**step

            def direction(m: jax.Array, v: jax.Array) -> jax.Array:
                return m / sum_m.astype(m.dtype) / (jnp.sqrt(v / sum_v.astype(v.dtype)) + self.epsilon)

            return jax.tree.map(direction, m, v), Moments(m, v)

        adam = optax.GradientTransformationExtraArgs(init, update)
        return optax.chain(adam, optax.scale_by_trust_ratio(), descend())
