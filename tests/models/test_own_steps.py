"""Models with a train_step, test_step or compute_loss of their own."""

import gc
import weakref

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plait
from plait import Input, Model, Sequential, layers, metrics, ops, optimizers, utils
from tests.compiling import quickly
from tests.genuine import genuine_keras
from tests.rows import mostly

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(20, 4)).astype("float32")
Y = RANDOM.normal(size=(20, 2)).astype("float32")
WEIGHT = RANDOM.uniform(size=20).astype("float32")


def drawn(cls, K=plait):
    """Returns a model of this class with everything that a step has to get right."""
    inputs = K.Input((4,))
    hidden = K.layers.Dense(8, activation="tanh", kernel_regularizer="l2")(inputs)
    hidden = K.layers.BatchNormalization()(hidden)
    return cls(inputs, K.layers.Dense(2, kernel_constraint="max_norm")(hidden))


def fitted(model, K=plait, **arguments):
    """Returns logs, evaluation and weights after two epochs whose last batch is smaller."""
    model.compile(K.optimizers.Adam(0.02), "mse", metrics=["mae"])
    logs = model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0, **arguments).history
    measured = model.evaluate(X, Y, batch_size=8, verbose=0, return_dict=True)
    return [
        *(logs[name] for name in sorted(logs)),
        *(measured[name] for name in sorted(measured)),
        *model.get_weights(),
    ]


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


class Inherited(Model):
    """Does what every model does, by the steps that may be overridden."""

    def train_step(self, data):
        return super().train_step(data)

    def test_step(self, data):
        return super().test_step(data)


class Written(Model):
    """Writes a step out."""

    def train_step(self, data):
        x, y, sample_weight = utils.unpack_x_y_sample_weight(data)

        def loss():
            y_pred = self(x, training=True)
            return self.compute_loss(x, y, y_pred, sample_weight), y_pred

        (value, y_pred), gradients = self.value_and_grad(loss, self.trainable_weights, has_aux=True)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        return {"loss": value, "largest": ops.max(y_pred)}


# ---------------------------------------------------------------------------------------- as fit does by itself


FITTED = {
    "plain": {},
    "weighted": {"sample_weight": WEIGHT},
    "validated": {"validation_data": (X[:5], Y[:5])},
    "split": {"validation_split": 0.25},
}


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("name", mostly([(name,) for name in FITTED], [("weighted",), ("validated",)]))
def test_the_steps_to_override_do_what_fit_does_by_itself(name):
    arguments = FITTED[name]
    plain = drawn(Model)
    own = drawn(Inherited)
    own.set_weights(plain.get_weights())
    assert_same(fitted(own, **arguments), fitted(plain, **arguments))


def test_a_step_that_is_written_out_learns_the_same():
    plain = drawn(Model)
    own = drawn(Written)
    own.set_weights(plain.get_weights())
    for model in (plain, own):
        model.compile(optimizers.Adam(0.02), "mse")
        model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    assert_same(own.get_weights(), plain.get_weights())


def test_dropout_is_that_of_fit():
    def dropping(cls):
        inputs = Input((4,))
        return cls(inputs, layers.Dense(2)(layers.Dropout(0.5, name="drop")(inputs)))

    plain, own = dropping(Model), dropping(Inherited)
    own.set_weights(plain.get_weights())
    assert_same(fitted(own), fitted(plain))


def test_layers_that_add_losses_and_mask_are_heeded():
    class Penalized(layers.Layer):
        supports_masking = True

        def call(self, x):
            self.add_loss(0.1 * ops.sum(ops.square(x)))
            return x

    def made(cls):
        inputs = Input((5, 4))
        hidden = layers.LSTM(3, return_sequences=True)(layers.Masking()(inputs))
        return cls(inputs, layers.Dense(2)(Penalized()(hidden)))

    x, y = RANDOM.normal(size=(6, 5, 4)).astype("float32"), RANDOM.normal(size=(6, 5, 2)).astype("float32")
    x[:, 3:] = 0
    start, results = made(Model).get_weights(), []
    for cls in (Model, Inherited):
        model = made(cls)
        model.set_weights(start)
        model.compile("sgd", "mse")
        results.append([model.train_on_batch(x, y), *model.get_weights()])
    assert_same(*results)


