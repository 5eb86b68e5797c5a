"""Has files opened by a process that may be ended: whatever is in them, the one who asks goes on."""

import json
import os
import pathlib
import selectors
import subprocess
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).parents[2]
_LONGEST_START = 120.0


class Outcome(NamedTuple):
    """Holds what came of opening a file, how many seconds of a processor and how many bytes of memory that took."""

    outcome: str
    words: str
    seconds: float
    bytes: int


class Opener:
    """Opens files in a warm process, which is started anew when one of them ended it.

    Args: limit: how many seconds a file may take before the process is ended.
    """

    def __init__(self, limit):
        self.limit = limit
        self._process = None
        # Which models the process has.
        self._models = set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end()

    def open(self, path, model=None):
        """Returns the Outcome for a file, whose name says its format.

        Args: model: the file of the model that is to take weights; without one the file is a whole model.
        """
        if self._process is None:
            self._start()
        if model is not None and model not in self._models:
            self._ask(None, model)
            self._reply(_LONGEST_START)
            self._models.add(model)
        self._ask(path, model)
        return self._outcome()

    def _ask(self, path, model):
        asked = {"path": path and str(path), "model": model and str(model)}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()

    def _outcome(self):
        reply = self._reply(self.limit)
        if reply:
            return Outcome(**json.loads(reply))
        if reply is None:
            self._process.kill()
        code = self._process.wait()
        self._end()
        if reply is None:
            return Outcome("hung", "", self.limit, 0)
        return Outcome("ended the process", f"exit code {code}", 0.0, 0)

    def _reply(self, limit):
        """Returns a line; an empty one if the process ended, None if it says nothing for this long."""
        with selectors.DefaultSelector() as ready:
            ready.register(self._process.stdout, selectors.EVENT_READ)
            return self._process.stdout.readline() if ready.select(limit) else None

    def _start(self):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.security.worker"],
            cwd=ROOT,
            # Freed memory that stays with the process would hide what a file takes.
            env={**os.environ, "PLAIT_MALLOC": "off", "JAX_PLATFORMS": "cpu"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if self._reply(_LONGEST_START) != "ready\n":
            self._end()
            raise RuntimeError("The process that opens files did not start: python -m tests.security.worker")

    def _end(self):
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process = None
        self._models = set()
