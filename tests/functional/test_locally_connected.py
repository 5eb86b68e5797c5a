"""Convolution without shared weights, held to a loop over the places of its windows, as Keras 2 documents it."""

import functools
import math

import jax.numpy as jnp
import numpy as np
import pytest

from plait.functional import locally_connected
from tests.functional.gradients import assert_close, outputs_and_gradients
from tests.rows import first_of_each

FILTERS = 4
CASES = [
    # shape of the inputs, size, strides, padding, data format
    ((2, 7, 3), (3,), (1,), "valid", "channels_last"),
    ((2, 8, 3), (2,), (3,), "valid", "channels_last"),
    ((2, 7, 3), (3,), (1,), "same", "channels_last"),
    ((2, 9, 2), (4,), (3,), "same", "channels_last"),
    ((2, 6, 2), (2,), (2,), "same", "channels_last"),
    ((2, 5, 1), (1,), (4,), "same", "channels_last"),
    ((2, 3, 7), (3,), (2,), "valid", "channels_first"),
    ((2, 3, 8), (4,), (1,), "same", "channels_first"),
    ((2, 5, 6, 2), (2, 3), (1, 1), "valid", "channels_last"),
    ((2, 5, 6, 2), (3, 1), (2, 4), "valid", "channels_last"),
    ((2, 5, 6, 2), (2, 3), (1, 2), "same", "channels_last"),
    ((2, 2, 5, 6), (3, 2), (1, 2), "valid", "channels_first"),
    ((2, 2, 5, 6), (4, 2), (3, 2), "same", "channels_first"),
    ((2, 4, 4, 4, 2), (2, 3, 2), (2, 1, 1), "valid", "channels_last"),
]
cases = pytest.mark.parametrize(
    ("shape", "size", "strides", "padding", "data_format"),
    first_of_each(CASES, lambda case: (len(case[0]), *case[3:])),
)


def lengths_of(shape, data_format):
    return shape[1:-1] if data_format == "channels_last" else shape[2:]


