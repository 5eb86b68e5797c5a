"""Runs a script as a user would."""

import subprocess
import sys
from pathlib import Path


def plait_run(folder: Path, *cells: str, args: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Returns what `python -m plait run script.py args…` printed for a script made of these cells."""
    script = folder / "script.py"
    script.write_text("\n".join(cells))
    command = [sys.executable, "-m", "plait", "run", str(script), *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=600, check=False)
