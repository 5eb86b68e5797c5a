"""Rows of a table: which are run every time, and which by `make test-all` only."""

import pytest


def first_of_each(cases, kind, names=None):
    """Returns the cases as parameters: those that are the first of their kind are run always, others marked as slow.

    Args: kind: of a case, e.g. the name of what it tests.
          names: one for each case, by default pytest's.
    """
    seen, rows = set(), []
    for number, case in enumerate(cases):
        marks = [pytest.mark.slow] if kind(case) in seen else []
        seen.add(kind(case))
        rows.append(pytest.param(*case, marks=marks, id=names[number] if names else None))
    return rows


def mostly(values, always):
    """Returns the values as parameters: these always, others marked as slow."""
    return where(values, lambda *value: value in always)


def where(values, is_always, name=None):
    """Returns the values as parameters: those of which something is true always, others marked as slow.

    Args: is_always: what is true of a value; takes its parts.
          name: gives the name of a value, by default pytest's.
    """
    return [
        pytest.param(*value, marks=[] if is_always(*value) else [pytest.mark.slow], id=name(*value) if name else None)
        for value in values
    ]
