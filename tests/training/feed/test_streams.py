"""Batches as they come: epochs, steps, progress, errors."""

import itertools
import os
import signal
import threading
import time

import numpy as np
import pytest

from plait import Input, Model, callbacks, layers, optimizers, utils
from plait.callbacks import LambdaCallback
from tests.genuine import genuine_keras
from tests.training.feed.data import BATCHES, Again, Numbered, X, Y, by_arrays, check_same, network, trained


def endless():
    return itertools.cycle(BATCHES)


def seen_in_fit(x, **arguments):
    """Returns the first sample of each batch, by epoch."""
    model = Model(inputs := Input((1,)), layers.Dense(1, use_bias=False, kernel_initializer="zeros")(inputs))
    # The gradient of the one weight is minus that sample.
    model.compile(optimizers.SGD(1.0), lambda y_true, y_pred: -y_pred[0, 0])
    epochs = []

    def note(step, logs):
        epochs[-1].append(int(model.get_weights()[0][0, 0]))
        model.set_weights([np.zeros((1, 1))])

    notes = LambdaCallback(on_epoch_begin=lambda epoch, logs: epochs.append([]), on_train_batch_end=note)
    model.fit(x, shuffle=False, verbose=0, callbacks=[notes], **arguments)
    return epochs


def numbers(count):
    """Yields batches whose first sample is their number, from 1."""
    for number in range(1, count + 1):
        column = np.full((4, 1), number, np.float32)
        yield column, column


def test_an_endless_generator_goes_on_in_the_next_epoch_and_loses_no_batch():
    batches = numbers(100)
    assert seen_in_fit(batches, steps_per_epoch=3, epochs=4) == [[1, 2, 3], [4, 5, 6], [7, 8, 9], [10, 11, 12]]
    assert next(batches)[0][0, 0] == 13


def test_what_can_be_gone_over_again_starts_anew_where_a_pass_ends():
    once = Again(list(numbers(3)))
    assert seen_in_fit(once, epochs=2) == [[1, 2, 3], [1, 2, 3]]
    assert seen_in_fit(once, epochs=2, steps_per_epoch=2) == [[1, 2], [3, 1]]


def test_training_stops_where_an_iterator_ends_before_its_steps():
    with pytest.warns(UserWarning, match="ended after 4 batches, in epoch 2 of 5, which asks for 3: training stops"):
        assert seen_in_fit(numbers(4), steps_per_epoch=3, epochs=5) == [[1, 2, 3], [4]]


def test_a_generator_without_steps_ends_an_epoch_and_then_training():
    with pytest.warns(UserWarning, match="ended after 4 batches, before epoch 2 of 3: training stops"):
        assert seen_in_fit(numbers(4), epochs=3) == [[1, 2, 3, 4]]
    assert seen_in_fit(numbers(4), epochs=1) == [[1, 2, 3, 4]]


class Told(callbacks.Callback):
    def __init__(self):
        self.progress = []

    def on_progress(self, done, total, samples, read_logs):
        self.progress.append((done, total))


@pytest.mark.parametrize(
    ("make", "first", "steps"),
    [(Again, None, None), (Numbered, 3, None), (endless, 3, 3)],
    ids=["unknown at first", "known", "asked for"],
)
def test_progress_is_told_without_a_total_until_one_is_known(make, first, steps):
    told = Told()
    network().fit(make(), epochs=2, steps_per_epoch=steps, verbose=0, callbacks=[told])
    assert told.progress == [(1, first), (2, first), (3, first), (1, 3), (2, 3), (3, 3)]
    assert told.params["steps"] == first


def test_the_bar_counts_to_unknown_where_there_is_no_total(capsys):
    network().fit(Again(), epochs=2, verbose=2)
    assert capsys.readouterr().out.count("3/3 - ") == 2


def test_smaller_batches_need_no_compilation_of_their_own():
    traced = []
    model = Model(
        inputs := Input((4,)), layers.Dense(1)(layers.Lambda(lambda x: (traced.append(x.shape), x)[1])(inputs))
    )
    model.compile("sgd", "mse")
    traced.clear()
    model.fit(Again([(X[:rows], Y[:rows]) for rows in (8, 5, 8, 1)]), verbose=0)
    assert set(traced) == {(8, 4)}


def test_batches_that_a_layer_mixes_run_at_their_true_size():
    def normalising():
        inputs = Input((4,))
        model = Model(inputs, layers.Dense(1)(layers.BatchNormalization()(inputs)))
        model.compile("sgd", "mse")
        return model

    check_same(trained(Again(), model=normalising()), by_arrays(model=normalising()))


