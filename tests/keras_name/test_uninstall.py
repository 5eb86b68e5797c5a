import importlib.util
import sys

import pytest

import plait
from plait import keras as keras_name
from tests.genuine import genuine_keras


@pytest.fixture(autouse=True)
def taken_out_again():
    yield
    keras_name.uninstall()


def test_genuine_keras_imported_before_is_there_again_afterwards():
    with genuine_keras() as genuine:
        before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "keras"}

        keras_name.install()
        from keras.layers import Dense as during

        keras_name.uninstall()
        from keras.layers import Dense as afterwards

        assert during is plait.layers.Dense
        assert afterwards is genuine.layers.Dense
        assert {name: sys.modules[name] for name in before} == before


def test_installing_twice_is_installing_once():
    before = dict(sys.modules), list(sys.meta_path)

    keras_name.install()
    keras_name.install()
    keras_name.uninstall()

    assert (sys.modules, sys.meta_path) == before


def test_uninstalling_what_is_not_installed_changes_nothing():
    before = dict(sys.modules), list(sys.meta_path)

    keras_name.uninstall()

    assert (sys.modules, sys.meta_path) == before


def test_an_absent_tensorflow_is_absent_again():
    keras_name.install()
    assert importlib.util.find_spec("tensorflow.keras") is not None

    keras_name.uninstall()

    assert importlib.util.find_spec("tensorflow") is None


def test_a_notebook_installs_it_as_an_extension():
    class FakeIPython:
        """Loads an extension as IPython does: by its module's name."""

        def load_ext(self, name):
            sys.modules[name].load_ipython_extension(self)

        def unload_ext(self, name):
            sys.modules[name].unload_ipython_extension(self)

    ipython = FakeIPython()
    ipython.load_ext("plait")
    from keras.layers import Dense

    ipython.unload_ext("plait")

    assert Dense is plait.layers.Dense
    assert not [module for module in sys.meta_path if module is keras_name._finder]
