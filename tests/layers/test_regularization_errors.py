"""What layers of noise say of arguments and inputs that cannot be."""

import numpy as np
import pytest

from plait import layers
from plait.layers import Input


@pytest.mark.parametrize(
    ("call", "fragments"),
    [
        (
            lambda: layers.SpatialDropout1D(1.5),
            ['SpatialDropout1D "spatial_dropout1d_1"', "from 0 to 1 for rate, got 1.5"],
        ),
        (lambda: layers.SpatialDropout2D("half"), ["a number from 0 to 1 for rate, got 'half'"]),
        (lambda: layers.SpatialDropout3D(True), ["a number from 0 to 1 for rate, got True"]),
        (lambda: layers.SpatialDropout2D(0.5, "channels_lst"), ["for data_format", 'Did you mean "channels_last"?']),
        (lambda: layers.GaussianNoise(-0.1), ["GaussianNoise", "a number from 0 to 1 for stddev, got -0.1"]),
        (lambda: layers.GaussianNoise(2), ["a number from 0 to 1 for stddev, got 2"]),
        (lambda: layers.GaussianDropout(None), ["a number from 0 to 1 for rate, got None"]),
        (lambda: layers.GaussianDropout(1), ["a number below 1 for rate, got 1", "nothing would be left"]),
        (lambda: layers.AlphaDropout(1.0), ["a number below 1 for rate, got 1"]),
        (lambda: layers.AlphaDropout(0.5, "ab"), ["a tuple of positive integers and None for noise_shape, got 'ab'"]),
        (lambda: layers.AlphaDropout(0.5, (None, 0)), ["for noise_shape, got (None, 0)"]),
        (lambda: layers.ActivityRegularization("l1"), ["a finite number of 0 or more for l1, got 'l1'"]),
        (lambda: layers.ActivityRegularization(l1=-0.1), ["for l1, got -0.1"]),
        (lambda: layers.ActivityRegularization(l2=np.nan), ["a finite number of 0 or more for l2, got nan"]),
        (
            lambda: layers.ActivityRegularization(activity_regularizer="l2"),
            ["takes l1 and l2 in place of an activity_regularizer", "Leave that out"],
        ),
        (lambda: layers.SpatialDropout1D(0.5)(Input((3,))), ["3 axes (batch included), got shape (None, 3)"]),
        (lambda: layers.SpatialDropout2D(0.5)(Input((3, 4))), ["4 axes (batch included), got shape (None, 3, 4)"]),
        (lambda: layers.SpatialDropout3D(0.5)(Input((3, 4, 5))), ["5 axes (batch included)"]),
    ],
)
def test_a_call_that_cannot_be_is_explained(call, fragments):
    with pytest.raises(ValueError, match=r"test_regularization_errors\.py:\d+") as caught:
        call()
    for fragment in fragments:
        assert fragment in str(caught.value)
