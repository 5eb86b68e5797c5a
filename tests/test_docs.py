"""The documents: their Python code runs, and the files and names they mention are there."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_python_code_in_a_document_runs(path, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where it may write what it likes
    for block in re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL):
        exec(compile(block, str(path), "exec"), {"__name__": "document"})


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_files_a_document_names_are_there(path):
    places = [ROOT, ROOT / "src/plait", ROOT / "docs", *(ROOT / "src/plait").rglob("*/"), *(ROOT / "tests").rglob("*/")]
    named = re.findall(r"`([\w/]+\.(?:py|md))`", path.read_text())
    assert [name for name in named if not any((place / name).exists() for place in places)] == []