# ---------------------------------------------------------------------------------------- as Keras does


def with_a_loss_of_its_own(K):
    class Weighing(K.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return K.ops.mean(K.ops.abs(y_pred - y)) + 0.1 * K.ops.mean(K.ops.square(x)) + sum(self.losses)

    return Weighing


def test_a_compute_loss_of_its_own_gives_the_numbers_of_keras():
    model = drawn(with_a_loss_of_its_own(plait))
    start = model.get_weights()
    ours = fitted(model)
    with genuine_keras() as keras:
        model = drawn(with_a_loss_of_its_own(keras), keras)
        model.set_weights(start)
        theirs = fitted(model, keras)
    assert_same(ours, theirs)


# ---------------------------------------------------------------------------------------- what a step may do


class Adversaries(Model):
    """Trains a maker and a judge, each by an optimizer of its own; it has neither a graph nor a call."""

    def __init__(self):
        super().__init__()
        self.maker = Sequential([Input((3,)), layers.Dense(2, name="maker")])
        self.judge = Sequential([Input((2,)), layers.Dense(4, activation="tanh"), layers.Dense(1, name="judge")])
        self.maker_loss, self.judge_loss = metrics.Mean("maker_loss"), metrics.Mean("judge_loss")

    def compile(self, maker_optimizer, judge_optimizer):
        super().compile()
        self.maker_optimizer, self.judge_optimizer = maker_optimizer, judge_optimizer

    @property
    def metrics(self):
        return [self.maker_loss, self.judge_loss]

    def train_step(self, real):
        noise = plait.random.normal((real.shape[0], 3))

        def mistakes():
            return ops.mean(ops.square(self.judge(real) - 1.0)) + ops.mean(ops.square(self.judge(self.maker(noise))))

        def seen_through():
            return ops.mean(ops.square(self.judge(self.maker(noise)) - 1.0))

        loss, gradients = self.value_and_grad(mistakes, self.judge.trainable_weights)
        self.judge_optimizer.apply(gradients, self.judge.trainable_weights)
        self.judge_loss.update_state(loss)
        loss, gradients = self.value_and_grad(seen_through, self.maker.trainable_weights)
        self.maker_optimizer.apply(gradients, self.maker.trainable_weights)
        self.maker_loss.update_state(loss)
        return {metric.name: metric.result() for metric in self.metrics}


REAL = RANDOM.normal(2.0, 0.5, (20, 2)).astype("float32")


def adversaries(**optimizer):
    utils.set_random_seed(0)
    model = Adversaries()
    model.compile(optimizers.SGD(0.05, momentum=0.9), optimizers.Adam(0.02))
    return model


def test_a_model_may_train_its_parts_by_several_optimizers():
    model = adversaries()
    before = model.get_weights()
    history = model.fit(REAL, batch_size=8, epochs=3, verbose=0).history
    assert list(history) == ["maker_loss", "judge_loss"]
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    assert model.judge_optimizer.iterations == model.maker_optimizer.iterations == 9


def test_its_numbers_are_those_of_the_same_steps_in_jax():
    model = adversaries()
    judge_values, judge = model.judge.pure()
    maker_values, maker = model.maker.pure()

    def mistakes(judge_values, maker_values, noise):
        seen = judge(judge_values, maker(maker_values, noise)[0])[0]
        return jnp.mean((judge(judge_values, REAL)[0] - 1) ** 2) + jnp.mean(seen**2)

    noises = []
    original = plait.random.normal
    try:
        plait.random.normal = lambda shape: noises.append(jnp.ones(shape)) or noises[-1]
        model.train_on_batch(REAL)
    finally:
        plait.random.normal = original
    gradients = quickly(jax.grad(mistakes))(judge_values, maker_values, np.ones((20, 3), "float32"))
    slots = model.judge_optimizer.init(judge_values)
    expected, _ = quickly(model.judge_optimizer.update)(gradients, slots, judge_values, 0.02)
    for path, value in model.judge.pure()[0].items():
        np.testing.assert_allclose(value, expected[path], rtol=1e-4, atol=1e-6)


def test_metrics_count_an_epoch_and_are_left_alone():
    class Counting(Model):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.seen = metrics.Sum("seen")

        def train_step(self, data):
            x, _ = data
            self.seen.update_state(ops.ones(x.shape[:1]))
            return {"seen": self.seen.result()}

    model = drawn(Counting)
    model.compile("sgd", "mse")
    assert model.fit(X, Y, batch_size=8, epochs=2, verbose=0).history["seen"] == [20, 20]
    assert model.seen.result() == 0


def test_weights_may_be_assigned_in_a_step():
    class Averaging(Model):
        def train_step(self, data):
            kernel = self.trainable_weights[0]
            kernel.assign(kernel * 0.5)
            return {"norm": ops.sum(kernel * 1.0)}

    model = drawn(Averaging)
    before = model.get_weights()[0]
    model.compile("sgd", "mse")
    logs = model.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(model.get_weights()[0], before / 2, rtol=1e-6)
    np.testing.assert_allclose(logs["norm"], before.sum() / 2, rtol=1e-4)


def test_data_come_in_the_structure_they_are_given_in():
    seen = []

    class Looking(Model):
        def train_step(self, data):
            seen.append(jax.tree.map(lambda array: array.shape, data))
            return {"loss": ops.zeros(())}

    model = drawn(Looking)
    model.compile("sgd")
    for arguments in ({"x": X}, {"x": X, "y": {"a": Y, "b": [WEIGHT]}}, {"x": X, "y": Y, "sample_weight": WEIGHT}):
        model.train_on_batch(**arguments)
    assert seen[::2] == [
        (20, 4),
        ((20, 4), {"a": (20, 2), "b": [(20,)]}),
        ((20, 4), (20, 2), (20,)),
    ]


def test_a_schedule_goes_by_the_steps():
    plain, own = drawn(Model), drawn(Inherited)
    own.set_weights(plain.get_weights())
    for model in (plain, own):
        model.compile(optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)), "mse")
        model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0)
    assert_same(own.get_weights(), plain.get_weights())


