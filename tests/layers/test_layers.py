"""`plait.layers` lists its layers for type checkers, and finds at run time what it lists."""

import ast
import inspect

import pytest

from plait import layers

LISTED = [
    alias.asname
    for statement in ast.walk(ast.parse(inspect.getsource(layers)))
    if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("plait.")
    for alias in statement.names
    if alias.asname
]


def test_every_name_that_is_listed_is_found():
    assert sorted(layers.__all__) == sorted(LISTED)
    assert [name for name in LISTED if not callable(getattr(layers, name))] == []


def test_another_name_is_no_attribute():
    with pytest.raises(AttributeError, match="has no attribute 'Denze'"):
        layers.Denze
