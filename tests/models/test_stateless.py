"""What Keras offers on JAX, run as written there: calls, optimizers, metrics and steps that pass all state around."""

import jax
import numpy as np
import pytest

import plait
from plait import Model, layers, metrics, optimizers
from tests.compiling import quickly
from tests.genuine import genuine_keras
from tests.rows import mostly

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(20, 4)).astype("float32")
Y = RANDOM.normal(size=(20, 2)).astype("float32")


def functional(K, cls=None):
    """Returns a model with running state, a constraint, and a regularizer where Keras can have one."""
    inputs = K.Input((4,))
    # In a step of one's own genuine Keras fails to compute what a regularizer asks.
    hidden = K.layers.Dense(8, activation="tanh", kernel_regularizer=None if cls else "l2")(inputs)
    hidden = K.layers.BatchNormalization()(hidden)
    return (cls or K.Model)(inputs, K.layers.Dense(2, kernel_constraint="max_norm")(hidden))


def own_loop(K, model, optimizer):
    """Trains as the guide to training loops on JAX does, and returns losses and weights."""
    optimizer.build(model.trainable_variables)
    loss_fn, metric = K.losses.MeanSquaredError(), K.metrics.MeanAbsoluteError()

    def compute_loss(trained, held, counts, x, y):
        y_pred, held, added = model.stateless_call(trained, held, x, training=True, return_losses=True)
        counts = metric.stateless_update_state(counts, y, y_pred)
        return loss_fn(y, y_pred) + sum(added), (held, counts)

    @quickly
    def step(state, x, y):
        trained, held, slots, counts = state
        (loss, (held, counts)), grads = jax.value_and_grad(compute_loss, has_aux=True)(trained, held, counts, x, y)
        trained, slots = optimizer.stateless_apply(slots, grads, trained)
        return loss, (trained, held, slots, counts)

    state = (
        [weight.value for weight in model.trainable_variables],
        [weight.value for weight in model.non_trainable_variables],
        [getattr(one, "value", one) for one in optimizer.variables],
        [getattr(one, "value", one) for one in metric.variables],
    )
    losses = []
    for first in (0, 8, 12) * 2:
        loss, state = step(state, X[first : first + 8], Y[first : first + 8])
        losses.append(loss)
    measured = metric.stateless_result(state[3])
    for weights, values in zip((model.trainable_variables, model.non_trainable_variables), state, strict=False):
        for weight, value in zip(weights, values, strict=True):
            weight.assign(value)
    return [*losses, measured, *model.get_weights()]


def with_own_steps(K):
    """Returns a class whose steps are written as Keras's guide to them on JAX writes them."""

    class Custom(K.Model):
        def compute_loss_and_outputs(self, trained, held, x, y, training):
            y_pred, held = self.stateless_call(trained, held, x, training=training)
            return self.compute_loss(x, y, y_pred), (y_pred, held)

        def counted(self, counts, loss, y, y_pred):
            logs, after = {}, []
            for metric in self.metrics:
                own = counts[len(after) : len(after) + len(metric.variables)]
                if metric.name == "loss":
                    own = metric.stateless_update_state(own, loss)
                else:
                    own = metric.stateless_update_state(own, y, y_pred)
                logs[metric.name] = metric.stateless_result(own)
                after += own
            return logs, after

        def train_step(self, state, data):
            trained, held, slots, counts = state
            x, y = data
            grad_fn = jax.value_and_grad(self.compute_loss_and_outputs, has_aux=True)
            (loss, (y_pred, held)), grads = grad_fn(trained, held, x, y, training=True)
            trained, slots = self.optimizer.stateless_apply(slots, grads, trained)
            logs, counts = self.counted(counts, loss, y, y_pred)
            return logs, (trained, held, slots, counts)

        def test_step(self, state, data):
            trained, held, counts = state
            x, y = data
            loss, (y_pred, held) = self.compute_loss_and_outputs(trained, held, x, y, training=False)
            logs, counts = self.counted(counts, loss, y, y_pred)
            return logs, (trained, held, counts)

        def predict_step(self, state, data):
            trained, held = state
            outputs, held = self.stateless_call(trained, held, data, training=False)
            return {"twice": 2 * outputs}, held

    return Custom


def fitted(K, model, optimizer):
    """Returns logs, evaluation, predictions and weights after two epochs whose last batch is smaller."""
    model.compile(optimizer, "mse", metrics=["mae"])
    logs = model.fit(X, Y, batch_size=8, epochs=2, shuffle=False, verbose=0).history
    measured = model.evaluate(X, Y, batch_size=8, verbose=0, return_dict=True)
    names = ["loss", "mae"]
    return [
        *(logs[name] for name in names),
        *(measured[name] for name in names),
        model.predict(X, batch_size=8, verbose=0)["twice"],
        *model.get_weights(),
    ]


OPTIMIZERS = {
    "SGD": lambda K: K.optimizers.SGD(0.05, momentum=0.9),
    "Adam, decayed": lambda K: K.optimizers.Adam(0.02, weight_decay=0.01, clipnorm=0.5),
    "a schedule": lambda K: K.optimizers.RMSprop(K.optimizers.schedules.ExponentialDecay(0.02, 2, 0.5)),
    "averaged": lambda K: K.optimizers.Adam(0.02, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2),
}


