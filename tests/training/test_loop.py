import gc
import os
import signal
import threading

import jax
import numpy as np
import optax
import pytest

from plait import Input, Model, callbacks, layers, ops, optimizers, random
from plait.callbacks import LambdaCallback
from plait.core import seeds
from plait.training import prediction
from plait.training.program import Program

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(50, 4)).astype(np.float32)
Y = (X @ [[1.0], [-2.0], [0.5], [3.0]]).astype(np.float32)


def linear_model(**arguments):
    model = Model(inputs := Input((4,)), layers.Dense(1)(inputs))
    model.compile(**{"optimizer": optimizers.SGD(0.05), "loss": "mse", "metrics": ["mae"], **arguments})
    return model


def loss_of(model, x=X, y=Y):
    return float(np.mean((model.predict(x, verbose=0) - y) ** 2))


@pytest.mark.parametrize("batch_size", [1, 7, 16, 50, 64])
def test_a_last_partial_batch_counts_by_its_true_size(batch_size):
    model = linear_model()
    loss, mae = model.evaluate(X, Y, batch_size=batch_size, verbose=0)
    assert loss == pytest.approx(loss_of(model), rel=1e-5)
    assert mae == pytest.approx(float(np.mean(np.abs(model.predict(X, verbose=0) - Y))), rel=1e-5)


def test_a_padded_batch_trains_as_the_rows_alone_do():
    padded, alone = linear_model(), linear_model()
    alone.set_weights(padded.get_weights())
    padded.fit(X[:10], Y[:10], batch_size=8, shuffle=False, verbose=0)
    alone.train_on_batch(X[:8], Y[:8])
    alone.train_on_batch(X[8:10], Y[8:10])
    for one, other in zip(padded.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("steps", [1, 3, 100, "auto"])
def test_any_number_of_steps_per_dispatch_gives_the_same_bits(steps):
    model, reference = linear_model(steps_per_execution=steps), linear_model(steps_per_execution=1)
    reference.set_weights(model.get_weights())
    kept = [one.fit(X, Y, batch_size=8, epochs=3, verbose=0).history for one in (model, reference)]
    assert kept[0] == kept[1]
    for one, other in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_array_that_was_read_stays_valid_while_training_goes_on():
    model = linear_model()
    kernel = model.layers[1].kernel
    before = kernel.value
    copy = np.array(before)
    model.fit(X, Y, epochs=2, verbose=0)
    np.testing.assert_array_equal(before, copy)
    assert not np.array_equal(kernel.value, copy)


def test_what_a_callback_assigns_is_used_by_the_next_step():
    model = linear_model(optimizer=optimizers.SGD(0.0))
    kernel = model.layers[1].kernel
    seen = []

    def halve(batch, logs):
        seen.append(kernel.numpy().copy())
        kernel.assign(kernel.value * 0.5)

    start = kernel.numpy()
    model.fit(X, Y, batch_size=10, verbose=0, callbacks=[LambdaCallback(on_train_batch_end=halve)])
    assert len(seen) == 5
    for number, value in enumerate(seen):
        np.testing.assert_allclose(value, start * 0.5**number)


def test_the_learning_rate_may_be_changed_while_training():
    model = linear_model()

    def stop_learning(epoch, logs=None):
        model.optimizer.learning_rate = 0.0

    model.fit(X, Y, verbose=0)
    after_one = model.get_weights()
    model.fit(X, Y, verbose=0, callbacks=[LambdaCallback(on_epoch_begin=stop_learning)])
    for one, other in zip(model.get_weights(), after_one, strict=True):
        np.testing.assert_array_equal(one, other)


def test_ctrl_c_leaves_a_model_that_can_be_used_and_trained_on():
    model = linear_model()

    def interrupt(epoch, logs=None):
        if epoch == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, epochs=50, verbose=0, callbacks=[LambdaCallback(on_epoch_begin=interrupt)])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    reached = loss_of(model)
    model.fit(X, Y, epochs=3, verbose=0)
    assert loss_of(model) < reached


def test_fit_works_outside_the_main_thread():
    model = linear_model()
    thread = threading.Thread(target=lambda: model.fit(X, Y, verbose=0))
    thread.start()
    thread.join()
    assert model.history.epoch == [0]


