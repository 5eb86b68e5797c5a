"""Whatever fails while a model is trained, the model is as the last whole dispatch left it, and trains on."""

import jax
import numpy as np
import pytest

from plait import Input, Model, Sequential, layers, optimizers
from plait.callbacks import LambdaCallback

RATE, BATCH = 0.05, 2
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(12, 3)).astype("float32")
Y = RANDOM.normal(size=(12, 1)).astype("float32")
START = np.array([[3.0], [-2.0], [1.0]], "float32")
# The samples from here on are marked, and what looks for the mark fails.
MARKED = 3 * BATCH
MARK = 1000.0


class Broken(Exception):
    pass


def marked(array):
    array = array.copy()
    array[MARKED:] = MARK
    return array


def after(steps):
    """Returns the weights after so many steps of gradient descent, by NumPy."""
    weights = START.astype("float64")
    for step in range(steps):
        x, y = (array[BATCH * step :][:BATCH] for array in (X, Y))
        weights = weights - RATE * 2 / BATCH * x.T @ (x @ weights - y)
    return weights


def on_the_host(array):
    """Fails where the mark is, in the middle of a compiled step."""

    def look(array):
        if np.max(array) >= MARK:
            raise Broken("it is broken")
        return np.asarray(array)

    return jax.pure_callback(look, jax.ShapeDtypeStruct(array.shape, array.dtype), array)


def traced_for_more(y_true, y_pred):
    if y_pred.shape[0] > BATCH:
        raise Broken("it is broken")
    return abs(y_true - y_pred)


class OwnSteps(Model):
    def train_step(self, data):
        x, y = data
        loss, gradients = self.value_and_grad(lambda: self.compute_loss(x, y, self(on_the_host(x), training=True)))
        self.optimizer.apply(gradients, self.trainable_weights)
        return {"loss": loss}


def compiled(*before, cls=Sequential, **arguments):
    if cls is Sequential:
        model = Sequential([Input((3,)), *before, layers.Dense(1, use_bias=False)])
    else:
        model = cls(x := Input((3,)), layers.Dense(1, use_bias=False)(x))
    model.compile(optimizers.SGD(RATE), "mse", **arguments)
    model.set_weights([START])
    return model


def trained(model, x=X, y=Y, **arguments):
    """Trains in steps that are a dispatch each."""
    steps = LambdaCallback(on_train_batch_end=arguments.pop("then", lambda batch, logs: None))
    model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0, callbacks=[steps], **arguments)


def batches(*sizes):
    ends = np.cumsum(sizes)
    for start, end in zip(ends - sizes, ends, strict=True):
        yield X[start:end], Y[start:end]


def ending():
    yield from batches(2, 2, 2)
    raise Broken("it is broken")


def failing(batch, logs):
    if batch == 2:
        raise Broken("it is broken")


# What is trained, how, and how many steps are made before something fails.
FAILURES = {
    "a callback": (compiled, lambda model: trained(model, then=failing), 3),
    "the data": (compiled, lambda model: model.fit(ending(), verbose=0), 3),
    "a metric, for a batch of another size": (
        lambda: compiled(metrics=[traced_for_more]),
        lambda model: model.fit(batches(2, 2, 3), verbose=0),
        2,
    ),
    "a metric, in a step": (
        lambda: compiled(metrics=[lambda y_true, y_pred: on_the_host(y_true) - y_pred]),
        lambda model: trained(model, y=marked(Y)),
        3,
    ),
    "a layer, in a step": (
        lambda: compiled(layers.Lambda(on_the_host)),
        lambda model: trained(model, marked(X)),
        3,
    ),
    "a layer, in a step of one's own": (
        lambda: compiled(cls=OwnSteps),
        lambda model: trained(model, marked(X)),
        3,
    ),
    "a layer, in one of all the steps of a dispatch": (
        lambda: compiled(layers.Lambda(on_the_host), steps_per_execution=100),
        lambda model: model.fit(marked(X), Y, batch_size=BATCH, shuffle=False, verbose=0),
        0,
    ),
    "a layer, in validation": (
        lambda: compiled(layers.Lambda(on_the_host)),
        lambda model: trained(model, validation_data=(marked(X), Y)),
        6,
    ),
}


@pytest.mark.parametrize(("make", "train", "steps"), FAILURES.values(), ids=FAILURES)
def test_the_model_is_as_it_was_after_the_last_whole_dispatch_and_trains_on(make, train, steps):
    model = make()
    with pytest.raises(Exception, match="it is broken"):
        train(model)
    np.testing.assert_allclose(model.get_weights()[0], after(steps), rtol=1e-5)
    assert int(model.optimizer.iterations) == steps
    losses = model.fit(X, Y, batch_size=BATCH, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        ([], False),
        ([layers.Lambda(on_the_host)], True),
        ([layers.Lambda(lambda x: jax.lax.cond(x.sum() < MARK, on_the_host, lambda x: x, x))], True),
    ],
    ids=["on the device alone", "calling the host", "calling it in a branch"],
)
def test_a_dispatch_uses_up_what_it_starts_from_unless_it_calls_the_host(before, kept):
    model = compiled(*before)
    kernel = model.layers[-1].kernel
    array = kernel.peek()
    model.train_on_batch(X, Y)
    assert kernel.peek() is not array
    assert array.is_deleted() != kept
