"""Random graphs: whatever is drawn from the table of steps, Plait and genuine Keras make the same model of it.

A program that fails is printed; it runs by itself, and with `keras` in place of `plait`.
"""

import functools
import re

import numpy as np
import pytest

import plait
from plait import layers
from plait.core import nest
from tests.genuine import genuine_keras
from tests.parity import programs
from tests.parity.table_of_layers import NOT_DRAWN

# Layers that lose a mask say so, here as in Keras.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

# Of the first deal of the steps, one program in so many is run every time; the others by `make test-all`.
ALWAYS = 12
DEALS = 1
WIDE = 1000


def drawn(weights):
    """Returns values for weights; those called variance or deviation are positive."""
    random = np.random.default_rng(1)
    positive = ("variance", "stddev")
    return [
        random.uniform(0.5 if weight.name.endswith(positive) else -0.9, 0.9, weight.shape).astype("float32")
        for weight in weights
    ]


def kinds(model):
    """Returns what layers a model has, in order; Keras calls a model made of tensors Functional."""
    named = [getattr(layer, "type_name", type(layer).__name__) for layer in model.layers]
    return [name.replace("Functional", "Model") for name in named]


def trained(library, model, weights, data, targets):
    """Returns the loss of one step, and what it adds to each weight."""
    model.set_weights(weights)
    # Its slope has bounds, so that no output drowns the others.
    model.compile(library.optimizers.SGD(1.0), "huber")
    loss = model.train_on_batch(data, targets, return_dict=True)["loss"]
    return float(loss), [after - before for after, before in zip(model.get_weights(), weights, strict=True)]


def rows(model):
    """Returns what a summary says of each layer: the shapes of its outputs, and its number of parameters."""
    printed = []
    model.summary(line_length=WIDE, print_fn=printed.append)
    names = {layer.name for layer in model.layers}
    found = []
    for line in "\n".join(printed).splitlines():
        cells = [cell.strip() for cell in re.split(r"[│|]|\s{2,}", line) if cell.strip()]
        if len(cells) > 2 and cells[0].partition(" ")[0] in names:
            shapes = [shape.split(", ") for shape in re.findall(r"\((None[^()]*)\)", cells[1])]
            found.append((shapes, int(cells[2].partition(" ")[0].replace(",", ""))))
    return found


def with_sizes_of(ours, theirs):
    """Returns the shapes of Keras, with the sizes of Plait where Keras knows none.

    Where the calls of a layer have different shapes, Plait says so, and Keras gives the last.
    """
    return [
        [one if other == "None" else other for one, other in zip(*pair, strict=True)]
        for pair in zip(ours, theirs, strict=bool(ours))
    ]


class Both:
    """The models that Plait and genuine Keras make of a program, with the same weights."""

    def __init__(self, program):
        self.program = program
        self.data = program.data()
        self.ours = program.run(plait)
        self.weights = drawn(self.ours.weights)
        self.ours.set_weights(self.weights)
        with genuine_keras() as keras:
            self.theirs = program.run(keras)
            self.theirs.set_weights(self.weights)

    @functools.cached_property
    def predictions(self):
        """Of Plait."""
        return self.ours.predict(self.data, verbose=0)

    def their_predictions(self):
        with genuine_keras():
            return self.theirs.predict(self.data, verbose=0)

    def targets(self):
        random = np.random.default_rng(2)
        return nest.walk(
            lambda tensor: random.normal(size=(programs.BATCH, *tensor.shape[1:])).astype("float32"), self.ours.output
        )

    def train(self):
        """Returns what one step does in Plait and in Keras; the models are as before."""
        ours = trained(plait, self.ours, self.weights, self.data, self.targets())
        self.ours.set_weights(self.weights)
        with genuine_keras() as keras:
            return ours, trained(keras, self.theirs, self.weights, self.data, self.targets())


def largest(arrays):
    return max((np.abs(array).max(initial=0.0) for array in arrays), default=0.0)


def assert_close(ours, theirs, tolerance, scale=1.0):
    """Compares two structures of arrays, measured by the largest number, or by the scale if that is more."""
    for one, other in zip(nest.flatten(ours), nest.flatten(theirs), strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * max(scale, largest([other])))


def all_programs():
    """Yields the numbers of the programs; those that are not run every time are marked as slow."""
    for deal in range(DEALS):
        for number in range(programs.COUNT):
            is_slow = deal > 0 or number % ALWAYS > 0
            yield pytest.param((deal, number), id=f"{deal}-{number}", marks=[pytest.mark.slow] if is_slow else [])


@pytest.fixture(scope="module", params=all_programs())
def made(request):
    return Both(programs.program(*request.param))


@pytest.fixture
def both(made):
    # Shown where a test fails.
    print(made.program)
    return made


def test_it_has_the_layers_and_the_weights_of_keras(both):
    assert kinds(both.ours) == kinds(both.theirs)
    assert [weight.shape for weight in both.ours.weights] == [weight.shape for weight in both.theirs.weights]


def test_its_summary_has_the_shapes_and_counts_of_keras(both, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(WIDE))
    ours = rows(both.ours)
    with genuine_keras():
        theirs = rows(both.theirs)
    assert len(ours) == len(both.ours.layers)
    assert [(with_sizes_of(one, other), count) for (one, _), (other, count) in zip(ours, theirs, strict=True)] == ours
    assert both.ours.count_params() == both.theirs.count_params()


def test_its_predictions_are_those_of_keras(both):
    assert_close(both.predictions, both.their_predictions(), 1e-5)


def test_one_step_of_training_does_to_it_what_it_does_in_keras(both):
    if both.program.is_random:
        pytest.skip("draws random numbers in training")
    (loss, changes), (their_loss, their_changes) = both.train()
    assert loss == pytest.approx(their_loss, rel=1e-5)
    assert_close(changes, their_changes, 1e-4, scale=max(0.01, largest(their_changes)))


def is_nested_without_sharing(model):
    """Whether no weight is in two of the model's layers: a config says nothing of layers shared by two models."""
    nested = [layer for layer in model.layers if isinstance(layer, plait.Model)]
    counts = [len(layer.weights) for layer in model.layers]
    return sum(counts) == len(model.weights) and all(map(is_nested_without_sharing, nested))


def test_its_config_and_its_clone_are_that_model_again(both):
    if not is_nested_without_sharing(both.ours):
        pytest.skip("has a layer that two models share")
    text = both.ours.to_json()
    for again in (plait.models.model_from_json(text), plait.models.clone_model(both.ours)):
        again.set_weights(both.weights)
        assert again.to_json() == text
        outputs = again.predict(both.data, verbose=0)
        for one, other in zip(nest.flatten(outputs), nest.flatten(both.predictions), strict=True):
            np.testing.assert_array_equal(one, other)


# ------------------------------------------------------------------------------------------ the table


def test_every_layer_is_in_the_table_or_in_the_list_of_those_that_are_not_drawn():
    names = {name for step in programs.STEPS for name in re.findall(r"layers\.(\w+)", str(step))}
    drawn_ones = {getattr(layers, name) for name in names}
    # Some layers have several names.
    missing = {name for name in layers.__all__ if getattr(layers, name) not in drawn_ones}
    assert missing == set(NOT_DRAWN)


def test_every_step_follows_an_input():
    assert [str(step) for step in programs.STEPS if not any(map(step.takes, programs.INPUTS))] == []
