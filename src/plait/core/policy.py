"""Which dtype weights are kept in, and which one layers compute in."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, ClassVar

import jax.numpy as jnp

from plait.core import errors, registry

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}
_FLOATS = ("float16", "bfloat16", "float32", "float64")


@registry.register
@dataclass(frozen=True)
class DTypePolicy(registry.Described):
    """Names a pair of dtypes: `"float32"` is both, `"mixed_bfloat16"` computes in bfloat16 on float32 weights."""

    keras_module: ClassVar[str] = "keras"

    name: str = "float32"

    def __post_init__(self) -> None:
        if self.name not in _MIXED:
            try:
                jnp.dtype(self.name)
            except TypeError:
                raise errors.unknown("dtype policy", self.name, [*_FLOATS, *_MIXED]) from None

    @property
    def compute_dtype(self) -> str:
        """The dtype layers compute in."""
        return _MIXED.get(self.name, self.name)

    @property
    def variable_dtype(self) -> str:
        """The dtype weights are kept in."""
        return "float32" if self.name in _MIXED else self.name


# The name that files may have for it.
registry.register_as("keras", "FloatDTypePolicy", DTypePolicy)

_policy = DTypePolicy()


def get(policy: Any = None) -> DTypePolicy:
    """Returns the policy of a name, a dtype or a policy; the global one for None."""
    if policy is None:
        return _policy
    if isinstance(policy, DTypePolicy):
        return policy
    if isinstance(policy, dict):  # the serialized form
        return DTypePolicy(policy["config"]["name"])
    return DTypePolicy(policy if isinstance(policy, str) else jnp.dtype(policy).name)


@functools.cache
def dtype_name(dtype: Any) -> str:
    """Returns the name of a dtype, which NumPy would put together anew each time."""
    return jnp.dtype(dtype).name


def set_dtype_policy(policy: Any) -> None:
    """Sets the policy of layers made from now on."""
    global _policy
    _policy = get(policy)


def floatx() -> str:
    """Returns the dtype of weights made without another one, `"float32"` unless it was set."""
    return _policy.variable_dtype


def set_floatx(value: str) -> None:
    """Sets the dtype that layers made from now on keep and compute in.

    Errors: ValueError if it is not one of float16, bfloat16, float32, float64.
    """
    if value not in _FLOATS:
        raise errors.unknown("float dtype", value, _FLOATS)
    set_dtype_policy(value)
