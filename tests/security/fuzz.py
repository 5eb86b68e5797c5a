"""Opens files that were changed at random, and looks for one that does more than open or be refused.

    python -m tests.security.fuzz --seconds 600 [--seed 7] [--into FOLDER]
    python -m tests.security.fuzz --case FILE

Case by case it is the same for the same seed. What goes wrong is written to a file, which `--case` opens once more.
"""

import argparse
import base64
import itertools
import json
import os
import pathlib
import random
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.security import corpus, mutations
from tests.security.opening import Opener

# Of a processor; a process that says nothing for ten times as long hangs, however much else runs.
MOST_SECONDS, MOST_BYTES = 5.0, 500 * 2**20


def problem(outcome):
    """Returns what is wrong with how a file was opened, or None."""
    if outcome.outcome not in ("opened", "refused"):
        return outcome.outcome
    if outcome.bytes > MOST_BYTES:
        return f"took {outcome.bytes} bytes"
    return f"took {outcome.seconds:.1f} seconds" if outcome.seconds > MOST_SECONDS else None


def case(seed, number, files):
    """Returns the file that a case starts from, and the content that it makes of it."""
    state = random.Random(f"{seed}/{number}")
    start = state.choice(files)
    return start, mutations.changed(state, start.path.read_bytes(), start.path.suffix)


class Run:
    """Holds what a run has found: how many files came to what, and the descriptions of those that went wrong."""

    def __init__(self, seed, files, folder, into):
        self.seed, self.files, self.folder, self.into = seed, files, folder, into
        self.counts = Counter()
        self.problems = []
        self._numbers = itertools.count()
        self._making = threading.Lock()

    def lane(self, end):
        """Makes and opens one file after the other until the time is up."""
        with Opener(10 * MOST_SECONDS) as opener:
            while time.monotonic() < end:
                with self._making:
                    number = next(self._numbers)
                    start, content = case(self.seed, number, self.files)
                changed = self.folder / f"case-{number}.{start.path.name.partition('.')[2]}"
                changed.write_bytes(content)
                outcome = opener.open(changed, start.model)
                changed.unlink()
                self._note(number, start, content, outcome)

    def _note(self, number, start, content, outcome):
        wrong = problem(outcome)
        with self._making:
            self.counts[outcome.outcome] += 1
            if wrong is None:
                return
            described = {"seed": self.seed, "number": number, "start": start.name, "problem": wrong}
            kept = self.into / f"fuzz-{self.seed}-{number}.json"
            words = {"words": outcome.words, "content": base64.b64encode(content).decode()}
            kept.write_text(json.dumps({**described, **words}, indent=1))
            self.problems.append(f"{kept}: {start.name} {wrong} {outcome.words[-300:]}")


def run(seconds, seed, into):
    """Returns the Run of this many seconds, in as many processes as there are processors.

    Args: into: the folder for files that go wrong.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        found = Run(seed, corpus.seeds(folder), folder, pathlib.Path(into))
        lanes = min(4, os.cpu_count() or 1)
        end = time.monotonic() + seconds
        with ThreadPoolExecutor(lanes) as pool:
            list(pool.map(found.lane, [end] * lanes))
    return found


def again(path):
    """Returns the Outcome of a case that was written to a file."""
    kept = json.loads(pathlib.Path(path).read_text())
    with tempfile.TemporaryDirectory() as name, Opener(10 * MOST_SECONDS) as opener:
        start = next(one for one in corpus.seeds(pathlib.Path(name)) if one.name == kept["start"])
        changed = pathlib.Path(name) / f"again.{start.path.name.partition('.')[2]}"
        changed.write_bytes(base64.b64decode(kept["content"]))
        return opener.open(changed, start.model)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9)
    parser.add_argument("--into", default=".")
    parser.add_argument("--case")
    arguments = parser.parse_args()
    if arguments.case:
        outcome = again(arguments.case)
        print(f"{problem(outcome) or outcome.outcome}: {outcome.seconds:.2f} s, {outcome.bytes} bytes\n{outcome.words}")
        raise SystemExit(problem(outcome) is not None)
    found = run(arguments.seconds, arguments.seed, arguments.into)
    print(f"seed {arguments.seed}:", ", ".join(f"{count} {outcome}" for outcome, count in found.counts.most_common()))
    print(*found.problems, sep="\n")
    raise SystemExit(bool(found.problems))


if __name__ == "__main__":
    main()