def test_batches_are_evaluated_and_predicted_as_the_arrays_are():
    model = network()
    assert model.evaluate(Again(), verbose=0) == model.evaluate(X, Y, batch_size=8, verbose=0)
    # Rows are told from padding, where arrays of whole batches need none: another order of the same sum.
    first = model.evaluate(X[:16], Y[:16], batch_size=8, verbose=0)
    assert model.evaluate(endless(), steps=2, verbose=0) == pytest.approx(first, rel=1e-6)
    whole = model.predict(X, batch_size=8, verbose=0)
    np.testing.assert_array_equal(model.predict(Again(), verbose=0), whole)
    np.testing.assert_array_equal(model.predict(Again([x for x, _ in BATCHES]), verbose=0), whole)
    np.testing.assert_array_equal(model.predict((x for x, _ in endless()), steps=2, verbose=0), whole[:16])


def test_data_that_end_early_are_measured_and_predicted_as_far_as_they_go():
    model = network()
    with pytest.warns(UserWarning, match="The data ended after 3 batches, and steps is 5"):
        assert model.evaluate(iter(BATCHES), steps=5, verbose=0) == model.evaluate(X, Y, batch_size=8, verbose=0)
    with pytest.warns(UserWarning, match="The data ended after 3 batches, and steps is 5"):
        assert len(model.predict(iter(BATCHES), steps=5, verbose=0)) == len(X)


@pytest.mark.parametrize(
    ("make", "arguments"),
    [(Again, {}), (Numbered, {}), (endless, {"validation_steps": 3}), (lambda: (X, Y), {"validation_batch_size": 8})],
    ids=["iterable", "items", "endless", "arrays"],
)
def test_validation_data_may_come_batch_by_batch(make, arguments):
    check_same(trained(Again(), validation_data=make(), **arguments), by_arrays(validation_data=(X, Y)))


def test_validation_steps_are_the_first_ones_each_time():
    got = trained(Again(), validation_data=Again(), validation_steps=2)
    check_same(got, by_arrays(validation_data=(X, Y), validation_steps=2))