def test_history_has_the_logs_in_the_order_compiled():
    model = Model(inputs := Input((4,)), [layers.Dense(1, name="b")(inputs), layers.Dense(1, name="a")(inputs)])
    model.compile("sgd", {"a": "mae", "b": "mse"}, loss_weights={"a": 2.0}, metrics={"a": ["mse"], "b": ["mae"]})
    history = model.fit(X, [Y, Y], validation_split=0.2, epochs=2, verbose=0).history
    names = ["loss", "b_loss", "a_loss", "b_mae", "a_mse"]
    assert list(history) == names + [f"val_{name}" for name in names]
    assert model.metrics_names == names
    assert all(len(values) == 2 for values in history.values())
    for epoch in range(2):
        weighted = history["b_loss"][epoch] + 2 * history["a_loss"][epoch]
        assert history["loss"][epoch] == pytest.approx(weighted, rel=1e-5)


def test_an_output_without_a_loss_is_left_alone_and_needs_no_target():
    model = Model(
        inputs := Input((4,)), {"used": layers.Dense(1)(inputs), "free": layers.Dense(2, name="free")(inputs)}
    )
    model.compile("sgd", {"used": "mse", "free": None})
    before = model.get_layer("free").get_weights()
    model.fit(X, {"used": Y}, verbose=0)
    np.testing.assert_array_equal(before[0], model.get_layer("free").get_weights()[0])


def test_frozen_layers_stay_as_they_are_and_a_later_change_is_reported():
    body, head = layers.Dense(3, name="body"), layers.Dense(1, name="head")
    model = Model(inputs := Input((4,)), head(body(inputs)))
    body.trainable = False
    model.compile("sgd", "mse")
    before = body.get_weights()
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(before[0], body.get_weights()[0])
    body.trainable = True
    with pytest.warns(UserWarning, match="compiled again"):
        model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(before[0], body.get_weights()[0])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert not np.array_equal(before[0], body.get_weights()[0])


def test_two_models_over_the_same_layers_train_each_what_it_was_compiled_with():
    judge = Model(inputs := Input((4,)), layers.Dense(1, name="judge")(inputs), name="judge_model")
    judge.compile("sgd", "mse")
    judge.trainable = False
    maker = layers.Dense(4, name="maker")
    both = Model(noise := Input((4,)), judge(maker(noise)))
    both.compile("sgd", "mse")
    frozen, free = judge.get_weights(), maker.get_weights()
    both.train_on_batch(X, Y)
    np.testing.assert_array_equal(frozen[0], judge.get_weights()[0])
    assert not np.array_equal(free[0], maker.get_weights()[0])
    judge.train_on_batch(X, Y)
    assert not np.array_equal(frozen[0], judge.get_weights()[0])


def test_any_optax_transformation_can_be_the_optimizer():
    model = linear_model(optimizer=optax.chain(optax.clip(0.5), optax.sgd(0.1)))
    start = [np.copy(value) for value in model.get_weights()]
    model.train_on_batch(X, Y)
    error = X @ start[0] + start[1] - Y
    gradient = [2 * X.T @ error / 50, 2 * error.mean(0)]
    for value, before, slope in zip(model.get_weights(), start, gradient, strict=True):
        np.testing.assert_allclose(value, before - 0.1 * np.clip(slope, -0.5, 0.5), rtol=1e-4)


@pytest.mark.parametrize(
    "transformation",
    [
        optax.polyak_sgd(),
        optax.chain(optax.sgd(0.1), optax.contrib.reduce_on_plateau()),
        optax.MultiSteps(optax.sgd(0.1), 2),
    ],
    ids=["polyak_sgd", "reduce_on_plateau", "MultiSteps"],
)
def test_a_transformation_that_takes_more_than_gradients_trains(transformation):
    with jax.numpy_dtype_promotion("standard"):
        model = linear_model(optimizer=transformation)
        start = loss_of(model)
        model.fit(X, Y, epochs=20, verbose=0)
    assert loss_of(model) < start / 2


def test_a_function_can_be_a_loss_and_a_metric():
    def worst(y_true, y_pred):
        return jax.numpy.max(jax.numpy.abs(y_true - y_pred))

    def fourth(y_true, y_pred):
        return jax.numpy.mean((y_true - y_pred) ** 4, axis=-1)

    model = linear_model(loss=fourth, metrics=[worst])
    results = model.evaluate(X, Y, batch_size=50, verbose=0, return_dict=True)
    error = np.abs(model.predict(X, verbose=0) - Y)
    assert results["loss"] == pytest.approx(float((error**4).mean()), rel=1e-5)
    assert results["worst"] == pytest.approx(float(error.max()), rel=1e-5)


