"""Linear algebra: decompositions and solutions, on matrices along the last two axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from plait.graph.operators import lift
from plait.ops.numpy import norm as norm

__all__ = [
    "cholesky", "cholesky_inverse", "det", "eig", "eigh", "inv", "jvp", "logdet", "lstsq", "lu_factor",
    "matrix_rank", "norm", "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd",
]  # fmt: skip


@lift
def cholesky(x: Any, upper: bool = False) -> Any:
    """Returns the triangular matrix whose product with its transpose is `x`.

    Errors: ValueError for an array that is not positive definite; in a program the result is NaN instead.
    """
    factor = jnp.linalg.cholesky(x, upper=upper)
    if not isinstance(factor, jax.core.Tracer) and bool(jnp.isnan(factor).any()):
        raise ValueError("cholesky needs a symmetric, positive definite matrix, and this one is not.")
    return factor


@lift
def cholesky_inverse(x: Any, upper: bool = False) -> Any:
    """Returns the inverse of the matrix that has this Cholesky factor."""
    x = jnp.asarray(x)
    inverse = jax.scipy.linalg.solve_triangular(x, jnp.eye(x.shape[-1], dtype=x.dtype), lower=not upper)
    return inverse @ inverse.T if upper else inverse.T @ inverse


@lift
def det(x: Any) -> Any:
    """Returns determinants."""
    return jnp.linalg.det(x)


@lift
def slogdet(x: Any) -> Any:
    """Returns the signs of determinants, and the logarithms of their absolute values."""
    return tuple(jnp.linalg.slogdet(x))


@lift
def logdet(x: Any) -> Any:
    """Returns the logarithms of the absolute values of determinants."""
    return jnp.linalg.slogdet(x)[1]


@lift
def eig(x: Any) -> Any:
    """Returns eigenvalues, and eigenvectors as columns, both complex; on the CPU only."""
    return tuple(jnp.linalg.eig(x))


@lift
def eigh(x: Any) -> Any:
    """Returns the eigenvalues of symmetric matrices in rising order, and eigenvectors as columns."""
    return tuple(jnp.linalg.eigh(x))


@lift
def inv(x: Any) -> Any:
    """Returns inverses."""
    return jnp.linalg.inv(x)


@lift
def pinv(x: Any, rcond: Any = None) -> Any:
    """Returns pseudo-inverses; singular values below `rcond` times the largest count as 0."""
    return jnp.linalg.pinv(x, rcond)


@lift
def lu_factor(x: Any) -> Any:
    """Returns the factors L and U of matrices in one, and the rows that were exchanged on the way."""
    factor = jax.scipy.linalg.lu_factor
    for _ in range(jnp.ndim(x) - 2):
        factor = jax.vmap(factor)
    return tuple(factor(jnp.asarray(x)))


@lift
def qr(x: Any, mode: str = "reduced") -> Any:
    """Returns matrices with orthogonal columns, and triangular ones, whose products are `x`.

    Errors: ValueError for a mode other than "reduced" and "complete".
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f'qr needs the mode "reduced" or "complete", got {mode!r}.')
    return tuple(jnp.linalg.qr(x, mode))


@lift
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Returns U, the singular values, and the transpose of V; or the values alone."""
    found = jnp.linalg.svd(x, full_matrices, compute_uv)
    return tuple(found) if compute_uv else found


@lift
def solve(a: Any, b: Any) -> Any:
    """Returns the solutions x of `a @ x = b`."""
    return jnp.linalg.solve(a, b)


@lift
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Any:
    """Returns the solutions x of `a @ x = b` for triangular `a`."""
    return jax.scipy.linalg.solve_triangular(a, b, lower=lower)


@lift
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Returns the x that make `a @ x` nearest to b."""
    return jnp.linalg.lstsq(a, b, rcond)[0]


@lift
def matrix_rank(x: Any, tol: Any = None) -> Any:
    """Returns how many singular values are above the tolerance."""
    return jnp.linalg.matrix_rank(x, tol=tol).astype("int32")


def jvp(fun: Callable[..., Any], primals: Any, tangents: Any, has_aux: bool = False) -> Any:
    """Returns the function's value, and how it changes when its arguments change by the tangents."""
    return jax.jvp(fun, primals, tangents, has_aux=has_aux)