def both(run, make_optimizer, cls=lambda K: None):
    """Returns what a script gives with Plait, and with Keras, from the same weights."""
    ours = functional(plait, cls(plait))
    initial = ours.get_weights()
    found = run(plait, ours, make_optimizer(plait))
    with genuine_keras() as keras:
        theirs = functional(keras, cls(keras))
        theirs.set_weights(initial)
        return found, run(keras, theirs, make_optimizer(keras))


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_loop_of_ones_own_gives_what_keras_gives(optimizer):
    assert_same(*both(own_loop, OPTIMIZERS[optimizer]))


# The loop above has each optimizer; here one with a schedule and one with averages stand for all.
@pytest.mark.first_rows(1)
@pytest.mark.parametrize("optimizer", mostly([(name,) for name in OPTIMIZERS], [("a schedule",), ("averaged",)]))
def test_steps_that_pass_all_state_give_what_keras_gives(optimizer):
    assert_same(*both(fitted, OPTIMIZERS[optimizer], with_own_steps))


def test_a_layer_has_a_stateless_call_too():
    layer = layers.BatchNormalization()
    layer.build((None, 4))
    values = [weight.value for weight in layer.trainable_variables]
    held = [weight.value for weight in layer.non_trainable_variables]
    outputs, after = layer.stateless_call(values, held, X, training=True)
    np.testing.assert_allclose(outputs, (X - X.mean(0)) / np.sqrt(X.var(0) + 1e-3), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(after[0], 0.01 * X.mean(0), rtol=1e-4, atol=1e-6)
    assert [weight.value.tolist() for weight in layer.non_trainable_variables] == [one.tolist() for one in held]


def test_dropout_draws_anew_in_each_step():
    class Custom(Model):
        def train_step(self, state, data):
            trained, held, slots, counts = state
            outputs, held = self.stateless_call(trained, held, data, training=True)
            return {"sum": outputs.sum()}, (trained, held, slots, counts)

    inputs = plait.Input((100,))
    model = Custom(inputs, layers.Dropout(0.5)(inputs))
    model.compile("sgd")
    sums = model.fit(np.ones((2, 100), "float32"), batch_size=2, epochs=3, verbose=0).history["sum"]
    assert len(set(sums)) == 3


def test_dropout_outside_of_a_step_draws_from_the_key_that_is_given():
    inputs = plait.Input((100,))
    model = Model(inputs, layers.Dropout(0.5)(inputs))
    x = np.ones((2, 100), "float32")
    drawn = [model.stateless_call([], [], x, training=True, key=jax.random.key(seed))[0] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (np.asarray(drawn[0]) != np.asarray(drawn[2])).any()


def returning(step_result):
    class Custom(Model):
        def train_step(self, state, data):
            return step_result(state)

    model = functional(plait, Custom)
    model.compile("sgd", "mse")
    return model


def short(parts):
    """Returns what runs a step that returns these numbers of the lists it was given."""
    return lambda: returning(lambda state: ({}, tuple(one[:n] for one, n in zip(state, parts, strict=False)))).fit(X, Y)


MODEL = functional(plait)
TRAINED, HELD = MODEL.trainable_variables, MODEL.non_trainable_variables
WRONG = {
    "a model that is not built": (
        lambda: plait.Sequential([layers.Dense(2)]).stateless_call([], [], X),
        ValueError,
        "is not built",
    ),
    "too few weights": (
        lambda: MODEL.stateless_call(TRAINED[1:], HELD, X),
        ValueError,
        "needs 6 arrays in trainable_variables, got 5",
    ),
    "too many weights": (
        lambda: MODEL.stateless_call(TRAINED, [*HELD, HELD[0]], X),
        ValueError,
        "needs 2 arrays in non_trainable_variables, got 3",
    ),
    "an optimizer that is not built": (
        lambda: optimizers.SGD().stateless_apply([], [], []),
        ValueError,
        "SGD.stateless_apply needs to know the weights first",
    ),
    "too few metric variables": (
        lambda: metrics.Mean("m").stateless_result([1.0]),
        ValueError,
        'The metric "m" needs 2 variables, got 1',
    ),
    "logs without a state": (
        lambda: returning(lambda state: {}).fit(X, Y),
        TypeError,
        "must return its logs and a state of 4 lists, as it was given, got {}",
    ),
    "a state without its metrics": (short([9, 9, 9]), TypeError, "must return its logs and a state of 4 lists"),
    "fewer weights than there are": (short([1, 9, 9, 9]), ValueError, "must return 6 weights, returned 1"),
    "fewer optimizer variables": (short([9, 9, 1, 9]), ValueError, "SGD needs 2 optimizer variables, got 1"),
    "fewer metric variables": (short([9, 9, 9, 1]), ValueError, "must return 2 metric variables, returned 1"),
}


@pytest.mark.parametrize(("mistake", "kind", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_explained(mistake, kind, words):
    with pytest.raises(kind) as caught:
        mistake()
    assert words in str(caught.value)