def test_class_weights_scale_the_examples_of_a_class():
    labels = (Y > 0).astype(np.float32)
    model = Model(inputs := Input((4,)), layers.Dense(1, activation="sigmoid")(inputs))
    model.compile("sgd", "binary_crossentropy")
    weights = np.where(labels[:, 0] == 1, 3.0, 0.5)
    start = model.get_weights()
    by_class = model.train_on_batch(X, labels, class_weight={0: 0.5, 1: 3.0})
    model.set_weights(start)
    assert model.train_on_batch(X, labels, sample_weight=weights) == pytest.approx(by_class, rel=1e-6)


def test_steps_per_epoch_may_go_over_the_data_several_times():
    model = linear_model()
    counted = []
    model.fit(X, Y, batch_size=25, steps_per_epoch=5, epochs=2, verbose=0,
              callbacks=[LambdaCallback(on_train_batch_end=lambda step, logs: counted.append(step))])  # fmt: skip
    assert counted == [0, 1, 2, 3, 4] * 2


def seen_in_fit(**arguments):
    """Returns the first example of each batch, by epoch: the gradient of the model's one weight is minus it."""
    numbers = np.arange(70, dtype=np.float32)[:, None]
    model = Model(inputs := Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")(inputs))
    model.compile(optimizers.SGD(1.0), lambda y_true, y_pred: -y_pred[0, 0])
    epochs = []

    def note(step, logs):
        epochs[-1].append(float(model.get_weights()[0][0, 0]))
        model.set_weights([np.zeros((1, 1))])

    notes = LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append([]), on_train_batch_end=note)
    model.fit(numbers, numbers, batch_size=16, shuffle=False, verbose=0, callbacks=[notes], **arguments)
    return epochs


def test_an_epoch_of_fewer_steps_is_followed_by_one_that_goes_on_in_the_data():
    # As in Keras, except that the second epoch, in which the data end, has all its steps.
    assert seen_in_fit(steps_per_epoch=3, epochs=3) == [[0, 16, 32], [48, 64, 0], [16, 32, 48]]


def test_an_epoch_of_more_steps_goes_over_the_data_again():
    assert seen_in_fit(steps_per_epoch=7, epochs=2) == [[0, 16, 32, 48, 64, 0, 16], [32, 48, 64, 0, 16, 32, 48]]


def test_the_word_of_keras_1_for_epochs_is_understood():
    assert linear_model().fit(X, Y, nb_epoch=2, verbose=0).epoch == [0, 1]


@pytest.mark.parametrize("arguments", [{"epochs": 0}, {"epochs": 2, "initial_epoch": 2}])
def test_no_epochs_train_nothing_and_give_an_empty_history(arguments):
    model = linear_model()
    before = model.get_weights()
    assert model.fit(X, Y, verbose=0, **arguments).history == {}
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_steps_can_run_uncompiled():
    compiled, eager = linear_model(), linear_model(run_eagerly=True)
    eager.set_weights(compiled.get_weights())
    expected = compiled.fit(X, Y, batch_size=20, verbose=0).history["loss"]
    assert eager.fit(X, Y, batch_size=20, verbose=0).history["loss"] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("jit_compile", [True, False, "auto"])
def test_steps_are_compiled_whatever_keras_is_told_of_it(jit_compile):
    expected = linear_model().fit(X, Y, batch_size=20, verbose=0).history

    assert linear_model(jit_compile=jit_compile).fit(X, Y, batch_size=20, verbose=0).history == expected


def test_predicting_in_any_batch_size_gives_the_same_rows():
    model = linear_model()
    whole = model.predict(X, batch_size=50, verbose=0)
    for size in (1, 3, 32, 1000):
        np.testing.assert_allclose(model.predict(X, batch_size=size, verbose=0), whole, rtol=1e-5, atol=1e-6)


def model_of(*chain, batch_shape=(None, 4), dtype=None):
    tensor = inputs = Input(batch_shape=batch_shape, dtype=dtype)
    for layer in chain:
        tensor = layer(tensor)
    return Model(inputs, tensor)


