"""The floors of ARCHITECTURE.md, read off the source: a module imports its own folder or a strictly lower floor."""

import ast
import pathlib

import pytest

SOURCE = pathlib.Path(__file__).parents[1] / "src" / "plait"

FLOORS = [
    ["core"],
    ["functional", "activations", "initializers", "regularizers", "constraints", "losses", "optimizers", "data"],
    ["metrics"],
    ["graph"],
    ["layers", "ops", "training", "callbacks"],
    ["files", "reports"],
    ["models"],
    [
        "",
        "utils",
        "saving",
        "random",
        "config",
        "mixed_precision",
        "dtype_policies",
        "backend",
        "tree",
        "top",
        "datasets",
        "wrappers",
        "keras",
        "cli",
        "__main__",
    ],
]
FLOOR = {folder: floor for floor, folders in enumerate(FLOORS) for folder in folders}
MODULES = sorted(SOURCE.rglob("*.py"))


def folder_of(dotted: str) -> str:
    """Returns the first part of a module's name inside the package; "" for the package itself."""
    return dotted.removeprefix("plait").removeprefix(".").partition(".")[0]


def imported(tree: ast.AST) -> list[tuple[ast.AST, str]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"plait.{alias.name}" for alias in node.names] if node.module == "plait" else [node.module or ""]
            found += [(node, name) for name in names]
    return [(node, name) for node, name in found if name.partition(".")[0] == "plait"]


def only_for_types(tree: ast.AST) -> set[int]:
    """Imports for annotations; what has an `else` is imported too, later."""
    asked = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    blocks = [node for node in asked if not node.orelse]
    return {id(inner) for block in blocks for inner in ast.walk(block)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_imports_only_its_own_folder_and_lower_floors(path):
    relative = path.relative_to(SOURCE)
    own = relative.parts[0].removesuffix(".py") if relative.name != "__init__.py" or len(relative.parts) > 1 else ""
    tree = ast.parse(path.read_text())
    typing_only = only_for_types(tree)
    wrong = [
        f"line {node.lineno}: {name}"
        for node, name in imported(tree)
        if id(node) not in typing_only
        and folder_of(name) != own
        and (folder_of(name) not in FLOOR or FLOOR[folder_of(name)] >= FLOOR[own])
        and own not in FLOORS[-1]
    ]
    assert wrong == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_function_imports_no_part_of_plait_except_a_command_its_own(path):
    if path.is_relative_to(SOURCE / "cli"):
        return
    tree = ast.parse(path.read_text())
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
    }
    assert [name for node, name in imported(tree) if id(node) in inside] == []


def test_every_folder_says_what_lives_there_and_where_to_start_reading():
    for init in SOURCE.rglob("__init__.py"):
        text = ast.get_docstring(ast.parse(init.read_text())) or ""
        assert len(text) > 60, init


def test_no_module_has_a_name_that_says_nothing():
    vague = {"helpers", "common", "base", "misc", "lib"}
    assert [path for path in SOURCE.rglob("*") if path.stem in vague] == []
