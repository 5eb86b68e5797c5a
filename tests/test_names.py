"""Every public name of Keras's modules of layers and of their parts: in Plait, or on the page that says why not."""

import importlib
import pathlib
import re

import pytest

from tests.genuine import genuine_keras

MODULES = ["layers", "initializers", "regularizers", "constraints", "activations"]
PAGE = pathlib.Path(__file__).parents[1] / "docs" / "differences.md"
MISSING = set(re.findall(r"^\| `keras\.(\w+\.\w+)` \|", PAGE.read_text(), re.MULTILINE))


def names_of_keras():
    with genuine_keras() as keras:
        modules = {name: getattr(keras, name) for name in MODULES}
        return {f"{where}.{name}" for where, module in modules.items() for name in dir(module) if name[0] != "_"}


def is_in_plait(path):
    where, name = path.split(".")
    return hasattr(importlib.import_module(f"plait.{where}"), name)


@pytest.mark.parametrize("module", MODULES)
def test_a_name_of_keras_is_in_plait_or_on_the_page_of_differences(module):
    names = sorted(path for path in names_of_keras() if path.startswith(f"{module}."))
    assert [path for path in names if not is_in_plait(path) and path not in MISSING] == []


def test_the_page_names_nothing_that_plait_has_and_nothing_that_keras_has_not():
    assert {path for path in MISSING if is_in_plait(path)} == set()
    assert MISSING - names_of_keras() == set()
