import itertools

import pytest
from keras.src.backend.common import backend_utils
from keras.src.ops import operation_utils

from plait.functional import windows

LENGTHS = [None, 7, 10, 11]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize(("size", "stride", "dilation"), [(1, 1, 1), (3, 1, 1), (4, 3, 1), (3, 1, 2), (2, 2, 3)])
def test_a_convolution_has_the_output_shape_of_keras(length, padding, size, stride, dilation):
    ours = windows.output_shape((None, length, 5), (size,), (stride,), padding, dilation=(dilation,), channels=4)
    theirs = operation_utils.compute_conv_output_shape(
        (None, length, 5), 4, (size,), stride, padding, dilation_rate=dilation
    )
    assert ours == theirs


@pytest.mark.parametrize("data_format", windows.DATA_FORMATS)
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "strides"), [((2, 2), (2, 2)), ((3, 2), (1, 4)), ((1, 5), (2, 3))])
def test_a_pooling_has_the_output_shape_of_keras(data_format, padding, size, strides):
    shape = (None, None, 9, 3) if data_format == "channels_last" else (None, 3, None, 9)
    ours = windows.output_shape(shape, size, strides, padding, data_format=data_format)
    assert ours == operation_utils.compute_pooling_output_shape(shape, size, strides, padding, data_format)


@pytest.mark.parametrize(
    ("arguments", "amounts"),
    [
        ((10, 3, 1, "valid"), (0, 0)),
        ((10, 3, 1, "same"), (1, 1)),
        ((10, 4, 1, "same"), (1, 2)),
        ((10, 3, 2, "same"), (0, 1)),
        ((10, 1, 3, "same"), (0, 0)),
        ((10, 3, 1, "same", 2), (2, 2)),
        ((10, 3, 1, "causal", 2), (4, 0)),
    ],
)
def test_the_odd_element_of_padding_stands_after(arguments, amounts):
    assert windows.padding_amounts(*arguments) == amounts


@pytest.mark.parametrize("length", [None, 1, 6])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("more", [None, 0, 1])
@pytest.mark.parametrize(
    ("size", "stride", "dilation"), [(1, 1, 1), (1, 2, 1), (3, 2, 1), (4, 2, 1), (2, 5, 1), (3, 1, 2)]
)
def test_a_transposed_convolution_has_the_output_shape_of_keras(length, padding, more, size, stride, dilation):
    extra = None if more is None else (more,)
    ours = windows.transposed_shape(
        (None, length, 5), (size,), (stride,), padding, output_padding=extra, dilation=(dilation,), channels=4
    )
    theirs = backend_utils.compute_conv_transpose_output_shape(
        (None, length, 5), (size,), 4, stride, padding, extra, dilation_rate=dilation
    )
    assert ours == tuple(theirs)


@pytest.mark.parametrize(("length", "outputs"), [(6, 2), (7, 3), (7, 5), (2, 5), (40, 7)])
def test_adaptive_windows_cover_the_axis_evenly(length, outputs):
    bounds = windows.adaptive(length, outputs)
    assert len(bounds) == outputs
    assert (bounds[0][0], bounds[-1][1]) == (0, length)
    assert all(start <= end for (_, end), (start, _) in itertools.pairwise(bounds))
    sizes = {end - start for start, end in bounds}
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) >= 1


def test_padding_covers_no_element():
    assert windows.covered(5, 3, 1, "same") == [2, 3, 3, 3, 2]


def test_one_number_stands_for_all_axes():
    assert windows.per_axis(2, 3, "strides") == (2, 2, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: windows.per_axis(0, 2, "strides"), "strides needs a positive integer or 2 of them, got 0"),
        (lambda: windows.per_axis(1.5, 2, "strides"), "got 1.5"),
        (lambda: windows.per_axis((1, 2, 3), 2, "pool_size"), r"got \(1, 2, 3\)"),
        (lambda: windows.spatial_axes(4, "channel_last"), 'Did you mean "channels_last"'),
        (lambda: windows.spatial_axes(2, "channels_last"), "need 3 axes or more, got 2"),
        (lambda: windows.output_length(9, 2, 1, "sane"), 'Did you mean "same"'),
        (
            lambda: windows.output_length(4, 3, 1, "valid", 2),
            r"A window of 5 \(size 3, dilation 2\) does not fit",
        ),
    ],
)
def test_what_does_not_fit_is_explained(call, message):
    with pytest.raises(ValueError, match=message):
        call()
