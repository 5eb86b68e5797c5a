"""`plait inspect`: what it shows of every kind of file, and that it runs and builds nothing."""

import json
import zipfile

import pytest
import rich.console

import plait
from plait import cli, layers, saving
from plait.core import names, registry
from tests.files.formats import KINDS, fresh
from tests.files.models import MODELS
from tests.files.test_keras_file import trained
from tests.security.crafted import CONFIGS, packed, sound

# What a line says of each kind of file; `dense` has the weights (4, 8), (8,), (8, 2) and (2,).
SHOWN = {
    "keras": ["model of Keras 3", "written by Keras: 3.15.1", "x  InputLayer", "dense_1  Dense", "Adam", "10 arrays"],
    "h5": ["older format", "written by Keras: 3.15.1", "x  InputLayer", "dense_1  Dense", "Adam", "10 arrays"],
    "weights-h5": ["weights of Keras 3", "layers/dense/vars/0  (4, 8)  float32  128", "optimizer state: 10 arrays"],
    "weights-json": ["in several files", "layers/dense/vars/0  (4, 8)  float32  128", "optimizer state: 10 arrays"],
    "h5-weights": ["weights, in the older format", "dense_2/dense_2/kernel  (4, 8)  float32  128"],
    "npz": ["of NumPy", "dense_2/kernel  (4, 8)  float32  128", "optimizer state: none"],
    "safetensors": ["in safetensors", "dense_2/kernel  (4, 8)  float32  128", "optimizer state: none"],
}


@pytest.mark.first_rows(3)
@pytest.mark.parametrize("kind", KINDS)
def test_it_shows_what_a_file_holds(kind, tmp_path, capsys):
    path = tmp_path / KINDS[kind].file
    names.clear()
    KINDS[kind].write(trained(plait, "dense"), path)
    assert cli.main(["inspect", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "weights: 4 arrays, 58 numbers, 232 bytes" in shown
    assert [words for words in SHOWN[kind] if words not in shown] == []


def test_the_layers_in_layers_are_shown_by_path(tmp_path, capsys):
    fresh(plait, "recurrent").save(tmp_path / "m.keras")
    cli.main(["inspect", str(tmp_path / "m.keras")])
    lines = capsys.readouterr().out.splitlines()
    assert "  bidirectional_1  Bidirectional" in lines
    assert "  bidirectional_1/forward_lstm_1  LSTM" in lines
    assert "  rnn_1/stacked_rnn_cells_1/lstm_cell_1  LSTMCell" in lines


def test_half_precision_is_counted_as_such(tmp_path, capsys):
    plait.Sequential([plait.Input((4,)), layers.Dense(2, dtype="bfloat16")]).save(tmp_path / "m.keras")
    cli.main(["inspect", str(tmp_path / "m.keras")])
    assert "layers/dense/vars/0  (4, 2)  bfloat16  16" in capsys.readouterr().out


def test_classes_that_nobody_registered_are_named(tmp_path, capsys):
    config, weights = sound(tmp_path / "m.keras")
    config["config"]["layers"][1] |= {"class_name": "Mystery", "module": "os", "registered_name": "theirs>Mystery"}
    packed(tmp_path / "m.keras", {"config.json": json.dumps(config), "model.weights.h5": weights})
    assert cli.main(["inspect", str(tmp_path / "m.keras")]) == 0
    shown = capsys.readouterr().out
    assert "Mystery  unknown" in shown
    assert "classes that must be registered before it is loaded: Mystery" in shown


@pytest.mark.parametrize("write", CONFIGS.values(), ids=CONFIGS)
def test_a_file_that_must_not_be_loaded_may_be_looked_at(write, tmp_path, capsys, monkeypatch):
    """Shows it or refuses it, and in no case makes anything of it."""
    write(tmp_path / "m.keras")
    monkeypatch.setattr(saving, "load_model", None)
    monkeypatch.setattr(registry, "deserialize", None)
    code = 0
    try:
        code = cli.main(["inspect", str(tmp_path / "m.keras")])
    except SystemExit as refused:
        code = refused.code
    assert code == 0 or (code == 2 and capsys.readouterr().err.startswith("plait inspect: "))


def test_a_name_does_not_command_the_terminal(tmp_path, capsys):
    config, weights = sound(tmp_path / "m.keras")
    config["config"]["layers"][1]["name"] = "\x1b[2J\x07name\nline"
    packed(tmp_path / "m.keras", {"config.json": json.dumps(config), "model.weights.h5": weights})
    cli.main(["inspect", str(tmp_path / "m.keras")])
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "name\ufffdline" in shown


def test_a_terminal_is_shown_tables(tmp_path, capsys, monkeypatch):
    fresh(plait, "dense").save(tmp_path / "m.keras")
    console = rich.console.Console(force_terminal=True, width=100)
    monkeypatch.setattr(rich.console, "Console", lambda: console)
    assert cli.main(["inspect", str(tmp_path / "m.keras")]) == 0
    shown = capsys.readouterr().out
    assert "┃" in shown
    assert "layers/dense/vars/0" in shown


UNREADABLE = {
    "no file": (lambda path: None, "m.keras", "No such file"),
    "a text": (lambda path: path.write_text("notes"), "m.keras", "no zip archive"),
    "a file of no kind": (lambda path: path.write_text("notes"), "notes.txt", "ends with"),
    "a folder": (lambda path: path.mkdir(), "m.npz", "directory"),
}


@pytest.mark.parametrize(("make", "name", "words"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_an_error_of_usage(make, name, words, tmp_path, capsys):
    make(tmp_path / name)
    with pytest.raises(SystemExit) as error:
        cli.main(["inspect", str(tmp_path / name)])
    captured = capsys.readouterr()
    assert (error.value.code, captured.out) == (2, "")
    assert words in captured.err
    assert "Called at" not in captured.err


@pytest.mark.parametrize("name", MODELS)
def test_everything_that_plait_writes_is_known(name, tmp_path, capsys):
    fresh(plait, name).save(tmp_path / "m.keras")
    cli.main(["inspect", str(tmp_path / "m.keras")])
    assert "unknown" not in capsys.readouterr().out


def test_a_config_that_is_none_is_refused_and_not_half_shown(tmp_path, capsys):
    sound(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        weights = archive.read("model.weights.h5")
    packed(tmp_path / "m.keras", {"config.json": "[1", "model.weights.h5": weights})
    with pytest.raises(SystemExit):
        cli.main(["inspect", str(tmp_path / "m.keras")])
    assert capsys.readouterr().out == ""
