"""Measures Plait and its peers side by side, and writes the numbers to `results/` as JSON and as a Markdown table.

    python -m benchmarks.run              everything
    python -m benchmarks.run --quick      the lecture's five examples with four of the peers, without start-up
    python -m benchmarks.run --large      on an accelerator: the five examples and two large models, beside PyTorch

Each system does each piece of work in a process of its own. The processes of one piece of work are all made ready
first, and then asked in turns, A B C … A B C …, so that a machine whose speed drifts is as fast for one as for the
other; what counts is the median over the turns, and the ratio turn by turn.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from typing import Any

from benchmarks.work import LARGE, LECTURE, WORKS

HERE = pathlib.Path(__file__).parent
PEERS = ["keras-jax", "keras-tensorflow", "keras-torch", "torch", "torch-compile"]
SYSTEMS = ["plait", *PEERS, "jax"]
# Without Keras on PyTorch, which is slow and never the best peer.
QUICK_SYSTEMS = ["plait", "keras-jax", "keras-tensorflow", "torch", "torch-compile"]
LARGE_SYSTEMS = ["plait", "torch", "torch-compile"]
# Operations per second on bfloat16, without sparsity, by NVIDIA's data sheets.
PEAKS = {"H200": 989e12, "H100": 989e12, "A100": 312e12}
MEASURES = ["train", "predict", "predict one", "call one"]
PLAIN_JAX = ["ex1", "ex2", "ex3", "ex4", "ex5"]


def environment(system: str, cache: str | None = None) -> dict[str, str]:
    """Returns the environment variables of a worker: defaults, but for the backend and where compiled code is kept."""
    found = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    found.pop("PYTHONDONTWRITEBYTECODE", None)  # else what is installed as source is compiled in each process
    if system.startswith("keras-"):
        found["KERAS_BACKEND"] = system.removeprefix("keras-")
    if cache is not None:
        found["PLAIT_CACHE"] = found["JAX_COMPILATION_CACHE_DIR"] = found["TORCHINDUCTOR_CACHE_DIR"] = cache
        if system == "plait":
            del found["JAX_COMPILATION_CACHE_DIR"]
    return found


def command(*arguments: str) -> list[str]:
    """Returns the command line of a worker."""
    return [sys.executable, "-m", "benchmarks.worker", *arguments]


class Worker:
    """A process that is ready to measure."""

    def __init__(self, system: str, work: str, kind: str, cache: str) -> None:
        self.system, self.work = system, work
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - open as long as the process runs
        self.process = subprocess.Popen(
            command(system, work, kind), cwd=HERE.parent, env=environment(system, cache), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
        )  # fmt: skip
        self.facts: Any = None

    def make_ready(self) -> None:
        """Waits until it has built its model and warmed up."""
        self.facts = self.facts or self._answer()

    def ask(self, measure: str) -> float | None:
        """Returns one measurement; None if the process has died."""
        try:
            self.process.stdin.write(f"{measure}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        found = self._answer()
        return found and found[measure]

    def _answer(self) -> Any:
        line = self.process.stdout.readline()
        if not line and self.process.wait():
            self.errors.seek(0)
            print(f"{self.system} with {self.work} has died: {(self.errors.read().split() or ['?'])[-30:]}", flush=True)
        return json.loads(line) if line else None

    def stop(self) -> None:
        """Ends the process."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


def in_turns(work: str, kind: str, systems: list[str], turns: int, cache: str) -> dict[str, Any]:
    """Returns all measurements of one piece of work: by system, then by measure, one number per turn."""
    workers = []
    for system in systems:
        if system != "jax" or work in PLAIN_JAX:
            workers.append(Worker(system, work, kind, cache))
            if kind != "quick":
                workers[-1].make_ready()  # one after the other, so that what it tells of its start is its own
    for worker in workers:
        worker.make_ready()
    found: dict[str, Any] = {worker.system: {measure: [] for measure in MEASURES} for worker in workers}
    for measure in MEASURES:
        for _ in range(turns):
            for worker in workers:
                found[worker.system][measure].append(worker.ask(measure))
    for worker in workers:
        found[worker.system]["peak MB"] = [worker.ask("peak MB")]
        found[worker.system] |= {name: [value] for name, value in (worker.facts or {}).items()}
        worker.stop()
    counts = {system: each.get("count", [None])[0] for system, each in found.items()}
    print(f"{work}: weights {sorted({count for count in counts.values() if count})}", flush=True)
    return found


