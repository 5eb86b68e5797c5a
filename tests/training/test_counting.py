"""Metrics that layers count in: each batch counts once, however its step is computed, and in the logs."""

import jax.numpy as jnp
import numpy as np
import pytest

import plait
from plait import Input, Model, Sequential, layers, metrics, ops
from tests.rows import first_of_each

X = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")
Y = X[:, :1]


class Rows(metrics.Metric):
    """Counts rows, and how often it was asked to; written in Keras's way."""

    def __init__(self, name="rows", **kwargs):
        super().__init__(name=name, **kwargs)
        self.rows, self.times = self.add_weight(name="rows"), self.add_weight(name="times")

    def update_state(self, rows):
        self.rows.assign_add(rows)
        self.times.assign_add(1.0)

    def result(self):
        return self.rows + 1000 * self.times.value


class Counting(layers.Layer):
    """Lets its inputs pass, and counts them in metrics of both kinds."""

    def __init__(self, metric=None, **kwargs):
        super().__init__(**kwargs)
        self.sums = {"all": metrics.Sum("inputs") if metric is None else metric}
        self.rows = Rows()

    def call(self, inputs):
        self.sums["all"].update_state(ops.ones_like(inputs))
        self.rows.update_state(inputs.shape[0])
        return inputs


class Twice(layers.Layer):
    """Has layers inside, one of which is called twice."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = Counting(name="inner")

    def call(self, inputs):
        return self.inner(self.inner(inputs))


class Called(Model):
    """Computes by a `call`, and counts in it too."""

    def __init__(self, middle):
        super().__init__()
        self.middle, self.head, self.seen = middle, layers.Dense(1), metrics.Mean("seen")

    def call(self, inputs):
        self.seen.update_state(ops.ones(inputs.shape[:1]) * 3.0)
        return self.head(self.middle(inputs))


class Stepping(Called):
    """Makes a step of its own."""

    def train_step(self, data):
        x, y = data
        loss, gradients = self.value_and_grad(lambda: self.compute_loss(x, y, self(x, training=True)))
        self.optimizer.apply(gradients, self.trainable_weights)
        return {"loss": loss, **{metric.name: metric.result() for metric in self.middle.metrics_of_mine()}}


class Named(Twice):
    def metrics_of_mine(self):
        return [*self.inner.sums.values(), self.inner.rows]


def functional(middle):
    inputs = Input((4,))
    return Model(inputs, layers.Dense(1)(middle(inputs)))


# Of 10 rows with 4 features in batches of 4, 4 and 2: the sum of ones, and rows and times.
ONCE = {"inputs": 40, "rows": 3010}
TWICE = {"inputs": 80, "rows": 6020}
CASES = {
    "a layer": (lambda: functional(Counting(name="middle")), ONCE),
    "a layer inside of a layer, called twice": (lambda: functional(Twice(name="middle")), TWICE),
    "a layer of a model inside": (
        lambda: functional(Sequential([Input((4,)), Counting(name="counting")], name="middle")),
        ONCE,
    ),
    "a layer of a model with a call, and the model": (lambda: Called(Twice(name="middle")), {**TWICE, "seen": 3}),
    "a layer in a step of one's own": (lambda: Stepping(Named(name="middle")), TWICE),
}
REMAT = [None, "middle", "middle/.*", ".*"]


def fitted(make, **arguments):
    """Returns the logs of two epochs, and what is measured after them."""
    plait.utils.set_random_seed(0)
    model = make()
    model.compile(plait.optimizers.SGD(0.01), "mse", **arguments)
    logs = model.fit(X, Y, batch_size=4, epochs=2, verbose=0).history
    return model, logs


@pytest.mark.parametrize(
    ("name", "remat"),
    first_of_each(
        [(name, remat) for name in CASES for remat in REMAT if remat != "middle/.*" or "inside" in name],
        lambda case: (case[0], case[1] is None),
    ),
)
def test_what_a_layer_counts_is_in_the_logs_once_computed_again_or_not(name, remat):
    make, expected = CASES[name]
    _, logs = fitted(make, remat=remat)
    assert {name: logs[name] for name in expected} == {name: [value] * 2 for name, value in expected.items()}


def test_so_it_is_in_a_remat_scope_that_asks_for_the_size_of_the_outputs():
    with plait.RematScope("larger_than", output_size_threshold=8):
        middle = Counting(name="middle")
    _, logs = fitted(lambda: functional(middle))
    assert logs["inputs"] == [40, 40]


def test_it_is_measured_by_evaluate_and_named_after_what_compile_was_given():
    model, logs = fitted(lambda: functional(Counting()), metrics=["mae", metrics.MeanSquaredError("rows")])
    assert model.metrics_names == list(logs) == ["loss", "mae", "rows", "inputs", "rows_1"]
    assert [metric.name for metric in model.metrics][2:] == ["inputs", "rows"]
    measured = model.evaluate(X, Y, batch_size=4, verbose=0, return_dict=True)
    assert (measured["inputs"], measured["rows_1"]) == (40, 3010)
    assert model.evaluate(X, Y, batch_size=4, verbose=0)[3:] == [40, 3010]


def test_training_learns_the_same_as_without():
    counting, _ = fitted(lambda: functional(Counting()))
    plain, _ = fitted(lambda: functional(layers.Identity()))
    for ours, expected in zip(counting.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


def test_the_metric_itself_is_as_it_was_whatever_its_model_was_asked():
    model, _ = fitted(lambda: functional(Counting(name="middle")))
    model.predict(X, verbose=0)
    model(X)
    middle = model.get_layer("middle")
    assert (middle.sums["all"].result(), middle.rows.result()) == (0, 0)


def test_a_layer_that_is_called_on_arrays_counts_at_once():
    layer = Counting()
    layer(X)
    layer(X)
    assert (layer.sums["all"].result(), layer.rows.result()) == (80, 2020)
    layer.rows.reset_state()
    assert layer.rows.result() == 0


def test_a_layer_in_turn_over_time_counts_each_step():
    inputs = Input((3, 4))
    model = Model(inputs, layers.Dense(1)(layers.TimeDistributed(Counting())(inputs)))
    model.compile("sgd", "mse")
    logs = model.fit(np.ones((8, 3, 4), "float32"), np.ones((8, 3, 1)), batch_size=4, verbose=0).history
    assert logs["rows"] == [24 + 1000 * 6]


def test_a_layer_in_plaits_way_cannot_count_and_says_so():
    class Pure(layers.Layer):
        metric = metrics.Sum("pure")

        def apply(self, values, inputs, ctx):
            self.metric.update_state(inputs)
            return inputs

    with pytest.raises(TypeError, match='The metric "pure" cannot count inside apply'):
        Pure()(jnp.ones((2, 3)))