def spans(shape, size, strides, padding, data_format):
    """Returns for each axis where each window begins and ends, which may be beyond the inputs."""
    lengths = lengths_of(shape, data_format)
    if padding == "same":
        return [[(at - k // 2, at - k // 2 + k) for at in range(0, n, s)]
                for n, k, s in zip(lengths, size, strides, strict=True)]  # fmt: skip
    return [[(at, at + k) for at in range(0, n - k + 1, s)] for n, k, s in zip(lengths, size, strides, strict=True)]


def by_hand(inputs, kernel, bias, size, strides, padding, data_format):
    """Multiplies one window after the other; the bias lies in memory as the outputs of an example do."""
    is_first = data_format == "channels_first"
    found = spans(inputs.shape, size, strides, padding, data_format)
    margins = [(k, k) for k in size]
    margins = [(0, 0), *([(0, 0)] if is_first else []), *margins, *([] if is_first else [(0, 0)])]
    padded, columns = jnp.pad(inputs, margins), []
    for number, place in enumerate(np.ndindex(*map(len, found))):
        window = [slice(one[p][0] + k, one[p][1] + k) for one, p, k in zip(found, place, size, strict=True)]
        under = padded[(slice(None), *([slice(None)] if is_first else []), *window)]
        columns.append(under.reshape(len(inputs), -1) @ kernel[number])
    places = tuple(map(len, found))
    outputs = jnp.stack(columns, axis=2 if is_first else 1)
    shape = (FILTERS, *places) if is_first else (*places, FILTERS)
    return outputs.reshape(len(inputs), *shape) + bias.reshape(1, *shape)


def drawn(shape, size, strides, padding, data_format):
    """Returns inputs, a kernel and a bias."""
    random = np.random.default_rng(0)
    places = [len(one) for one in spans(shape, size, strides, padding, data_format)]
    channels = shape[-1] if data_format == "channels_last" else shape[1]
    shapes = [shape, (math.prod(places), math.prod(size) * channels, FILTERS), (*places, FILTERS)]
    return [random.normal(size=one).astype("float32") for one in shapes]


@pytest.mark.first_rows(2)
@cases
def test_values_and_gradients_are_those_of_a_loop(shape, size, strides, padding, data_format):
    arrays = drawn(shape, size, strides, padding, data_format)
    how = {"size": size, "strides": strides, "padding": padding, "data_format": data_format}
    ours = outputs_and_gradients(functools.partial(locally_connected.connect, **how), *arrays)
    assert_close(ours, outputs_and_gradients(functools.partial(by_hand, **how), *arrays))


def test_without_a_bias_nothing_is_added():
    inputs, kernel, bias = drawn(*CASES[0])
    outputs = locally_connected.connect(inputs, kernel, size=(3,), strides=(1,))
    expected = locally_connected.connect(inputs, kernel, np.zeros_like(bias), size=(3,), strides=(1,))
    np.testing.assert_array_equal(outputs, expected)


def linked(shape, size, strides, padding, data_format):
    """Returns the shape of an example's outputs, and which of the inputs each of them depends on."""
    found = spans(shape, size, strides, padding, data_format)
    lengths, places = lengths_of(shape, data_format), tuple(map(len, found))
    reach = np.zeros((*lengths, *places), bool)
    for place in np.ndindex(*places):
        ends = (one[p] for one, p in zip(found, place, strict=True))
        reach[(*(slice(max(start, 0), end) for start, end in ends), *place)] = True
    is_first = data_format == "channels_first"
    outputs = (FILTERS, *places) if is_first else (*places, FILTERS)
    channel_axes = (0, len(lengths) + 1) if is_first else (len(lengths), 2 * len(lengths) + 1)
    return outputs, np.broadcast_to(np.expand_dims(reach, channel_axes), (*shape[1:], *outputs))


def assert_computes_as(kernel, inputs, matrix, outputs, how):
    expected = (inputs.reshape(len(inputs), -1) @ matrix.reshape(-1, math.prod(outputs))).reshape(-1, *outputs)
    np.testing.assert_allclose(locally_connected.connect(inputs, kernel, **how), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.first_rows(2)
@cases
def test_of_a_matrix_from_inputs_to_outputs_the_kernel_has_what_windows_reach(
    shape, size, strides, padding, data_format
):
    how = {"size": size, "strides": strides, "padding": padding, "data_format": data_format}
    outputs, is_linked = linked(shape, **how)
    random = np.random.default_rng(0)
    inputs, matrix = (random.normal(size=one).astype("float32") for one in (shape, is_linked.shape))
    kernel = locally_connected.Links(shape[1:], outputs, **how).of_matrix(matrix)
    assert_computes_as(kernel, inputs, matrix * is_linked, outputs, how)


@cases
def test_elements_in_a_row_are_those_of_one_output_after_the_other(shape, size, strides, padding, data_format):
    how = {"size": size, "strides": strides, "padding": padding, "data_format": data_format}
    outputs, is_linked = linked(shape, **how)
    from_outputs = is_linked.reshape(-1, math.prod(outputs)).T
    random = np.random.default_rng(0)
    inputs, row = (random.normal(size=one).astype("float32") for one in (shape, np.count_nonzero(is_linked)))
    transposed = np.zeros(from_outputs.shape, "float32")
    transposed[from_outputs] = row
    kernel = locally_connected.Links(shape[1:], outputs, **how).of_row(row)
    assert_computes_as(kernel, inputs, transposed.T, outputs, how)


@pytest.mark.parametrize("surplus", [-1, 1])
def test_a_row_of_another_length_is_refused(surplus):
    links = locally_connected.Links((5, 2), (4, 3), (2,), (1,), "valid", "channels_last")
    with pytest.raises(ValueError, match=f"A kernel of 48 links is not made of {48 + surplus} elements in a row"):
        links.of_row(np.zeros(48 + surplus, "float32"))


def test_a_window_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="A window of 3 does not fit on an axis of length 2"):
        locally_connected.connect(np.zeros((1, 2, 4)), np.zeros((1, 12, 2)), size=(3,), strides=(1,))