@pytest.fixture
def dispatches(monkeypatch):
    """Says how many batches each dispatch predicted; any are quick enough, and four come before a loop of four."""
    monkeypatch.setattr(prediction, "_QUICK_SECONDS", float("inf"))
    monkeypatch.setattr(prediction, "_LOOP_BATCHES", 4)
    monkeypatch.setattr(prediction, "_ALONE_BEFORE_LOOPS", 4)
    made = []
    alone, many = Program.predict, Program.predict_many

    def predict(program, inputs):
        made.append(1)
        return alone(program, inputs)

    def predict_many(program, inputs, batches, count):
        made.append(count)
        return many(program, inputs, batches, count)

    monkeypatch.setattr(Program, "predict", predict)
    monkeypatch.setattr(Program, "predict_many", predict_many)
    return made


class Total(layers.Layer):
    """Gives the sum of all that it has seen."""

    def build(self, input_shape):
        self.total = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, inputs):
        self.total.assign_add(ops.sum(inputs))
        return inputs * 0 + self.total


EACH_BATCH = [LambdaCallback(on_predict_batch_end=lambda batch, logs: None)]


@pytest.mark.parametrize(
    "make",
    [
        lambda: model_of(layers.Dense(5, activation="tanh"), layers.Dense(3, activation="softmax")),
        lambda: model_of(layers.Reshape((4, 1)), layers.LSTM(3)),
        lambda: model_of(Total()),
        lambda: model_of(layers.Lambda(lambda x: x + random.normal(x.shape))),
        lambda: model_of(layers.Lambda(lambda x: x - ops.mean(x, axis=0, keepdims=True))),
        lambda: model_of(layers.Embedding(9, 2), layers.Flatten(), dtype="int32"),
        lambda: model_of(layers.BatchNormalization(), layers.Dense(1)),
    ],
    ids=["dense", "lstm", "remembers", "random", "mixes the batch", "ids", "running state"],
)
def test_many_batches_in_one_dispatch_give_the_bits_of_single_ones(make, dispatches):
    model = make()
    start, shape, dtype = model.get_weights(), model.inputs[0].shape[1:], model.inputs[0].dtype
    x = RANDOM.integers(0, 9, (100, *shape)).astype(dtype)

    def predicted(callbacks):
        seeds.set_random_seed(1)
        model.set_weights(start)
        dispatches.clear()
        return model.predict(x, batch_size=5, verbose=0, callbacks=callbacks), max(dispatches)

    single, longest = predicted(EACH_BATCH)
    assert longest == 1
    looped, longest = predicted(None)
    assert longest == 4
    np.testing.assert_array_equal(looped, single)


def test_a_loop_of_batches_is_made_once_enough_were_predicted_alone(dispatches):
    model = linear_model()
    model.predict(X, batch_size=3, verbose=0)  # 16 batches and two rows
    assert dispatches == [1, 1, 1, 1, 4, 4, 4, 1]
    dispatches.clear()
    model.predict(X[:40], batch_size=3, verbose=0)  # 13 batches and a row: the rest of a loop may be empty
    assert dispatches == [1, 1, 4, 4, 3, 1]
    dispatches.clear()
    model.predict(X[:9], batch_size=3, verbose=0)
    assert dispatches == [1, 1, 1]  # too few are left


def test_loops_of_batches_are_compiled_once_whatever_the_number_of_samples(dispatches):
    traces = []

    def noted(x):
        traces.append(x.shape)
        return 2 * x

    model = model_of(layers.Lambda(noted))
    model.predict(X, batch_size=3, verbose=0)
    traces.clear()
    for samples in (50, 48, 45, 42):
        np.testing.assert_array_equal(model.predict(X[:samples], batch_size=3, verbose=0), 2 * X[:samples])
    assert max(dispatches) == 4
    assert (3, 4) not in traces


@pytest.mark.parametrize(
    ("make", "changed"),
    [
        (lambda: model_of(layers.Conv1D(2, 2, groups=2), layers.Flatten(), batch_shape=(None, 2, 2)), {}),
        (linear_model, {"_QUICK_SECONDS": 0.0}),
        (linear_model, {"_LOOP_BYTES": 2 * 3 * (4 + 1) * 4 - 1}),
    ],
    ids=["slow in loops", "slow", "too large"],
)
def test_batches_that_gain_nothing_from_a_loop_are_predicted_alone(make, changed, dispatches, monkeypatch):
    for name, value in changed.items():
        monkeypatch.setattr(prediction, name, value)
    model = make()
    model.predict(X.reshape(-1, *model.inputs[0].shape[1:]), batch_size=3, verbose=0)
    assert set(dispatches) == {1}


