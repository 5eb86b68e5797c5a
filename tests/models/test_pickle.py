"""Models and optimizers in pickles and deep copies: what they compute, and how far they are trained."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

from plait import Input, Model, Sequential, layers, metrics, ops, optimizers, utils
from tests.rows import mostly

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(10, 4)).astype("float32")
Y = RANDOM.normal(size=(10, 1)).astype("float32")

AGAIN = {"pickle": lambda one: pickle.loads(pickle.dumps(one)), "copy": copy.deepcopy}


def squared(y_true, y_pred):
    return ops.square(y_pred - y_true)


class Rows(metrics.Metric):
    """Counts rows, in Keras's way."""

    def __init__(self, name="rows", **kwargs):
        super().__init__(name=name, **kwargs)
        self.rows = self.add_weight(name="rows")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.rows.assign_add(y_pred.shape[0])

    def result(self):
        return self.rows.value


class Called(Model):
    """Computes by a `call`, with layers in a list."""

    def __init__(self, units):
        super().__init__()
        self.several = [layers.Dense(units, "tanh"), layers.Dropout(0.5)]
        self.head = layers.Dense(1)

    def call(self, inputs):
        for layer in self.several:
            inputs = layer(inputs)
        return self.head(inputs)


class Stepping(Called):
    """Makes a step of its own."""

    def train_step(self, data):
        x, y = data
        loss, gradients = self.value_and_grad(lambda: self.compute_loss(x, y, self(x, training=True)))
        self.optimizer.apply(gradients, self.trainable_weights)
        return {"loss": loss}


def graph():
    """Returns a model with a model inside, a shared layer, a function, running state and what draws."""
    inputs = Input((4,), name="given")
    shared = layers.Dense(4, "tanh", kernel_regularizer="l2", kernel_constraint="max_norm")
    inner = Sequential([Input((4,)), layers.BatchNormalization(), layers.Dropout(0.3)])
    hidden = inner(shared(shared(inputs))) + inputs
    return Model(inputs, layers.Dense(1, name="head")(layers.GaussianNoise(0.1)(hidden)))


def chain():
    return Sequential([layers.Dense(3, "relu"), layers.Dropout(0.5), layers.Dense(1)])


MODELS = {"graph": graph, "chain": chain, "call": lambda: Called(4), "steps": lambda: Stepping(4)}
OPTIMIZERS = {
    "Adam": lambda: optimizers.Adam(0.02, clipnorm=1.0),
    "momentum": lambda: optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 3, 0.5), momentum=0.9, use_ema=True),
    "scaled": lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.02), dynamic_growth_steps=2),
    "several": lambda: optimizers.groups({".*bias": optimizers.SGD(0.1)}, default=optimizers.RMSprop(0.01)),
}


def fitted(model, epochs=2):
    return model.fit(X, Y, batch_size=4, epochs=epochs, verbose=0).history


def compiled(model, optimizer):
    model.compile(optimizer, squared, metrics=["mae", Rows()])
    return model


def trained(make, optimizer):
    utils.set_random_seed(0)
    model = compiled(make(), optimizer)
    fitted(model)
    return model


def summarised(model):
    lines = []
    model.summary(print_fn=lines.append)
    return lines


def assert_same(ours, expected):
    assert len(ours) == len(expected)
    for one, other in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(one, other)


CASES = [(model, "Adam", again) for model in MODELS for again in AGAIN]
CASES += [("graph", optimizer, "pickle") for optimizer in OPTIMIZERS if optimizer != "Adam"]


@pytest.mark.parametrize(
    ("name", "optimizer", "again"), mostly(CASES, [("graph", "Adam", "pickle"), ("steps", "Adam", "copy"), CASES[-1]])
)
def test_a_trained_model_goes_on_from_its_copy_with_the_same_bits(name, optimizer, again):
    model = trained(MODELS[name], OPTIMIZERS[optimizer]())
    other = AGAIN[again](model)
    assert_same([other.predict(X, verbose=0)], [model.predict(X, verbose=0)])
    assert other.optimizer.iterations == model.optimizer.iterations
    assert fitted(other) == fitted(model)
    assert_same(other.get_weights(), model.get_weights())
    assert summarised(other) == summarised(model)