def once(kind: str, work: str, systems: list[str], turns: int) -> dict[str, Any]:
    """Returns what processes measure that do it once and end; for "start" with a cold cache, then with a warm one."""
    found: dict[str, Any] = {system: {} for system in systems}
    for turn in range(turns):
        for system in systems if turn < 2 else _in_question(found, kind):
            with tempfile.TemporaryDirectory() as cache:
                for state in ("cold", "warm") if kind == "start" else ("cold",):
                    done = subprocess.run(
                        command(system, work, kind, str(time.time())), cwd=HERE.parent, text=True,
                        env=environment(system, cache), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                    )  # fmt: skip
                    for name, value in json.loads(done.stdout or "{}").items():
                        key = f"{name}, {state}" if name == "start" else name
                        found[system].setdefault(key, []).append(value)
    return found


def _in_question(found: dict[str, Any], kind: str) -> list[str]:
    """Returns the systems that are asked again: ten epochs of one that takes twice as long may take minutes a turn."""
    took = {system: each[kind] for system, each in found.items() if each.get(kind)}
    if kind != "fit" or not any(peer in took for peer in PEERS):
        return list(found)
    best = min(max(took[peer]) for peer in PEERS if peer in took)
    return [system for system in found if system == "plait" or min(took.get(system, [0])) <= 2 * best]


# ------------------------------------------------------------------------------------------------ the tables


def middle(numbers: list[float | None] | None) -> float | None:
    """Returns the median of those there are."""
    known = [number for number in numbers or [] if number is not None]
    return statistics.median(known) if known else None


def ratio(found: dict[str, Any], measure: str) -> tuple[float, str] | None:
    """Returns how many times longer the best peer takes than Plait, the median turn by turn, and who that peer is."""
    peers = [peer for peer in PEERS if middle(found.get(peer, {}).get(measure))]
    if not peers or not middle(found["plait"].get(measure)):
        return None
    best = min(peers, key=lambda peer: middle(found[peer][measure]))  # type: ignore[arg-type, return-value]
    pairs = zip(found[best][measure], found["plait"][measure], strict=False)
    return statistics.median(theirs / ours for theirs, ours in pairs), best


def table(results: dict[str, Any], measure: str, unit: str, factor: float) -> list[str]:
    """Returns a Markdown table: systems down, pieces of work across."""
    works = [work for work in results if any(measure in each for each in results[work].values())]
    if not works:
        return []
    lines = [f"### {measure} ({unit})", "", f"| | {' | '.join(works)} |", f"|---|{'---:|' * len(works)}"]
    for system in SYSTEMS:
        cells = [middle(results[work].get(system, {}).get(measure)) for work in works]
        if any(cells):
            shown = [f"{cell * factor:.3g}" if cell is not None else "–" for cell in cells]
            lines.append(f"| {system} | {' | '.join(shown)} |")
    ratios = [ratio(results[work], measure) for work in works]
    lines.append(f"| **best peer / Plait** | {' | '.join(f'**{r[0]:.2f}** ({r[1]})' if r else '–' for r in ratios)} |")
    if any(middle(results[work].get("jax", {}).get(measure)) for work in works):
        cells = [_beside_jax(results[work], measure) for work in works]
        lines.append(f"| Plait / plain JAX | {' | '.join(cells)} |")
    return [*lines, ""]


def _beside_jax(found: dict[str, Any], measure: str) -> str:
    if not middle(found.get("jax", {}).get(measure)):
        return "–"
    pairs = zip(found["plait"][measure], found["jax"][measure], strict=False)
    return f"{statistics.median(ours / theirs for ours, theirs in pairs):.2f}"


def report(record: dict[str, Any]) -> str:
    """Returns the Markdown of a record."""
    machine = record["machine"]
    lines = [
        f"# {record['date']}: {machine['processor']}, {machine['cores']} cores",
        "",
        ", ".join(f"{name} {version}" for name, version in machine["versions"].items()) + ".",
        f"Medians of {record['turns']} turns; each system in a process of its own, in turns.",
        "",
    ]
    for measure, unit, factor in (
        ("train", "ms per step", 1e3),
        ("predict", "ms per batch", 1e3),
        ("predict one", "ms for one sample through predict", 1e3),
        ("call one", "ms for one sample through a call", 1e3),
        ("peak MB", "most resident memory", 1),
        ("build and summary", "ms", 1e3),
    ):
        lines += table(record["turns by work"], measure, unit, factor)
    lines += _shares(record)
    for measure, unit in (("start, cold", "s"), ("start, warm", "s"), ("import", "s")):
        lines += table(record["start"], measure, unit, 1)
    if record["fit"]:
        lines += table(record["fit"], "fit", "s, ten epochs, from the start of the process", 1)
        lines += ["Of a system that took more than twice as long as the quickest peer in two turns: of these two.", ""]
    return "\n".join(lines)


