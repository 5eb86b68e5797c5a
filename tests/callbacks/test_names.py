"""The callbacks that Plait has take the arguments of Keras's, in their order and with their defaults."""

import inspect

import pytest

from plait import callbacks
from tests.genuine import genuine_keras

NAMES = [name for name in callbacks.__all__ if name != "ProgbarLogger"]


def arguments_of(cls):
    parameters = inspect.signature(cls).parameters.values()
    return [(one.name, one.default) for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "CallbackList"])
def test_the_arguments_are_those_of_keras(name):
    ours = arguments_of(getattr(callbacks, name))
    with genuine_keras() as keras:
        assert ours == arguments_of(getattr(keras.callbacks, name))
