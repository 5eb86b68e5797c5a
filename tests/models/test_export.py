"""Models as programs that run without Plait, held to what the model itself predicts."""

import pathlib
import re
import subprocess
import sys
import zipfile

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plait
from plait import Input, InputSpec, Model, Sequential, layers, saving
from plait.functional import kernels
from tests.files.models import MODELS, data, dense, named, sequential

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "export.md"
RANDOM = np.random.default_rng(0)


def drawn(*shape):
    return RANDOM.normal(size=shape).astype("float32")


def with_weights(model):
    """Returns the model with weights that none of its parts starts with; all positive, as variances are."""
    model.set_weights([np.abs(0.3 * drawn(*array.shape)).astype(array.dtype) for array in model.get_weights()])
    return model


def same(ours, theirs, tolerance=1e-5):
    ours, theirs = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


# ---------------------------------------------------------------------------------------------- StableHLO


def test_jax_alone_runs_a_program_as_the_document_says(tmp_path):
    model = with_weights(dense(plait))
    model.export(tmp_path / "model.stablehlo")
    x = drawn(7, 4)
    np.save(tmp_path / "x.npy", x)
    code = next(
        block for block in re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL) if "Path(" in block
    )
    code += (
        "import sys\n"
        "x = np.load('x.npy')\n"
        "np.savez('y.npz', *[y for size in (1, 3, 7) for y in predict(x[:size]).values()])\n"
        "assert not [name for name in sys.modules if name.startswith('plait')]\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    with np.load(tmp_path / "y.npz") as outputs:
        same([outputs[key] for key in outputs], [model.predict(x[:size], verbose=0) for size in (1, 3, 7)])


def test_a_program_has_the_names_and_the_structure_of_the_model(tmp_path):
    named(plait).export(tmp_path / "m.stablehlo")
    program = saving.load_exported(tmp_path / "m.stablehlo")
    assert (program.input_names, program.output_names) == (["a", "b"], ["sum"])
    assert [port.shape for port in program.inputs] == [(None, 4), (None, 4)]
    outputs = program({"b": drawn(3, 4), "a": drawn(3, 4)})
    assert {name: array.shape for name, array in outputs.items()} == {"sum": (3, 2)}


def test_a_folder_holds_the_same_parts_as_a_file(tmp_path):
    model, x = with_weights(dense(plait)), drawn(5, 4)
    model.export(tmp_path / "m.stablehlo")
    model.export(tmp_path / "folder")
    with zipfile.ZipFile(tmp_path / "m.stablehlo") as archive:
        members = sorted(archive.namelist())
    found = [path for path in (tmp_path / "folder").rglob("*") if path.is_file()]
    assert sorted(path.relative_to(tmp_path / "folder").as_posix() for path in found) == members
    same(saving.load_exported(tmp_path / "folder")(x), model.predict(x, verbose=0))


def test_a_later_program_takes_the_place_of_an_earlier_one(tmp_path):
    dense(plait).export(tmp_path / "folder")
    model, x = with_weights(named(plait)), {"a": drawn(2, 4), "b": drawn(2, 4)}
    model.export(tmp_path / "folder")
    same(saving.load_exported(tmp_path / "folder")(x), model.predict(x, verbose=0))
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "text.tex").write_text("all of it")
    with pytest.raises(FileExistsError, match="only an exported program is replaced"):
        dense(plait).export(tmp_path / "thesis")
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["text.tex"]


@pytest.mark.parametrize("lengths", [(2, 5), (5, 2)])
def test_sizes_that_may_be_any_stay_open(lengths, tmp_path):
    first, second = Input((None, 3), name="first"), Input((None, 3), name="second")
    ends = [layers.LSTM(4)(first), layers.LSTM(4)(second)]
    model = with_weights(Model([first, second], layers.Dense(2)(layers.concatenate(ends))))
    model.export(tmp_path / "m.stablehlo")
    x = [drawn(3, length, 3) for length in lengths]
    same(saving.load_exported(tmp_path / "m.stablehlo")(x), model.predict(x, verbose=0))


