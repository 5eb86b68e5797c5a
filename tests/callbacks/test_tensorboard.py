"""TensorBoard's own readers find in the files what was written."""

import json
import sys
import warnings

import numpy as np
import pytest
from matplotlib import image

from plait import Input, Sequential, layers, optimizers
from plait.callbacks import CallbackList, LambdaCallback, TensorBoard, event_file

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.graph import keras_util
    from tensorboard.plugins.histogram import summary_v2
    from tensorboard.util import tensor_util

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(12, 3)).astype("float32")
Y = RANDOM.normal(size=(12, 1)).astype("float32")
# 4 steps.
EPOCH = {"batch_size": 3, "verbose": 0}


@pytest.fixture(scope="module")
def model():
    model = Sequential([Input((3,)), layers.Dense(2, name="hidden"), layers.Dense(1, name="head")])
    model.compile(optimizers.SGD(0.05), "mse", metrics=["mae"])
    return model


def events(folder):
    """Returns what is in the files of a folder, by name: pairs of a step and an array."""
    reader = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    reader.Reload()
    return {
        name: [(event.step, tensor_util.make_ndarray(event.tensor_proto)) for event in reader.Tensors(name)]
        for name in reader.Tags()["tensors"]
    }


def numbers(found):
    """Returns the scalars among it."""
    return {name: [(step, float(value)) for step, value in written] for name, written in found.items()
            if written[0][1].shape == () and name != "keras"}  # fmt: skip


def pairs(values, start=0, step=1):
    return [(start + step * number, pytest.approx(value, rel=1e-6)) for number, value in enumerate(values)]


def test_logs_are_written_under_the_names_of_keras(model, tmp_path):
    history = model.fit(X, Y, epochs=2, validation_data=(X, Y), callbacks=[TensorBoard(tmp_path)], **EPOCH).history

    steps = model.optimizer.iterations
    assert numbers(events(tmp_path / "train")) == {
        "epoch_loss": pairs(history["loss"]),
        "epoch_mae": pairs(history["mae"]),
        "epoch_learning_rate": pairs([0.05, 0.05]),
    }
    assert numbers(events(tmp_path / "validation")) == {
        "epoch_loss": pairs(history["val_loss"]),
        "epoch_mae": pairs(history["val_mae"]),
        "evaluation_loss_vs_iterations": pairs(history["val_loss"], steps - 4, 4),
        "evaluation_mae_vs_iterations": pairs(history["val_mae"], steps - 4, 4),
    }
    assert "learning_rate" not in history


@pytest.mark.parametrize(("update_freq", "steps"), [("batch", range(1, 9)), (1, range(1, 9)), (3, [3, 6])])
def test_logs_of_steps_are_counted_from_1_over_all_epochs(model, tmp_path, update_freq, steps):
    losses = []
    look = LambdaCallback(on_train_batch_end=lambda batch, logs: losses.append(logs["loss"]))

    model.fit(X, Y, epochs=2, callbacks=[TensorBoard(tmp_path, update_freq=update_freq), look], **EPOCH)

    found = numbers(events(tmp_path / "train"))
    assert found["batch_loss"] == [(step, pytest.approx(losses[step - 1], rel=1e-6)) for step in steps]
    assert [step for step, _ in found["batch_mae"]] == list(steps)


def test_steps_per_second_are_written_by_epoch_and_by_step(model, tmp_path):
    board = TensorBoard(tmp_path, update_freq=2, write_steps_per_second=True)

    model.fit(X, Y, epochs=2, callbacks=[board], **EPOCH)

    found = numbers(events(tmp_path / "train"))
    assert [step for step, _ in found["epoch_steps_per_second"]] == [0, 1]
    assert [step for step, _ in found["batch_steps_per_second"]] == [2, 4, 6, 8]
    assert all(value > 0 for name in found if "per_second" in name for _, value in found[name])


def test_weights_are_written_as_histograms_and_images(model, tmp_path):
    model.fit(X, Y, epochs=3, callbacks=[TensorBoard(tmp_path, histogram_freq=2, write_images=True)], **EPOCH)

    found = events(tmp_path / "train")
    kinds = {name.partition("/")[0] + "/" + name.rpartition("/")[2] for name in found if "/" in name}
    assert kinds == {f"{layer}/{kind}" for layer in ("hidden", "head") for kind in ("histogram", "image")}
    assert [step for step, _ in found["hidden/kernel/histogram"]] == [0, 2]
    kernel = model.get_layer("hidden").kernel.numpy()
    _, last = found["hidden/kernel/histogram"][-1]
    assert last[:, 2].sum() == kernel.size
    assert (last[0, 0], last[-1, 1]) == (kernel.min(), kernel.max())
    # The kernel (3, 2) lies on its side.
    assert found["hidden/kernel/image"][0][1][:2].tolist() == [b"3", b"2"]


def test_the_graph_is_one_that_tensorboard_can_draw(model, tmp_path):
    model.fit(X, Y, callbacks=[TensorBoard(tmp_path)], **EPOCH)

    ((step, config),) = events(tmp_path / "train")["keras"]
    drawn = keras_util.keras_model_to_graph_def(json.loads(config.item()))
    assert step == 0
    names = [node.name.rpartition("/")[2] for node in drawn.node]
    assert names[-2:] == ["hidden", "head"]
    assert [name.rpartition("/")[2] for name in drawn.node[-1].input] == ["hidden"]


