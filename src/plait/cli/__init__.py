"""The command line: `plait run script.py`, `plait demo`, `plait inspect FILE`, `plait convert IN OUT`.

May import: everything below. Start reading here, then `demo.py`.
"""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from collections.abc import Sequence

import plait
from plait import keras
from plait.cli import converting, demo, inspecting


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command that the arguments name, and returns the exit code.

    Args: argv: without the name of the program; those of the process if not given.
    """
    parser = argparse.ArgumentParser(prog="plait", description="The Keras Sequential and Functional API on JAX.")
    parser.add_argument("--version", action="version", version=f"plait {plait.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="command", required=True)

    command = commands.add_parser(
        "run",
        help="run a Keras script, unchanged, on Plait",
        usage="plait run [-h] script [args ...]",
        description=run.__doc__,
    )
    command.add_argument("script", help="its imports of keras and of tensorflow.keras give it Plait")
    command.set_defaults(run=run, parser=command)

    command = commands.add_parser(
        "demo", help="train a model with two inputs and four outputs", description=demo.__doc__
    )
    demo.add_arguments(command)
    command.set_defaults(run=demo.main)

    command = commands.add_parser(
        "inspect", help="show what a file of a model or of weights holds", description=inspecting.main.__doc__
    )
    inspecting.add_arguments(command)
    command.set_defaults(run=inspecting.main)

    command = commands.add_parser(
        "convert", help="write a model or weights to another kind of file", description=converting.main.__doc__
    )
    converting.add_arguments(command)
    command.set_defaults(run=converting.main)

    argv = list(sys.argv[1:] if argv is None else argv)
    # What follows a script is the script's own: argparse would take a "--" out of it.
    ours = 2 if argv[:1] == ["run"] else len(argv)
    args = parser.parse_args(argv[:ours])
    args.args = argv[ours:]
    return args.run(args)


def run(args: argparse.Namespace) -> int:
    """Runs a script as `python script.py args…` would, with Plait in the place of Keras."""
    if not os.path.isfile(args.script):
        args.parser.error(f"there is no script {args.script!r}")
    sys.argv = [args.script, *args.args]
    if not sys.flags.safe_path:
        sys.path[0] = os.path.dirname(os.path.realpath(args.script))
    keras.install()
    runpy.run_path(args.script, run_name="__main__")
    return 0
