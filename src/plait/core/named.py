"""Values by name, such as the settings of an experiment."""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping
from typing import Any

from plait.core import errors


class Config(MutableMapping[str, Any]):
    """Holds values by name, set and read as attributes or as items, and changed no more once it is frozen.

        config = Config(learning_rate=0.1)
        config.epochs = 10
        config["learning_rate"] / config.epochs

    Errors: AttributeError, KeyError for a name that is not there, with the nearest; ValueError for a change when it is
            frozen, AttributeError for the name of a method as an attribute.
    """

    def __init__(self, **kwargs: Any) -> None:
        vars(self).update(_values=kwargs, _frozen=False)

    @property
    def frozen(self) -> bool:
        """Whether it is changed no more."""
        return vars(self)["_frozen"]

    def freeze(self) -> None:
        """Lets it be changed no more."""
        vars(self)["_frozen"] = True

    def unfreeze(self) -> None:
        """Lets it be changed again."""
        vars(self)["_frozen"] = False

    def as_dict(self) -> dict[str, Any]:
        """Returns the values, in a dict of their own."""
        return dict(self._values)

    def to_json(self) -> str:
        """Returns the values as JSON."""
        return json.dumps(self._values)

    def __getattr__(self, name: str) -> Any:
        # An object that is being copied has none yet.
        values = vars(self).get("_values", {})
        if name not in values:
            raise AttributeError(errors.explain(f"The Config has no {name!r}.{errors.nearest(name, values)}"))
        return values[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(type(self), name):
            raise AttributeError(
                errors.explain(f"Every Config has a method {name!r}.", f"Write config[{name!r}] = … for a value.")
            )
        self[name] = value

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            raise KeyError(errors.explain(f"The Config has no {name!r}.{errors.nearest(name, self._values)}"))
        return self._values[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._check_may_change()
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        self._check_may_change()
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Config {self._values}>"

    def _check_may_change(self) -> None:
        if self.frozen:
            raise ValueError(errors.explain("The Config is frozen.", "Call unfreeze() first."))