def test_a_model_without_a_config_is_trained_without_its_graph(tmp_path):
    model = Sequential([Input((3,)), layers.Dense(1), Unwritable()])
    model.compile("sgd", "mse")

    with pytest.warns(UserWarning, match="TensorBoard gets no graph of"):
        model.fit(X, Y, callbacks=[TensorBoard(tmp_path)], **EPOCH)
    assert "epoch_loss" in events(tmp_path / "train")


class Unwritable(layers.Layer):
    def apply(self, values, inputs, ctx):
        return inputs

    def get_config(self):
        raise ValueError("No config.")


def test_evaluate_alone_writes_what_it_measured(model, tmp_path):
    loss, _ = model.evaluate(X, Y, callbacks=[TensorBoard(tmp_path)], **EPOCH)

    found = numbers(events(tmp_path / "validation"))
    assert found["evaluation_loss_vs_iterations"] == pairs([loss], model.optimizer.iterations)
    assert not (tmp_path / "train").exists()


def test_what_was_written_before_training_failed_is_there(model, tmp_path):
    def fail(epoch, logs):
        raise RuntimeError("a mistake of the user's")

    with pytest.raises(RuntimeError, match="a mistake"):
        model.fit(X, Y, callbacks=[board := TensorBoard(tmp_path), LambdaCallback(on_epoch_end=fail)], **EPOCH)
    assert [step for step, _ in events(tmp_path / "train")["epoch_loss"]] == [0]
    board.set_params({})  # as the next run does


def test_only_what_is_asked_for_by_steps_makes_them_dispatches_of_their_own(tmp_path):
    assert not CallbackList(TensorBoard(tmp_path, write_steps_per_second=True, histogram_freq=1)).wants_batches
    assert CallbackList(TensorBoard(tmp_path, update_freq=100)).wants_batches
    assert CallbackList(TensorBoard(tmp_path, profile_batch=3)).wants_batches


@pytest.mark.slow
def test_steps_are_profiled(model, tmp_path):
    model.fit(X, Y, epochs=2, callbacks=[TensorBoard(tmp_path, profile_batch=(3, 5))], **EPOCH)

    assert len(list(tmp_path.glob("train/plugins/profile/*/*.xplane.pb"))) == 1


ARRAYS = {
    "normal": RANDOM.normal(size=(40, 5)),
    "one value": np.full(7, 2.5),
    "one element": np.array([3.0]),
    "float32": RANDOM.uniform(size=100).astype("float32"),
    "integers": np.arange(31),
    "empty": np.zeros((0, 3)),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_buckets_are_those_of_tensorboard(array):
    expected = tensor_util.make_ndarray(summary_v2.histogram_pb("x", array).value[0].tensor)

    np.testing.assert_allclose(event_file.buckets(array), expected, rtol=1e-12)


def test_buckets_leave_out_what_is_not_finite():
    array = np.array([0.0, 1.0, np.nan, np.inf])

    assert event_file.buckets(array)[:, 2].sum() == 2


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (40, 2)], ids=str)
def test_a_png_is_read_as_the_pixels_it_was_made_of(shape, tmp_path):
    pixels = RANDOM.integers(0, 256, shape).astype("uint8")
    (tmp_path / "x.png").write_bytes(event_file.png(pixels))

    np.testing.assert_array_equal(np.rint(image.imread(tmp_path / "x.png") * 255), pixels)


def test_pictures_have_the_greys_of_keras(tmp_path):
    file = event_file.EventFile(str(tmp_path))
    # What TensorFlow's convert_image_dtype makes of floats: times 255.5, without the fraction, from 0 to 255.
    file.pictures(0, "x", np.array([[[-1.0, 0.0, 0.25, 0.5, 1.0, 2.0]]] * 4))
    file.close()

    ((_, (width, height, *pictures)),) = events(tmp_path)["x"]
    (tmp_path / "x.png").write_bytes(pictures[0])
    assert (width, height, len(pictures)) == (b"6", b"1", 3)
    assert np.rint(image.imread(tmp_path / "x.png") * 255).tolist() == [[0, 0, 63, 127, 255, 255]]


WRONG = {
    "another update_freq": ({"update_freq": "step"}, '"epoch", "batch" or a positive number'),
    "an update_freq of 0": ({"update_freq": 0}, '"epoch", "batch" or a positive number'),
    "embeddings": ({"embeddings_freq": 1}, "does not write embeddings"),
    "a negative profile_batch": ({"profile_batch": -1}, "a step, or the first and the last, got -1"),
    "a range backwards": ({"profile_batch": (5, 3)}, "the first and the last"),
    "a range from 0": ({"profile_batch": (0, 3)}, "Steps count from 1"),
    "words": ({"profile_batch": "first"}, "the first and the last"),
    "three numbers": ({"profile_batch": "1,2,3"}, "the first and the last"),
}


@pytest.mark.parametrize(("arguments", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_explained(arguments, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are compared
        TensorBoard(**arguments)
    assert words in str(caught.value)


def test_the_package_is_named_before_training_where_it_is_missing(model, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.summary.writer.event_file_writer", None)
    before = model.get_weights()[0]

    with pytest.raises(ImportError, match=r"TensorBoard needs the package tensorboard(?s:.*)'plait\[tensorboard\]'"):
        model.fit(X, Y, callbacks=[TensorBoard(tmp_path)], **EPOCH)
    np.testing.assert_array_equal(model.get_weights()[0], before)
