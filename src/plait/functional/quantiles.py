"""Values that split numbers into bins of about equal counts."""

from __future__ import annotations

import numpy as np

# Values in rising order, and how many numbers each stands for.
Summary = np.ndarray


def boundaries(numbers: np.ndarray, bins: int, epsilon: float) -> list[float]:
    """Returns the values between bins: one less than there are bins, or fewer where there are few numbers.

    Args: epsilon: how far a boundary may be from the exact one, as a share of the numbers.
    """
    summary = _compressed(_summary(numbers, epsilon), epsilon)
    return [float(value) for value in _compressed(summary, 1.0 / bins)[0, :-1]]


def _summary(numbers: np.ndarray, epsilon: float) -> Summary:
    """Returns about 1 / epsilon of the numbers, equally far apart in their order."""
    ordered = np.sort(numbers.reshape(-1).astype(np.float32))
    step = max(ordered.size / (1.0 / epsilon), 1.0)
    values = ordered[int(step - 1) :: int(step)]
    return np.stack([values, np.full_like(values, step)])


def _compressed(summary: Summary, epsilon: float) -> Summary:
    """Returns a summary of 1 / epsilon values, found between those of a longer one; a shorter one as it is."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    counts = summary[1].cumsum()
    known_shares = counts / counts[-1]
    values = np.interp(shares, known_shares, summary[0])
    reached = np.interp(shares, known_shares, counts)
    return np.stack([values, np.diff(reached, prepend=0)]).astype(np.float32)