def test_the_learning_rate_may_be_set_between_epochs():
    plain, own = drawn(Model), drawn(Inherited)
    own.set_weights(plain.get_weights())
    for model in (plain, own):
        model.compile(optimizers.SGD(0.1), "mse")
        model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
        model.optimizer.learning_rate = 0.01
        model.fit(X, Y, batch_size=4, shuffle=False, verbose=0)
    assert_same(own.get_weights(), plain.get_weights())


def test_a_step_may_be_run_uncompiled():
    # Small: each operation is compiled by itself.
    plain, own = (Written(x := Input((4,)), layers.Dense(2)(x)) for _ in range(2))
    own.set_weights(plain.get_weights())
    for model, eagerly in ((plain, False), (own, True)):
        model.compile(optimizers.SGD(0.1), "mse", run_eagerly=eagerly)
        model.train_on_batch(X, Y)
    assert_same(own.get_weights(), plain.get_weights())


def test_dropping_a_model_with_steps_of_its_own_frees_it_at_once():
    model = drawn(Written)
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0)
    gc.collect()
    gc.disable()
    gone = weakref.ref(model)
    del model
    assert gone() is None
    gc.enable()


# ---------------------------------------------------------------------------------------- mistakes


def stepping(step):
    def fit():
        model = drawn(type("Wrong", (Model,), {"train_step": step}))
        model.compile("sgd", "mse")
        model.fit(X, Y, verbose=0)

    return fit


