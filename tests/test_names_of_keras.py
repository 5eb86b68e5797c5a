"""Every public name of Keras's activations, initializers, regularizers and constraints is there, and found."""

import numpy as np
import pytest

from plait import activations, constraints, initializers, regularizers
from tests.genuine import genuine_keras

MODULES = {
    "activations": activations,
    "constraints": constraints,
    "initializers": initializers,
    "regularizers": regularizers,
}


def public_names():
    with genuine_keras() as keras:
        return [(where, name) for where in MODULES for name in dir(getattr(keras, where)) if not name.startswith("_")]


@pytest.mark.parametrize(("where", "name"), public_names())
def test_a_name_of_keras_is_one_of_plait(where, name):
    ours = getattr(MODULES[where], name)
    with genuine_keras() as keras:
        assert ours.__name__ == getattr(getattr(keras, where), name).__name__


@pytest.mark.parametrize(
    ("module", "name", "made"),
    [
        (activations, "gelu", activations.gelu),
        (initializers, "he_normal", initializers.HeNormal),
        (regularizers, "l2", regularizers.L2),
        (constraints, "max_norm", constraints.MaxNorm),
    ],
)
def test_deserialize_is_the_inverse_of_serialize_and_takes_names(module, name, made):
    found = module.deserialize(name)
    assert found is made or type(found) is made
    again = module.deserialize(module.serialize(found))
    assert again is made or type(again) is made


def test_deserialize_finds_what_is_given_along():
    def doubled(x):
        return 2 * x

    assert activations.deserialize("doubled", {"doubled": doubled}) is doubled


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"side": "imag"},
        {"window": "hamming", "periodic": True},
        {"window": "blackmanharris", "scaling": "spectrum"},
        {"window": None},
        {"window": np.linspace(0.1, 1, 16), "scaling": None, "side": "imag"},
    ],
    ids=str,
)
def test_the_kernel_of_a_short_time_fourier_transform_is_that_of_keras(arguments):
    with genuine_keras() as keras:
        expected = keras.initializers.STFT(**arguments)((16, 1, 9))
    np.testing.assert_allclose(initializers.STFT(**arguments)((16, 1, 9)), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: initializers.STFT("imaginary"), "Unknown side of STFT 'imaginary'"),
        (lambda: initializers.STFT(scaling="dense"), "Unknown scaling of STFT 'dense'"),
        (lambda: initializers.STFT(window="rain"), "STFT knows no window 'rain'"),
        (
            lambda: initializers.STFT()((16, 9)),
            r"a kernel of shape \(frame, 1, .*, got \(16, 9\)",
        ),
        (lambda: initializers.STFT(window=[1.0])((4, 1, 3)), r"a window of shape \(4,\) for \(4, 1, 3\), got \(1,\)"),
    ],
)
def test_a_mistake_in_such_a_kernel_is_explained(mistake, message):
    with pytest.raises(ValueError, match=message):
        mistake()
