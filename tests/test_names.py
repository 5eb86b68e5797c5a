"""Every public name of Keras, and every argument: where a script has it from, or on the page that says why not."""

import functools
import inspect
import pathlib
import re
import sys
import types

import pytest

from plait import keras as keras_name
from tests.genuine import genuine_keras

PAGE = (pathlib.Path(__file__).parents[1] / "docs" / "differences.md").read_text()
# In a first column: a name, `keras.layers.TFSMLayer`; a whole module; or arguments, `keras.ops.one_hot(sparse)`.
LEFT_OUT = [
    found
    for cell in re.findall(r"^\| (`keras\.[^|]*) \|", PAGE, re.MULTILINE)
    for found in re.findall(r"`keras\.([\w.]+)(?:\(([\w, ]+)\))?`", cell)
]
MISSING = {path for path, arguments in LEFT_OUT if not arguments}
UNTAKEN = {(path, argument) for path, arguments in LEFT_OUT if arguments for argument in arguments.split(", ")}

# Other ways to the same names, and what is left of Keras 2.
OTHER_WAYS = ("_tf_keras", "api", "legacy", "src")
# These have the functions of `keras.ops` once more.
ONCE_MORE = ("ops.nn", "ops.numpy")
METHODS = [
    "compile", "compute_loss", "compute_metrics", "evaluate", "export", "fit", "get_layer", "load_weights", "predict",
    "predict_on_batch", "reset_metrics", "save", "save_weights", "summary", "test_on_batch", "train_on_batch",
]  # fmt: skip


def below(module, prefix=""):
    """Yields the path of every public name below a module of Keras's, and what it is."""
    for name in dir(module):
        value = getattr(module, name)
        if name[0] == "_" or (not prefix and name in OTHER_WAYS):
            continue
        if not isinstance(value, types.ModuleType):
            yield f"{prefix}{name}", value
        elif value.__name__.startswith("keras."):
            yield from below(value, f"{prefix}{name}.")


@functools.cache
def names_of_keras():
    with genuine_keras() as keras:
        return dict(below(keras))


@functools.cache
def stand_in():
    """Returns what a script gets by `import keras`, where Plait stands in its place."""
    keras_name.install()
    try:
        return sys.modules["keras"]
    finally:
        keras_name.uninstall()


def found(path):
    return functools.reduce(lambda where, name: getattr(where, name, None), path.split("."), stand_in())


def modules_around(path):
    parts = path.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def is_on_the_page(path):
    return not MISSING.isdisjoint([path, *modules_around(path)])


def parameters(function):
    """Returns the names of the arguments; None among them stands for any other."""
    signature = inspect.signature(function.__init__ if isinstance(function, type) else function)
    kinds = {parameter.name: parameter.kind for parameter in signature.parameters.values()}
    return [
        None if kind is inspect.Parameter.VAR_KEYWORD else name
        for name, kind in kinds.items()
        if name != "self" and kind is not inspect.Parameter.VAR_POSITIONAL
    ]


def arguments_lacking(ours, theirs):
    taken = parameters(ours) if callable(ours) else [None]
    return set() if None in taken else {name for name in parameters(theirs) if name and name not in taken}


@functools.cache
def arguments_missing():
    """Returns the arguments of Keras's functions and classes that those of Plait do not take, with their paths."""
    return {
        (path, argument)
        for path, theirs in names_of_keras().items()
        if path.rpartition(".")[0] not in ONCE_MORE and not is_on_the_page(path) and callable(theirs)
        for argument in arguments_lacking(found(path), theirs)
    }


MODULES = sorted({path.rpartition(".")[0] for path in names_of_keras()})


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module or "keras")
def test_a_name_of_keras_is_in_plait_or_on_the_page_of_differences(module):
    names = [path for path in names_of_keras() if path.rpartition(".")[0] == module]
    assert [path for path in names if not is_on_the_page(path) and found(path) is None] == []


def test_the_page_names_nothing_that_plait_has_and_nothing_that_keras_has_not():
    known = {one for path in names_of_keras() for one in (path, *modules_around(path))}
    assert {path for path in MISSING if found(path) is not None} == set()
    assert MISSING - known == set()


def test_an_argument_of_keras_is_taken_or_on_the_page_and_never_both():
    assert arguments_missing() == UNTAKEN


@pytest.mark.parametrize("name", METHODS)
def test_a_method_of_a_model_takes_keras_arguments_in_keras_order(name):
    ours = parameters(getattr(found("Model"), name))
    theirs = parameters(getattr(names_of_keras()["Model"], name))
    assert [argument for argument in ours if argument in theirs] == [argument for argument in theirs if argument]
