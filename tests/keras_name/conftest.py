import pytest

from plait import keras as keras_name


@pytest.fixture
def installed():
    """Puts Plait in the place of Keras for one test."""
    keras_name.install()
    yield
    keras_name.uninstall()