def _shares(record: dict[str, Any]) -> list[str]:
    """Returns a table of samples per second, and which share that is of what the accelerator can do at most."""
    found = {work: each for work, each in record["turns by work"].items() if WORKS[work].operations}
    card = record["machine"].get("accelerator", "")
    peak = next((PEAKS[name] for name in PEAKS if name in card), None)
    lines = [
        f"### trained samples per second ({card})",
        "",
        f"| | {' | '.join(found)} |",
        f"|---|{'---:|' * len(found)}",
    ]
    for system in SYSTEMS:
        cells = []
        for work, each in found.items():
            seconds = middle(each.get(system, {}).get("train"))
            rate = WORKS[work].batch / seconds if seconds else None
            share = f" ({rate * WORKS[work].operations / peak:.0%} of the peak)" if rate and peak else ""
            cells.append(f"{rate:.0f}{share}" if rate else "–")
        if set(cells) != {"–"}:
            lines.append(f"| {system} | {' | '.join(cells)} |")
    return [*lines, ""] if found else []


def _accelerator() -> dict[str, str]:
    """Returns the name of the NVIDIA card, if there is one."""
    if shutil.which("nvidia-smi") is None:
        return {}
    asked = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    names = subprocess.run(asked, capture_output=True, text=True).stdout.split("\n")
    return {"accelerator": names[0].strip()} if names[0] else {}


def machine() -> dict[str, Any]:
    """Returns what was measured on, and with which versions."""
    processor = platform.processor() or platform.machine()
    information = pathlib.Path("/proc/cpuinfo")
    if information.exists():
        named = [line for line in information.read_text().splitlines() if line.startswith("model name")]
        processor = named[0].partition(":")[2].strip() if named else processor
    packages = ["plait", "jax", "jaxlib", "keras", "tensorflow-cpu", "torch", "numpy"]
    versions = {"Python": platform.python_version()}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    found = {"processor": processor, "cores": os.cpu_count(), "system": platform.platform(), "versions": versions}
    return found | _accelerator()


def main() -> None:
    """Runs what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only the lecture's five examples, no start-up")
    parser.add_argument(
        "--large", action="store_true", help="for an accelerator: two large models as well, no start-up"
    )
    parser.add_argument("--works", nargs="*", choices=WORKS, help="only these pieces of work")
    parser.add_argument("--systems", nargs="*", choices=SYSTEMS, help="only these systems")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--only", choices=["turns", "start", "fit"], help="only one kind of measurement")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "results")
    args = parser.parse_args()
    name = "quick" if args.quick else "large" if args.large else "full"
    everything = [work for work in WORKS if work not in LARGE]
    works = args.works or {"quick": LECTURE, "large": LECTURE + LARGE, "full": everything}[name]
    systems = args.systems or {"quick": QUICK_SYSTEMS, "large": LARGE_SYSTEMS, "full": SYSTEMS}[name]
    kinds = [args.only] if args.only else ["turns", "start", "fit"] if name == "full" else ["turns"]
    record: dict[str, Any] = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "turns": args.turns,
        "turns by work": {},
        "start": {},
        "fit": {},
    }
    args.out.mkdir(parents=True, exist_ok=True)
    stem = args.out / f"{record['date']}-{name}"

    def keep() -> None:
        stem.with_suffix(".json").write_text(json.dumps(record, indent=1))
        stem.with_suffix(".md").write_text(report(record))

    with tempfile.TemporaryDirectory() as cache:
        for work in works if "turns" in kinds else []:
            kind = "quick" if args.quick else "turns"
            record["turns by work"][work] = in_turns(work, kind, systems, args.turns, cache)
            keep()
    if "start" in kinds:
        record["start"] = {"ex2": once("start", "ex2", systems, args.turns)}
        keep()
    for work in [work for work in works if work in LECTURE] if "fit" in kinds else []:
        record["fit"][work] = once("fit", work, [s for s in systems if s != "jax"], args.turns)
        keep()
    print(report(record))
    print(f"Written to {stem}.json and {stem}.md")


if __name__ == "__main__":
    main()