def test_an_output_without_an_axis_of_samples_is_joined_batch_by_batch(dispatches):
    model = model_of(layers.Lambda(lambda x: ops.sum(x, axis=0)[:2]))
    expected = X[:48].reshape(16, 3, 4).sum(axis=1)[:, :2].reshape(-1)
    np.testing.assert_allclose(model.predict(X[:48], batch_size=3, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_dropping_a_model_frees_what_predicted_many_batches(dispatches):
    def predict():
        model = linear_model()
        model.predict(X, batch_size=3, verbose=0)
        return model

    predict()  # what JAX itself keeps of single operations is made here
    gc.collect()
    before = len(jax.live_arrays()), len(jax.devices()[0].client.live_executables())
    model = predict()
    assert max(dispatches) == 4
    del model
    assert len(jax.live_arrays()) == before[0]  # at once, without the garbage collector
    gc.collect()
    assert len(jax.devices()[0].client.live_executables()) <= before[1]


def test_progress_is_told_of_after_each_dispatch(dispatches):
    told = []

    class Told(callbacks.Callback):
        def on_progress(self, done, total, samples, read_logs):
            told.append((done, total, samples))

    linear_model().predict(X, batch_size=3, verbose=0, callbacks=[Told()])
    alone = [(1, 17, 3), (2, 17, 3), (3, 17, 3), (4, 17, 3)]
    assert told == [*alone, (8, 17, 12), (12, 17, 12), (16, 17, 12), (17, 17, 2)]


def test_early_stopping_brings_the_best_weights_back():
    model = linear_model(optimizer=optimizers.SGD(0.9))  # diverges
    stopping = callbacks.EarlyStopping(monitor="loss", patience=2, restore_best_weights=True)
    best = []
    keep = LambdaCallback(on_epoch_end=lambda epoch, logs: best.append(model.get_weights()))
    history = model.fit(X, Y, epochs=20, verbose=0, callbacks=[stopping, keep]).history
    assert len(history["loss"]) < 20
    np.testing.assert_array_equal(model.get_weights()[0], best[int(np.argmin(history["loss"]))][0])


def test_one_optimizer_trains_two_models_as_two_optimizers_would():
    """The paths of both models are the same strings; momentum and the number of steps are each model's own."""

    def pair(*optimizers_):
        made = []
        for optimizer in optimizers_:
            model = Model(inputs := Input((4,)), layers.Dense(1, name="out")(layers.Dropout(0.5, name="drop")(inputs)))
            model.compile(optimizer, "mse")
            model.set_weights([np.ones((4, 1)), np.zeros(1)])
            made.append(model)
        return made

    def trained_in_turn(first, second):
        for _ in range(3):
            first.train_on_batch(X, Y)
            second.train_on_batch(X, -Y)
        return first.get_weights() + second.get_weights()

    shared = optimizers.Adam(0.1)
    for one, other in zip(
        trained_in_turn(*pair(shared, shared)),
        trained_in_turn(*pair(optimizers.Adam(0.1), optimizers.Adam(0.1))),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_compiling_again_with_the_same_optimizer_goes_on_with_its_slots():
    once, twice = (linear_model(optimizer=optimizers.Adam(0.1)) for _ in range(2))
    twice.set_weights(once.get_weights())
    for step in range(4):
        if step == 2:
            twice.compile(twice.optimizer, "mse")
        once.train_on_batch(X, Y)
        twice.train_on_batch(X, Y)
    np.testing.assert_array_equal(once.get_weights()[0], twice.get_weights()[0])


@pytest.mark.parametrize("transformation", [optax.contrib.prodigy(1.0), optax.contrib.dog()], ids=["prodigy", "dog"])
def test_a_transformation_may_start_from_one_array_twice_or_from_the_weights_themselves(transformation):
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        model = linear_model(optimizer=transformation)
        start = loss_of(model)
        model.fit(X, Y, epochs=20, verbose=0)
    assert loss_of(model) < start
