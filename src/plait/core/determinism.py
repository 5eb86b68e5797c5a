"""Whether a run will give the same bits again."""

from __future__ import annotations

import os

import jax

from plait.core import errors, seeds

_FLAG = "--xla_gpu_deterministic_ops=true"


def check() -> None:
    """Makes sure that this run, started again, gives the same bits.

    On a CPU it does; XLA computes in an order that does not depend on time there, and so do the kernels. On a GPU it
    does if XLA was told so when the process started.

    Errors: ValueError without a seed, and where the engine cannot promise it.
    """
    if not seeds.is_set():
        raise ValueError(
            errors.explain(
                "deterministic=True needs a seed: without one each run draws other numbers.",
                "Call plait.utils.set_random_seed(…) before the model is made.",
            )
        )
    if jax.default_backend() in ("gpu", "cuda", "rocm") and _FLAG not in os.environ.get("XLA_FLAGS", ""):
        raise ValueError(
            errors.explain(
                "deterministic=True cannot be promised: XLA may add up in another order on this GPU each time.",
                f"Start the process with XLA_FLAGS={_FLAG} in its environment.",
            )
        )