def test_sizes_that_must_be_equal_are(tmp_path):
    first, second = Input((None, 3), name="first"), Input((None, 3), name="second")
    model = with_weights(Model([first, second], layers.Dense(2)(layers.add([first, second]))))
    model.export(tmp_path / "m.stablehlo")
    x = [drawn(2, 6, 3), drawn(2, 6, 3)]
    same(saving.load_exported(tmp_path / "m.stablehlo")(x), model.predict(x, verbose=0))


def any_size():
    inputs = Input((None, None, 3))
    hidden = layers.Conv2D(4, 3, strides=2, padding="same", name="strided")(inputs)
    return with_weights(Model(inputs, layers.GlobalAveragePooling2D()(hidden)))


def test_a_signature_gives_sizes_that_must_be_known(tmp_path):
    model, x = any_size(), drawn(2, 9, 8, 3)
    with pytest.raises(ValueError, match=r'Conv2D "strided" in it: .*\n(.*\n)*.*input_signature') as refused:
        model.export(tmp_path / "m.stablehlo")
    assert "Called at" in str(refused.value)
    model.export(tmp_path / "m.stablehlo", input_signature=[InputSpec(shape=(None, 9, 8, 3))])
    same(saving.load_exported(tmp_path / "m.stablehlo")(x), model.predict(x, verbose=0))


def test_no_kernel_of_plaits_own_is_in_a_program(tmp_path):
    inputs = Input((8, 8, 3))
    hidden = layers.Flatten()(layers.Conv2D(4, 3, activation="relu")(inputs))
    hidden = layers.GRU(4)(layers.LSTM(4, return_sequences=True)(layers.Reshape((12, 12))(hidden)))
    Model(inputs, hidden).export(tmp_path / "m.stablehlo")
    assert "plait_" not in saving.load_exported(tmp_path / "m.stablehlo").program.mlir_module()


def test_what_is_traced_for_elsewhere_is_kept_apart():
    compute = jax.jit(lambda x: x + (1.0 if kernels.on_cpu() else 2.0))
    zero = jnp.zeros(())
    with kernels.plain("reader"):
        there = compute(zero)
    assert (there, compute(zero)) == (2.0, 1.0 if jax.default_backend() == "cpu" else 2.0)


@pytest.mark.parametrize("layer", [layers.Dense(3), layers.Lambda(lambda x: jnp.abs(jnp.linalg.eigvals(x)))])
def test_a_program_is_for_every_platform_that_has_its_operations(layer, tmp_path):
    model, x = Model(inputs := Input((3, 3)), layer(inputs)), drawn(2, 3, 3)
    model.export(tmp_path / "m.stablehlo")
    program = saving.load_exported(tmp_path / "m.stablehlo")
    same(program(x), model.predict(x, verbose=0), 1e-4)
    if isinstance(layer, layers.Dense):
        assert program.program.platforms == ("cpu", "cuda", "tpu")


def test_half_precision_stays_what_it_is(tmp_path):
    inputs = Input((4,), dtype="bfloat16")
    model = with_weights(Model(inputs, layers.Dense(2, dtype="bfloat16")(inputs)))
    model.export(tmp_path / "m.stablehlo")
    x = jnp.asarray(drawn(3, 4), "bfloat16")
    outputs = saving.load_exported(tmp_path / "m.stablehlo")(x)
    assert outputs.dtype == "bfloat16"
    same(outputs.astype("float32"), np.asarray(model.predict(x, verbose=0), "float32"))


def test_what_a_layer_on_the_host_gives_can_be_the_start(tmp_path):
    text = layers.TextVectorization(vocabulary=["good", "bad", "film"], output_sequence_length=3, name="text")
    model = Sequential([Input((1,), dtype="string"), text, layers.Embedding(5, 4), layers.Flatten(), layers.Dense(1)])
    with pytest.raises(
        ValueError, match=r'starts on the host, with TextVectorization "text"(.*\n)+.*get_layer\("text"'
    ):
        model.export(tmp_path / "m.stablehlo")
    Model(model.get_layer("text").output, model.output).export(tmp_path / "m.stablehlo")
    texts = np.array([["good film"], ["bad"]])
    same(saving.load_exported(tmp_path / "m.stablehlo")(text(texts)), model.predict(texts, verbose=0))


