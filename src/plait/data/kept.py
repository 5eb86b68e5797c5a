"""Elements that are made once."""

from __future__ import annotations

from typing import Any


class Kept:
    """Keeps each element in memory from when it is first asked for."""

    def __init__(self, elements: Any) -> None:
        self.elements = elements
        self.kept: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self.elements)

    def __getitem__(self, index: int) -> Any:
        if index not in self.kept:
            self.kept[index] = self.elements[index]
        return self.kept[index]