def test_sample_weights_come_with_the_batches_and_class_weights_apply_to_them():
    labels = (Y > 0).astype(np.int32)
    weights = np.linspace(0.5, 2.0, len(X), dtype=np.float32)
    batches = Again([(X[n : n + 8], labels[n : n + 8], weights[n : n + 8]) for n in (0, 8, 16)])

    def classifying():
        inputs = Input((4,))
        model = Model(inputs, layers.Dense(2, activation="softmax")(inputs))
        model.compile("sgd", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
        return model

    factors = {0: 0.5, 1: 3.0}
    whole = trained(X, labels, 2, classifying(), batch_size=8, sample_weight=weights, class_weight=factors)
    check_same(trained(batches, model=classifying(), class_weight=factors), whole)


class Own(Model):
    def train_step(self, data):
        x, y = data

        def loss():
            return ((self(x["x"], training=True) - y) ** 2).mean()

        value, gradients = self.value_and_grad(loss)
        self.optimizer.apply(gradients, self.trainable_weights)
        return {"loss": value}


def test_steps_of_the_users_own_take_batches_in_their_structure():
    def own():
        inputs = Input((4,))
        model = Own(inputs, layers.Dense(1)(inputs))
        model.compile("sgd", "mse")
        return model

    batches = Again([({"x": x}, y) for x, y in BATCHES])
    check_same(trained(batches, model=own()), trained({"x": X}, Y, 2, own(), batch_size=8))


def test_a_model_with_a_call_of_its_own_is_built_by_the_first_batch():
    class Called(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(1)

        def call(self, inputs):
            return self.dense(inputs)

    def called():
        model = Called()
        model.compile("sgd", "mse")
        return model

    check_same(trained(Again(), model=called()), by_arrays(model=called()))


# ------------------------------------------------------------------------------------------ genuine Keras


def items_of(base):
    class Items(base):
        def __len__(self):
            return len(BATCHES)

        def __getitem__(self, number):
            return BATCHES[number]

    return Items()


@pytest.mark.parametrize(
    ("make", "arguments"),
    [(items_of, {}), (lambda base: (batch for batch in BATCHES * 2), {"steps_per_epoch": 3})],
    ids=["PyDataset", "generator"],
)
def test_history_and_weights_are_those_of_genuine_keras(make, arguments):
    model = network(optimizer=optimizers.SGD(0.05))
    with genuine_keras() as keras:
        genuine = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)])
        genuine.compile(keras.optimizers.SGD(0.05), "mse", metrics=["mae"])
        genuine.set_weights(model.get_weights())
        made = make(keras.utils.PyDataset)
        expected = genuine.fit(made, epochs=2, shuffle=False, verbose=0, **arguments).history
        weights = genuine.get_weights()
    got = trained(make(utils.PyDataset), model=model, **arguments)
    assert got[1].keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(got[1][name], values, rtol=1e-5)
    for one, other in zip(got[0], weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_a_dataset_that_derives_from_genuine_keras_is_taken():
    with genuine_keras() as keras:
        made = items_of(keras.utils.PyDataset)
        got = trained(made)
    check_same(got, by_arrays())


# ------------------------------------------------------------------------------------------ what is wrong


class Broken(Exception):
    pass


def failing():
    yield BATCHES[0]
    yield BATCHES[1]
    raise Broken("the disk is gone")


class Spent:
    """Looks as if it could be gone over again."""

    def __init__(self):
        self.batches = iter(BATCHES)

    def __iter__(self):
        return self.batches


class Endless(utils.PyDataset):
    num_batches = None

    def __getitem__(self, number):
        return BATCHES[0]


x, y = BATCHES[0]
BAD = {
    "raises": (failing, {}, Broken, "the disk is gone", "batch 3 of the training data"),
    "raises at once": (lambda: (1 / 0 for _ in BATCHES), {}, ZeroDivisionError, "division", "batch 1 of the training"),
    "shape": (lambda: iter([(x, y), (x[:, :3], y)]), {}, ValueError, r'"x" needs shape \(None, 4\)', "batch 2"),
    "dtype": (lambda: iter([(x, y), (x, y.astype(int))]), {}, ValueError, 'the target "y" is int32', "batch 2"),
    "rank": (lambda: iter([(x, y), (x[None], y)]), {}, ValueError, '"x" needs shape', "batch 2"),
    "weights": (
        lambda: iter([(x, y), (x, y, y[:, 0])]),
        {},
        ValueError,
        r'not like the first one: the sample weight "y" is float32 of shape \(8,\), and is missing there',
        "batch 2",
    ),
    "no targets": (lambda: iter([(x, y), (x,)]), {}, ValueError, "There are no targets", "batch 2"),
    "names": (lambda: iter([({"x": x}, y), ({"z": x}, y)]), {}, ValueError, '"x" is missing; "z" is not', "batch 2"),
    "counts": (lambda: iter([(x, y), (x, y[:3])]), {}, ValueError, "different numbers of samples", "batch 2"),
    "a batch of nothing": (lambda: iter([(x, y), (x[:0], y[:0])]), {}, ValueError, "The data are empty", "batch 2"),
    "four": (lambda: iter([(x, y, y, y)]), {}, ValueError, "got a tuple of 4", "batch 1"),
    "text": (lambda: iter(["a", "b"]), {}, TypeError, "must be an array", "batch 1"),
    "no batches": (lambda: iter([]), {}, ValueError, "There are no batches in the training data", ""),
    "once": (Spent, {"epochs": 2}, ValueError, "When gone over again, the training data gave no batches", ""),
    "targets beside": (Again, {"y": Y}, ValueError, "y must not be given beside x", ""),
    "weights beside": (Again, {"sample_weight": Y}, ValueError, "sample_weight must not be given beside x", ""),
    "split": (Again, {"validation_split": 0.2}, ValueError, "validation_split needs the training data as arrays", ""),
    "endless": (
        Endless,
        {},
        ValueError,
        "There is no end of the training data: say how many batches, by steps_per_",
        "",
    ),
    "validation once": (
        Again,
        {"validation_data": iter(BATCHES), "epochs": 3},
        ValueError,
        "validation_data is an iterator, which can be gone over once, and there are 3 validations",
        "",
    ),
    "validation": (
        Again,
        {"validation_data": iter([(x[:, :3], y)])},
        ValueError,
        r'"x" needs shape \(None, 4\)',
        "batch 1 of validation_data",
    ),
}


@pytest.mark.parametrize(("make", "arguments", "error", "message", "note"), BAD.values(), ids=BAD)
def test_bad_batches_are_refused_by_an_error_that_says_which(make, arguments, error, message, note):
    with pytest.raises(error, match=message) as caught:
        network().fit(make(), **{"verbose": 0, **arguments})
    assert note in "\n".join(getattr(caught.value, "__notes__", []))


def test_the_traceback_of_a_batch_that_fails_shows_the_line_that_made_it():
    with pytest.raises(Broken) as caught:
        network().fit(failing(), verbose=0)
    assert "failing" in [entry.name for entry in caught.traceback]


def test_ctrl_c_does_not_wait_for_a_batch_that_does_not_come():
    going_on = threading.Event()

    def stuck():
        yield BATCHES[0]
        yield BATCHES[1]
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        going_on.wait()
        yield BATCHES[2]

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        network().fit(stuck(), verbose=0)
    going_on.set()
    assert time.monotonic() - start < 30


def test_the_threads_that_fetch_end_with_the_run():
    before = threading.active_count()
    trained(Again(), validation_data=Numbered())
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
