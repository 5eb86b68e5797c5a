"""What the table of layers does not say of activations: masks of Softmax, wrong arguments, older spellings."""

import numpy as np
import pytest

from plait.layers import Activation, LeakyReLU, PReLU, ReLU, Softmax
from tests.genuine import genuine_keras

X = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
MASKS = {
    "all shapes": np.random.default_rng(1).random((2, 4, 3)) < 0.5,
    "shared": np.array([[[True], [False], [True], [True]]]),
    "nothing left": np.zeros((2, 4, 3), bool),
}


@pytest.mark.parametrize("axis", [-1, 1, (1, 2)])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_softmax_leaves_out_what_is_masked_as_keras_does(mask, axis):
    with genuine_keras() as keras:
        expected = keras.layers.Softmax(axis)(X, mask=mask)
    np.testing.assert_allclose(Softmax(axis)(X, mask=mask), expected, rtol=1e-5, atol=1e-7)


def test_a_mask_of_steps_leaves_out_whole_steps():
    mask = np.array([[True, False, True, True], [True, True, True, False]])
    outputs = np.asarray(Softmax(axis=1)(X, mask=mask))
    np.testing.assert_array_equal(outputs[~mask], 0)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("shape", [(2, 5), (2, 4, 3, 1)])
def test_a_mask_of_another_shape_is_explained(shape):
    with pytest.raises(
        ValueError, match=r'Softmax "softmax_1" needs a mask for inputs of shape \(2, 4, 3\), got one of'
    ):
        Softmax()(X, mask=np.ones(shape, bool))


def test_leaky_relu_takes_its_slope_by_the_older_name():
    assert LeakyReLU(alpha=0.1).negative_slope == 0.1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Activation("rleu"), 'Did you mean "relu"'),
        (lambda: ReLU(max_value=-1), "0 or more for max_value, got -1"),
        (lambda: ReLU(negative_slope=None), "0 or more for negative_slope, got None"),
        (lambda: LeakyReLU(-0.1), "0 or more for negative_slope, got -0.1"),
    ],
)
def test_a_wrong_argument_is_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_prelu_shares_slopes_along_axes():
    layer = PReLU(shared_axes=[1])
    layer(X)
    assert layer.alpha.shape == (1, 3)
