"""`plait convert`: from every kind of file to every kind, whole or not at all."""

import h5py
import numpy as np
import pytest

import plait
from plait import cli, saving
from plait.core import names, registry
from tests.files.formats import distinct, fresh
from tests.files.models import data
from tests.files.test_keras_file import Own, same, trained_on

WHOLE = ["m.keras", "m.h5"]
WEIGHTS = ["m.weights.h5", "m.weights.json", "m.npz", "m.safetensors"]
ALIKE = [("m.weights.h5", "m.weights.json"), ("m.npz", "m.safetensors")]
ALIKE += [(target, source) for source, target in ALIKE]


def model_of(path):
    """Returns the model in a file, or one that was given the weights in it."""
    names.clear()
    if path.name in WHOLE:
        return saving.load_model(path)
    model = fresh(plait, "many")
    model.load_weights(path)
    return model


def write(path):
    model = distinct(fresh(plait, "many"))
    (model.save if path.name in WHOLE else model.save_weights)(path)
    return model


def converted(tmp_path, source, target, *options):
    """Returns the model of what a file became, and the one that it was of."""
    (tmp_path / "to").mkdir()
    model = write(tmp_path / source)
    assert cli.main(["convert", str(tmp_path / source), str(tmp_path / "to" / target), *options]) == 0
    return model_of(tmp_path / "to" / target), model


@pytest.mark.first_rows(5)
@pytest.mark.parametrize("target", [*WHOLE, *WEIGHTS])
@pytest.mark.parametrize("source", WHOLE)
def test_a_model_becomes_whatever_is_asked_for(source, target, tmp_path):
    again, model = converted(tmp_path, source, target)
    x, _ = data("many")
    same(again.get_weights(), model.get_weights(), rtol=0, atol=0)
    same(again.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize(("source", "target"), ALIKE)
def test_weights_become_weights_that_are_found_alike(source, target, tmp_path):
    again, model = converted(tmp_path, source, target)
    same(again.get_weights(), model.get_weights(), rtol=0, atol=0)


OTHERS = [(a, b) for a in WEIGHTS for b in [*WEIGHTS, *WHOLE] if a != b and (a, b) not in ALIKE]


@pytest.mark.first_rows(6)
@pytest.mark.parametrize(("source", "target"), OTHERS)
def test_others_need_a_model_to_tell_which_is_which(source, target, tmp_path, capsys):
    write(tmp_path / source)
    with pytest.raises(SystemExit) as error:
        cli.main(["convert", str(tmp_path / source), str(tmp_path / f"other_{target}")])
    assert error.value.code == 2
    assert "--model FILE" in capsys.readouterr().err
    fresh(plait, "many").save(tmp_path / "model.keras")
    again, model = converted(tmp_path, source, target, "--model", str(tmp_path / "model.keras"))
    same(again.get_weights(), model.get_weights(), rtol=0, atol=0)


def test_the_model_may_be_a_text(tmp_path):
    (tmp_path / "model.json").write_text(fresh(plait, "many").to_json())
    again, model = converted(tmp_path, "m.npz", "m.keras", "--model", str(tmp_path / "model.json"))
    same(again.get_weights(), model.get_weights(), rtol=0, atol=0)


def test_how_far_a_model_is_trained_is_kept(tmp_path):
    model = fresh(plait, "dense")
    model.compile("adam", "mse")
    model.fit(*data("dense"), verbose=0)
    model.save(tmp_path / "m.h5")
    cli.main(["convert", str(tmp_path / "m.h5"), str(tmp_path / "m.keras")])
    again = saving.load_model(tmp_path / "m.keras")
    same(trained_on(again, "dense"), trained_on(model, "dense"), rtol=0, atol=0)


def test_a_model_becomes_one_for_keras_2(tmp_path):
    fresh(plait, "many").save(tmp_path / "m.keras")
    cli.main(["convert", str(tmp_path / "m.keras"), str(tmp_path / "m.h5"), "--keras-version", "2"])
    with h5py.File(tmp_path / "m.h5") as file:
        assert file.attrs["keras_version"] == "2.2.4"
        assert "batch_input_shape" in file.attrs["model_config"]


def test_weights_that_do_not_fit_may_be_left_out(tmp_path, capsys):
    write(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as file:
        arrays = dict(file)
    missing = arrays.pop("shared/bias")
    np.savez(tmp_path / "m.npz", **arrays)
    fresh(plait, "many").save(tmp_path / "model.keras")
    command = ["convert", str(tmp_path / "m.npz"), str(tmp_path / "m.keras"), "--model", str(tmp_path / "model.keras")]
    with pytest.raises(SystemExit):
        cli.main(command)
    assert "shared/bias" in capsys.readouterr().err
    with pytest.warns(UserWarning, match="shared/bias"):
        assert cli.main([*command, "--skip-mismatch"]) == 0
    again = saving.load_model(tmp_path / "m.keras")
    same(again.get_layer("shared").kernel.numpy(), arrays["shared/kernel"], rtol=0, atol=0)
    same(again.get_layer("shared").bias.numpy(), missing * 0, rtol=0, atol=0)


def test_a_file_is_replaced_only_by_force(tmp_path, capsys):
    write(tmp_path / "m.keras")
    (tmp_path / "m.npz").write_bytes(b"mine")
    command = ["convert", str(tmp_path / "m.keras"), str(tmp_path / "m.npz")]
    with pytest.raises(SystemExit) as error:
        cli.main(command)
    assert error.value.code == 2
    assert "--force" in capsys.readouterr().err
    assert (tmp_path / "m.npz").read_bytes() == b"mine"
    assert cli.main([*command, "--force"]) == 0
    assert (tmp_path / "m.npz").read_bytes()[:2] == b"PK"


REFUSED = {
    "no file": ("nothing.keras", "to.npz", "There is no file"),
    "another ending": ("m.keras", "to.txt", "The name of what is written ends with"),
    "a file of no kind": ("notes.txt", "to.npz", "The name of what is read ends with"),
    "a damaged file": ("bad.keras", "to.npz", "no zip archive"),
    "weights in the name of a model": ("bad.h5", "to.npz", "no HDF5 file"),
    "no such folder": ("m.keras", "nowhere/to.npz", "There is no folder"),
}


@pytest.mark.parametrize(("source", "target", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_converted_is_explained_and_nothing_is_written(source, target, words, tmp_path, capsys):
    write(tmp_path / "m.keras")
    for name in ("bad.keras", "bad.h5", "notes.txt"):
        (tmp_path / name).write_text("notes")
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(SystemExit) as error:
        cli.main(["convert", str(tmp_path / source), str(tmp_path / target)])
    captured = capsys.readouterr()
    assert (error.value.code, captured.out) == (2, "")
    assert words in captured.err
    assert "Called at" not in captured.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_layer_that_is_unknown_is_named(tmp_path, capsys):
    model = Own(3)
    model.predict(data("dense")[0], verbose=0)
    model.save(tmp_path / "m.keras")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_classes", {})
        with pytest.raises(SystemExit):
            cli.main(["convert", str(tmp_path / "m.keras"), str(tmp_path / "m.npz")])
    assert "tests>Own" in capsys.readouterr().err
