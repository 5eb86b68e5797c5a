import os
import runpy
import sys

import pytest

import plait
from plait import cli, keras
from tests.cli.running import plait_run


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a script in this process, and leaves the process as it was."""
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(source, *args):
        script = tmp_path / "script.py"
        script.write_text(source)
        return cli.main(["run", str(script), *args])

    yield run
    keras.uninstall()


def test_a_script_runs_as_python_would_run_it(tmp_path):
    (tmp_path / "beside.py").write_text("from keras.layers import Dense\n")
    script = """
import sys, os
import beside
from keras.layers import Dense
import tensorflow as tf
print(__name__, sys.argv[1:], os.path.basename(sys.argv[0]), os.path.basename(__file__))
print(os.path.samefile(sys.path[0], os.path.dirname(__file__)))
print(Dense.__module__, beside.Dense is Dense is tf.keras.layers.Dense)
sys.exit(7)
"""
    finished = plait_run(tmp_path, script, args=("--", "-x", "--version", "3"))

    assert finished.stdout.splitlines() == [
        "__main__ ['--', '-x', '--version', '3'] script.py script.py",
        "True",
        "plait.layers.dense True",
    ]
    assert (finished.returncode, finished.stderr) == (7, "")


def test_an_exception_ends_the_process_with_its_traceback(tmp_path):
    finished = plait_run(tmp_path, "def broken():\n    return {}['no such key']\n\nbroken()\n")

    assert finished.returncode == 1
    assert f'File "{tmp_path / "script.py"}", line 4, in <module>' in finished.stderr
    assert finished.stderr.endswith("KeyError: 'no such key'\n")


def test_an_exception_passes_through_as_it_is(run):
    with pytest.raises(ZeroDivisionError):
        run("1 / 0")


@pytest.mark.parametrize(("source", "code"), [("raise SystemExit(3)", 3), ("exit('no data')", "no data")])
def test_an_exit_code_passes_through_as_it_is(run, source, code):
    with pytest.raises(SystemExit) as error:
        run(source)
    assert error.value.code == code


def test_a_script_that_ends_well_gives_exit_code_0(run):
    assert run("pass") == 0


def test_an_error_in_the_model_names_the_line_of_the_script(run):
    source = "from keras.layers import Dense, Input\nx = Input((3,))\nDense(-1)(x)\n"
    with pytest.raises(ValueError, match=r"Called at \S*script.py:3\."):
        run(source)


def test_a_script_that_is_not_there_is_an_error_of_usage(capsys):
    with pytest.raises(SystemExit) as error:
        cli.main(["run", "nowhere.py"])
    assert error.value.code == 2
    assert "there is no script 'nowhere.py'" in capsys.readouterr().err


def test_the_version_is_printed(capsys):
    with pytest.raises(SystemExit) as error:
        cli.main(["--version"])
    assert error.value.code == 0
    assert capsys.readouterr().out == f"plait {plait.__version__}\n"


def test_python_m_plait_is_the_same_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [os.path.dirname(plait.__file__), "--version"])
    with pytest.raises(SystemExit) as error:
        runpy.run_module("plait", run_name="__main__")
    assert error.value.code == 0
    assert capsys.readouterr().out.startswith("plait ")


def test_without_a_command_the_usage_is_shown(capsys):
    with pytest.raises(SystemExit) as error:
        cli.main([])
    assert error.value.code == 2
    assert "usage: plait" in capsys.readouterr().err
