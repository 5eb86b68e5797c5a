"""What the environment switches off."""

from __future__ import annotations

import os


def is_off(variable: str) -> bool:
    """Whether an environment variable, e.g. `PLAIT_CACHE`, says off, 0 or no."""
    return os.environ.get(variable, "").lower() in ("off", "0", "no")
