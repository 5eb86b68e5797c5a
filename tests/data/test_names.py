import inspect

import pytest

from plait import data, utils
from tests.genuine import genuine_keras

NAMES = sorted(set(data.__all__) - {"AUTOTUNE", "Batches", "from_arrays"})


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_takes_the_arguments_of_keras_in_their_order(name):
    ours = inspect.signature(getattr(utils, name)).parameters.values()
    with genuine_keras() as keras:
        theirs = inspect.signature(getattr(keras.utils, name)).parameters.values()
    assert [(one.name, one.default) for one in ours] == [(one.name, one.default) for one in theirs]