WRONG = {
    "no dict": (stepping(lambda self, data: 3.0), TypeError, "train_step of Wrong"),
    "other arguments": (
        stepping(lambda self, x, y, weight: {}),
        TypeError,
        "must take the data, or state and data, got (self, x, y, weight)",
    ),
    "a gradient too few": (
        stepping(lambda self, data: self.optimizer.apply([1.0], self.trainable_weights)),
        ValueError,
        "apply needs one gradient for each weight, got 1 for 6 weights",
    ),
    "a weight from elsewhere": (
        stepping(lambda self, data: self.optimizer.apply([1.0], [drawn(Model).weights[0]])),
        ValueError,
        "is of no layer of Wrong",
    ),
    "no weights": (
        stepping(lambda self, data: self.value_and_grad(lambda: 0.0, [])),
        ValueError,
        "There are no weights of Wrong",
    ),
    "class weights": (
        lambda: compiled_written().fit(X, Y, class_weight={0: 1.0}, verbose=0),
        ValueError,
        "class_weight is not known to the steps of Written",
    ),
    "no inputs": (lambda: compiled_written().fit(verbose=0), ValueError, "There are no inputs"),
    "different numbers of samples": (
        lambda: compiled_written().fit(X, Y, sample_weight=WEIGHT[:3], verbose=0),
        ValueError,
        "The arrays need one number of samples, more than 0, got [3, 20]",
    ),
    "gradients outside of a step": (
        lambda: drawn(Model).value_and_grad(lambda: 0.0),
        RuntimeError,
        "value_and_grad works inside train_step",
    ),
}


def compiled_written():
    model = drawn(Written)
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize(("mistake", "kind", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_explained(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert words in str(caught.value)


class Scored(Model):
    """Predicts outputs together with what it was given."""

    def predict_step(self, data):
        outputs = super().predict_step(data)
        return {"given": data, "outputs": (outputs, ops.argmax(outputs, axis=-1))}


@pytest.mark.parametrize("batch_size", [1, 8, 20, 32])
def test_predict_returns_what_a_predict_step_does(batch_size):
    model = drawn(Scored)
    found = model.predict(X, batch_size=batch_size, verbose=0)
    outputs = model(X)
    np.testing.assert_array_equal(found["given"], X)
    np.testing.assert_allclose(found["outputs"][0], outputs, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found["outputs"][1], np.argmax(outputs, axis=-1))


def test_predict_on_batch_takes_the_predict_step():
    model = drawn(Scored)
    assert model.predict_on_batch(X)["outputs"][1].shape == (20,)


def test_calling_a_model_does_not_take_its_predict_step():
    assert drawn(Scored)(X).shape == (20, 2)


def test_a_predict_step_may_return_other_rows_than_the_batch_has():
    class Doubled(Model):
        def predict_step(self, data):
            outputs = self(data, training=False)
            return ops.concatenate([outputs, outputs])

    model = drawn(Doubled)
    expected = [model(rows) for rows in (X[:8], X[8:16], X[16:])]
    found = model.predict(X, batch_size=8, verbose=0)
    np.testing.assert_allclose(found, np.concatenate([rows for one in expected for rows in (one, one)]), rtol=1e-5)


def test_a_predict_step_alone_leaves_training_as_it_is():
    model, plain = drawn(Scored), drawn(Model)
    plain.set_weights(model.get_weights())
    assert_same(fitted(model), fitted(plain))


def test_a_model_that_only_has_a_call_may_have_a_predict_step():
    class Sampled(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, inputs):
            return self.dense(inputs)

        def predict_step(self, data):
            return ops.softmax(self(data))

    found = Sampled().predict(X, verbose=0)
    np.testing.assert_allclose(found.sum(axis=-1), np.ones(20), rtol=1e-5)


def test_a_predict_step_that_returns_no_rows_is_refused():
    class Summed(Model):
        def predict_step(self, data):
            return ops.sum(self(data))

    with pytest.raises(TypeError, match="must return arrays with a row for each sample"):
        drawn(Summed).predict(X, verbose=0)
