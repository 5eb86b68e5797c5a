"""Tables, columns and tensors of other libraries, known by the name of their module: none is imported for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from plait.core import errors

_FILL = "Fill them, or leave those rows out, first."


class _Library(NamedTuple):
    """What differs from library to library.

    mark: a method that only its tables have. missing: says of a column which values are missing, or how many.
    """

    mark: str
    missing: str
    names: Callable[[Any], Any]
    column: Callable[[Any, int], Any]


def _column_of_dataset(dataset: Any, number: int) -> Any:
    name = dataset.column_names[number]
    column = dataset.select_columns([name])
    # Asked of Arrow: in NumPy's arrays they are NaN, or None.
    missing = column.with_format("arrow")[:].column(0).null_count
    if missing:
        raise ValueError(
            errors.explain(f'The column "{name}" of the dataset has {errors.counted(missing, "missing value")}.', _FILL)
        )
    return column.with_format("numpy")[:][name]


_LIBRARIES = {
    "pandas": _Library("iterrows", "isna", lambda frame: frame.columns, lambda frame, number: frame.iloc[:, number]),
    "polars": _Library("iter_rows", "null_count", lambda frame: frame.columns, lambda frame, n: frame.to_series(n)),
    "pyarrow": _Library(
        "itercolumns", "null_count", lambda table: table.schema.names, lambda table, number: table.column(number)
    ),
    "datasets": _Library("flatten_indices", "", lambda dataset: dataset.column_names, _column_of_dataset),
}


def is_frame(given: Any) -> bool:
    """Whether this is a table with named columns."""
    library = _library(given)
    return library is not None and hasattr(type(given), library.mark)


def is_tensor(given: Any) -> bool:
    """Whether this is a tensor of PyTorch's."""
    return "torch" in _roots(given) and hasattr(given, "detach")


def by_name(given: Any, names: list[str], what: str) -> Any:
    """Returns a frame as a dict of the columns that these inputs or outputs are named after.

    A frame for one of another name stays as it is, to become a matrix; so does what is no frame.

    Args:   what: e.g. "inputs", for the error.
    Errors: ValueError if some of several have no column.
    """
    library = _library(given) if is_frame(given) else None
    if library is None:
        return given
    columns = [str(name) for name in library.names(given)]
    missing = [name for name in names if name not in columns]
    if not missing:
        return {name: library.column(given, columns.index(name)) for name in names}
    if len(names) == 1:
        return given
    raise ValueError(
        errors.explain(
            f"The {what} are named after columns, and the frame has none for {_quoted(missing)}."
            f"{errors.nearest(missing[0], columns)}",
            f"Its columns: {', '.join(columns)}.",
            f"Or give the {what} as a dict: {{{missing[0]!r}: frame[[…]], …}}.",
        )
    )


def as_numbers(given: Any, name: str) -> Any:
    """Returns what NumPy makes an array of: a frame as the matrix of its columns, tensors from where they are.

    What is of no such library is given back.

    Errors: TypeError for columns without numbers; ValueError for missing values. Both name the columns.
    """
    if type(given) is np.ndarray:
        return given
    if is_tensor(given):
        return _of_tensor(given, name)
    library = _library(given)
    if library is None:
        return np.from_dlpack(given) if hasattr(given, "__dlpack__") and not hasattr(given, "__array__") else given
    if is_frame(given):
        return _matrix(given, library, name)
    missing = _missing(given, library)
    if missing:
        raise ValueError(errors.explain(f"The {name} has {errors.counted(missing, 'missing value')}.", _FILL))
    return given


# The floats of PyTorch's that NumPy has too.
_FLOATS = ("torch.float16", "torch.float32", "torch.float64")


def _of_tensor(tensor: Any, name: str) -> np.ndarray:
    widened = tensor.is_floating_point() and str(tensor.dtype) not in _FLOATS
    try:
        return (tensor.float() if widened else tensor).numpy(force=True)
    except (TypeError, RuntimeError) as error:  # sparse, quantized, without memory
        reason = str(error).splitlines()[0]
        raise TypeError(
            errors.explain(
                f"The {name} is a tensor of PyTorch's that cannot become an array: {reason}",
                "Give a dense one of numbers that lie in memory, on whatever device.",
            )
        ) from error


def _matrix(frame: Any, library: _Library, name: str) -> np.ndarray:
    names = [str(column) for column in library.names(frame)]
    columns = [library.column(frame, number) for number in range(len(names))]
    missing = {column: count for column, one in zip(names, columns, strict=True) if (count := _missing(one, library))}
    if missing:
        counts = ", ".join(f'"{column}" ({count})' for column, count in missing.items())
        raise ValueError(errors.explain(f"The {name} has missing values in the columns {counts}.", _FILL))
    arrays = [np.asarray(column) for column in columns]
    wrong = [
        f'"{column}" has {array[:1].tolist()[0]!r}' if len(array) else f'"{column}" is {array.dtype}'
        for column, array in zip(names, arrays, strict=True)
        if array.ndim != 1 or array.dtype.kind not in "biuf"
    ]
    if wrong or not arrays:
        raise TypeError(
            errors.explain(
                f"The {name} must have columns of numbers, got others: {', '.join(wrong) or 'none at all'}.",
                "Turn them into numbers, or leave them out, first. For a column per input, name the inputs after them.",
            )
        )
    return np.column_stack(arrays)


def _missing(column: Any, library: _Library) -> int:
    found = getattr(column, library.missing, 0) if library.missing else 0
    return int(np.sum(found() if callable(found) else found))


def _library(given: Any) -> _Library | None:
    return next((_LIBRARIES[root] for root in _roots(given) if root in _LIBRARIES), None)


def _roots(given: Any) -> list[str]:
    """Returns the packages that the classes of a value are from."""
    return [cls.__module__.partition(".")[0] for cls in type(given).__mro__]


def _quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