def test_what_becomes_of_a_copy_is_nothing_to_the_model():
    model = trained(graph, optimizers.Adam(0.02))
    before, steps = model.get_weights(), model.optimizer.iterations
    other = copy.deepcopy(model)
    fitted(other)
    other.get_layer("head").trainable = False
    assert_same(model.get_weights(), before)
    assert (model.optimizer.iterations, model.get_layer("head").trainable) == (steps, True)


def test_dropping_a_copy_frees_it_at_once():
    other = copy.deepcopy(trained(graph, optimizers.Adam(0.02)))
    fitted(other)
    gc.collect()
    gc.disable()
    gone = weakref.ref(other)
    del other
    assert gone() is None
    gc.enable()


def test_weights_that_are_only_declared_stay_so_and_have_the_same_initial_values():
    utils.set_random_seed(0)
    model = graph()
    other = AGAIN["pickle"](model)
    assert not any(weight.is_materialised for weight in other.weights)
    assert_same(other.get_weights(), model.get_weights())


def test_a_chain_that_is_not_drawn_yet_is_drawn_later():
    for model in (Sequential(), Sequential([Input((4,))]), Sequential([layers.Dense(2)])):
        other = AGAIN["pickle"](model)
        other.add(layers.Dense(1))
        assert other.predict(X, verbose=0).shape == (10, 1)


def test_what_a_stateful_layer_remembers_comes_along():
    inputs = Input(batch_shape=(2, 3, 4))
    model = Model(inputs, layers.LSTM(2, stateful=True)(inputs))
    x = RANDOM.normal(size=(2, 3, 4)).astype("float32")
    model.predict(x, verbose=0)
    assert_same([AGAIN["pickle"](model).predict(x, verbose=0)], [model.predict(x, verbose=0)])


def test_a_model_may_be_as_deep_as_it_likes():
    inputs = outputs = Input((4,))
    for _ in range(600):
        outputs = outputs + 1.0
    assert len(AGAIN["pickle"](Model(inputs, outputs)).operations) == 601


def test_a_tensor_by_itself_is_not_pickled():
    with pytest.raises(TypeError, match=r'tensor made by "given" cannot be pickled(.|\n)*model'):
        pickle.dumps(Input((4,), name="given"))


# ---------------------------------------------------------------------------------------- optimizers


def named():
    inputs = Input((4,))
    return Model(inputs, layers.Dense(1, name="head")(layers.Dense(3, "tanh", name="hidden")(inputs)))


@pytest.mark.parametrize("again", [*AGAIN.values(), copy.copy], ids=[*AGAIN, "shallow copy"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_brings_its_slots_along(name, again):
    model = trained(named, OPTIMIZERS[name]())
    brought = again(model.optimizer)
    assert brought.iterations == model.optimizer.iterations == 6
    other = compiled(named(), brought)
    other.set_weights(model.get_weights())
    fitted(model), fitted(other)
    assert_same(other.get_weights(), model.get_weights())
    assert brought.iterations == 12


def test_for_weights_of_other_names_an_optimizer_begins_anew():
    brought = AGAIN["pickle"](trained(named, optimizers.Adam(0.02)).optimizer)
    other = trained(chain, brought)
    fresh = trained(chain, optimizers.Adam(0.02))
    assert brought.iterations == 6
    assert_same(other.get_weights(), fresh.get_weights())


def test_weights_stay_exempt_from_decay():
    model = named()
    optimizer = optimizers.SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[model.get_layer("head").kernel])
    model.compile(optimizer, squared)
    fitted(model)
    other = AGAIN["pickle"](model)
    fitted(model), fitted(other)
    assert_same(other.get_weights(), model.get_weights())


def test_an_optimizer_that_changed_weights_by_itself_goes_on_too():
    models = named(), named()
    models[1].set_weights(models[0].get_weights())
    optimizer = optimizers.Adam(0.02)
    gradients = [np.ones(weight.shape, "float32") for weight in models[0].weights]
    optimizer.apply(gradients, models[0].trainable_weights)
    models[1].set_weights(models[0].get_weights())
    brought = AGAIN["pickle"](optimizer)
    for one, model in ((optimizer, models[0]), (brought, models[1])):
        one.apply(gradients, model.trainable_weights)
    assert brought.iterations == 2
    assert_same(models[1].get_weights(), models[0].get_weights())
