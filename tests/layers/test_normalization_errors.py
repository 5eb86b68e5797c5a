"""What normalizing layers say of a call that cannot be."""

import pytest

from plait import layers
from plait.layers import Input


def called_before(layer, shape):
    """Returns the layer, after a first call on inputs of this shape."""
    layer(Input(shape))
    return layer


@pytest.mark.parametrize(
    ("call", "fragments"),
    [
        (lambda: layers.LayerNormalization("last"), ['LayerNormalization "layer_normalization_1"', "got 'last'"]),
        (lambda: layers.LayerNormalization([]), ["several different ones for axis, got []"]),
        (lambda: layers.LayerNormalization([1, 1]), ["several different ones for axis, got [1, 1]"]),
        (lambda: layers.UnitNormalization(1.0), ["an integer or several different ones for axis, got 1.0"]),
        (lambda: layers.RMSNormalization(axis=None), ["for axis, got None"]),
        (lambda: layers.LayerNormalization(gamma_initializer="onse"), ['Did you mean "ones"?']),
        (lambda: layers.GroupNormalization(0), ["positive integer for groups, got 0"]),
        (lambda: layers.GroupNormalization(2, axis=(1, 2)), ["one integer for axis, got (1, 2)"]),
        (lambda: layers.GroupNormalization(2, axis=0), ["Axis 0 is the batch"]),
        (lambda: layers.LayerNormalization(2)(Input((3,))), ["over axis 2, got inputs that have axes 0 to 1"]),
        (lambda: layers.UnitNormalization(-3)(Input((3,))), ["over axis -3", "shape (None, 3)"]),
        (lambda: layers.RMSNormalization([1, -1])(Input((3,))), ["needs different axes, got axis=[-1, 1]"]),
        (lambda: layers.LayerNormalization(1)(Input((None, 3))), ["needs to know the size of the axis 1"]),
        (lambda: layers.GroupNormalization(2)(Input((4, None))), ["needs to know the size of the last axis"]),
        (lambda: layers.GroupNormalization()(Input((9, 9, 3))), ["32 groups can share equally, got 3", "groups=-1"]),
        (lambda: layers.GroupNormalization(2, axis=-2)(Input((4,))), ["Axis 0 is the batch"]),
        (
            lambda: called_before(layers.LayerNormalization(), (4,))(Input((5,))),
            ["needs inputs with 4 features on the last axis, got 5", "make a new LayerNormalization layer"],
        ),
        (
            lambda: called_before(layers.GroupNormalization(2, axis=1), (4, 3))(Input((6, 3))),
            ["needs inputs with 4 channels on axis 1, got 6"],
        ),
    ],
)
def test_a_call_that_cannot_be_is_explained(call, fragments):
    with pytest.raises(ValueError, match=r"Called at .*test_normalization_errors\.py:\d+") as caught:
        call()
    for fragment in fragments:
        assert fragment in str(caught.value)
