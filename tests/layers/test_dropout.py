"""What a random mask depends on: the seed, the step, and the place of the call. And on nothing else."""

import jax
import numpy as np
import pytest

from plait.core.context import Context
from plait.graph.graph import Graph
from plait.layers import Dense, Dropout, Input, Lambda

ONES = np.ones((4, 50), "float32")


def run(inputs, outputs, seed=0, step=0):
    """Returns the outputs of a training step on ones."""
    graph = Graph(inputs, outputs)
    values = {weight: weight.value for layer in graph.layers for weight in layer.weights}
    ctx = Context(training=True, root_key=jax.random.fold_in(jax.random.key(seed), step))
    return graph.run(values, [ONES], ctx).outputs


def dropped(seed=0, step=0, **arguments):
    inputs = Input((50,))
    return run(inputs, Dropout(0.5, **arguments)(inputs), seed, step)


def test_the_same_seed_step_and_place_draw_the_same():
    np.testing.assert_array_equal(dropped(), dropped())


@pytest.mark.parametrize("other", [{"seed": 1}, {"step": 1}, {"name": "another_place"}])
def test_another_seed_step_or_place_draws_others(other):
    assert not np.array_equal(dropped(), dropped(**other))


def test_a_seed_of_the_layer_draws_others_and_repeats_them():
    inputs = Input((50,))
    one, again, other = (run(inputs, Dropout(0.5, seed=seed)(inputs)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_layer_with_a_seed_still_draws_anew_at_each_step():
    inputs = Input((50,))
    outputs = Dropout(0.5, seed=1)(inputs)
    assert not np.array_equal(run(inputs, outputs, step=0), run(inputs, outputs, step=1))


def test_a_shared_layer_called_twice_draws_twice():
    inputs, layer = Input((50,)), Dropout(0.5)
    first, second = run(inputs, [layer(inputs), layer(inputs)])
    assert not np.array_equal(first, second)


def test_layers_added_elsewhere_change_no_mask():
    inputs = Input((50,))
    alone = run(inputs, Dropout(0.5)(inputs))
    among_others, _ = run(inputs, [Dropout(0.5)(inputs), Dense(3)(Lambda(lambda x: -x)(inputs))])
    np.testing.assert_array_equal(alone, among_others)


def test_what_is_kept_grows_so_that_the_mean_stays():
    assert set(np.unique(dropped())) == {0.0, 2.0}


def test_noise_shape_shares_draws_along_an_axis():
    outputs = np.asarray(dropped(noise_shape=(None, 1)))
    np.testing.assert_array_equal(outputs, np.broadcast_to(outputs[:, :1], outputs.shape))


def test_outside_training_nothing_is_dropped():
    np.testing.assert_array_equal(Dropout(0.5)(ONES), ONES)


@pytest.mark.parametrize("rate", [-0.1, 1.5, "half", None])
def test_a_rate_that_is_no_probability_is_explained(rate):
    with pytest.raises(ValueError, match='Dropout "dropout_1" needs a number from 0 to 1 for rate'):
        Dropout(rate)


@pytest.mark.parametrize("noise_shape", ["ab", 3, (None, 0), (None, 1.5)])
def test_a_noise_shape_that_is_none_is_explained(noise_shape):
    with pytest.raises(ValueError, match="needs a tuple of positive integers and None for noise_shape"):
        Dropout(0.5, noise_shape)