def stateful():
    inputs = Input(batch_shape=(2, 3, 4))
    return Model(inputs, layers.Dense(1)(layers.LSTM(4, stateful=True, name="memory")(layers.Identity()(inputs))))


def drawing():
    return Model(inputs := Input((4,)), layers.Dropout(0.5, name="noise")(inputs, training=True))


REFUSED = {
    "stateful": (stateful, {}, 'LSTM "memory" in it: it remembers'),
    "random": (drawing, {}, 'Dropout "noise" in it: .* random key'),
    "not built": (lambda: Sequential([layers.Dense(2)]), {}, "is not built"),
    "format": (lambda: dense(plait), {"format": "tf_saved_model"}, '"stablehlo".*"onnx".*got format .tf_saved_model.'),
    "ending": (lambda: dense(plait), {"filepath": "m.tflite"}, "got the name .*m.tflite"),
    "signature": (lambda: dense(plait), {"input_signature": InputSpec(shape=(None, 5))}, r'"x", got \(None, 5\)'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_exported_is_refused_by_name(name, tmp_path):
    make, arguments, message = REFUSED[name]
    arguments = {"filepath": "m.stablehlo", **arguments}
    with pytest.raises(ValueError, match=message):
        make().export(tmp_path / arguments.pop("filepath"), **arguments)
    assert list(tmp_path.iterdir()) == []


def test_a_signature_without_a_shape_is_refused(tmp_path):
    with pytest.raises(TypeError, match="needs an InputSpec"):
        dense(plait).export(tmp_path / "m.stablehlo", input_signature="float32")


@pytest.mark.parametrize(
    ("ending", "package", "extra"), [("stablehlo", "flatbuffers", "export"), ("onnx", "jax2onnx", "onnx")]
)
def test_a_package_that_is_missing_is_named(ending, package, extra, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"{package}(.*\n)+.*plait\[{extra}\]"):
        dense(plait).export(tmp_path / f"m.{ending}")


def test_a_damaged_program_is_refused(tmp_path):
    dense(plait).export(tmp_path / "m")
    (tmp_path / "m" / "program.bin").write_bytes(b"no program")
    (tmp_path / "m.onnx").write_bytes(b"another format")
    for name in ("m", "m.onnx"):
        with pytest.raises(ValueError, match="There is no exported program"):
            saving.load_exported(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        saving.load_exported(tmp_path / "nothing.stablehlo")


def test_inputs_of_another_shape_are_refused(tmp_path):
    dense(plait).export(tmp_path / "m.stablehlo")
    with pytest.raises(ValueError, match=r'needs shape \(None, 4\) for its input "x", got \(2, 5\)'):
        saving.load_exported(tmp_path / "m.stablehlo")(drawn(2, 5))


def test_a_model_says_what_it_wrote_if_asked(tmp_path, capsys):
    named(plait).export(tmp_path / "m.stablehlo", verbose=True)
    assert "{'sum': 'sum'}" in capsys.readouterr().out


# ---------------------------------------------------------------------------------------------- both formats


def images(K):
    inputs = K.Input((12, 12, 3))
    hidden = K.layers.MaxPooling2D(3, strides=2, padding="same")(K.layers.ZeroPadding2D(1)(inputs))
    hidden = K.layers.BatchNormalization()(K.layers.Conv2D(4, 3, strides=2, activation="relu")(hidden))
    hidden = K.layers.Conv2DTranspose(4, 3, strides=2)(hidden)
    hidden = K.layers.Flatten()(K.layers.AveragePooling2D(5)(K.layers.Cropping2D(1)(hidden)))
    return K.Model(inputs, K.layers.Dense(2, activation="softmax")(hidden))


def words(K):
    inputs = K.Input((None,), dtype="int32")
    hidden = K.layers.Bidirectional(K.layers.LSTM(4, return_sequences=True))(K.layers.Embedding(10, 5)(inputs))
    return K.Model(inputs, K.layers.Dense(2)(K.layers.GRU(3, go_backwards=True)(hidden)))


def attention(K):
    inputs = K.Input((None, 8))
    attended = K.layers.MultiHeadAttention(2, 4)(inputs, inputs)
    hidden = K.layers.LayerNormalization()(K.layers.add([inputs, attended]))
    return K.Model(inputs, K.layers.Dense(2, activation="gelu")(hidden))


EXPORTED = {**MODELS, "images": images, "words": words, "attention": attention}
GIVEN = {
    "images": drawn(12, 12, 12, 3),
    "words": RANDOM.integers(0, 10, (12, 6)).astype("int32"),
    "attention": drawn(12, 5, 8),
}


def made(name):
    """Returns a model, inputs for it, and what it predicts."""
    model = with_weights(EXPORTED[name](plait))
    x = GIVEN[name] if name in GIVEN else data(name)[0]
    return model, x, model.predict(x, verbose=0)


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("name", EXPORTED)
def test_a_program_predicts_what_the_model_does(name, tmp_path):
    model, x, expected = made(name)
    model.export(tmp_path / "m.stablehlo")
    same(saving.load_exported(tmp_path / "m.stablehlo")(x), expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPORTED)
def test_onnxruntime_computes_what_the_model_predicts(name, tmp_path):
    onnx, onnxruntime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
    model, x, expected = made(name)
    model.export(tmp_path / "m.onnx")
    onnx.checker.check_model(tmp_path / "m.onnx", full_check=True)
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    assert [one.name for one in session.get_inputs()] == model.input_names
    assert [one.name for one in session.get_outputs()] == model.output_names
    flat = list(x.values()) if isinstance(x, dict) else jax.tree.leaves(x)
    for batch in (1, 12):
        outputs = session.run(None, {name: array[:batch] for name, array in zip(model.input_names, flat, strict=True)})
        same(outputs, [array[:batch] for array in jax.tree.leaves(expected)], 1e-4)


# ---------------------------------------------------------------------------------------------- ONNX


@pytest.mark.slow
def test_the_document_runs_onnx(tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    monkeypatch.chdir(tmp_path)
    # Marked as another language, so that the fast tests need not import jax2onnx.
    (code,) = re.findall(r"```py\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    names = {}
    exec(code, names)
    assert names["scores"].shape == (3, 2)


@pytest.mark.slow
def test_a_layer_that_onnx_cannot_hold_is_named(tmp_path):
    pytest.importorskip("jax2onnx")
    odd = layers.Lambda(lambda x: jax.pure_callback(np.sort, jax.ShapeDtypeStruct(x.shape, x.dtype), x), name="odd")
    model = Model(inputs := Input((4,)), layers.Dense(2)(odd(layers.Dense(4)(inputs))))
    with pytest.raises(ValueError, match=r'as onnx with Lambda "odd" in it: .*pure_callback'):
        model.export(tmp_path / "m.onnx")
    half = Model(inputs := Input((4,)), layers.Dense(2, dtype="mixed_bfloat16")(inputs))
    with pytest.raises(ValueError, match="computes in bfloat16"):
        half.export(tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_model_predicts_as_before_after_it_was_exported(tmp_path):
    pytest.importorskip("jax2onnx")
    model, x = with_weights(sequential(plait)), drawn(7, 4)
    expected = model.predict(x, verbose=0)[:3]
    # jax2onnx replaces functions of JAX while it traces, here for shapes that the prediction after it has too.
    model.export(tmp_path / "m.onnx", input_signature=InputSpec(shape=(3, 4)))
    same(model.predict(x[:3], verbose=0), expected)
