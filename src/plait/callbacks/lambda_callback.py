"""A callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plait.callbacks.callback import Callback
from plait.core import errors


class LambdaCallback(Callback):
    """Calls functions at chosen moments: `LambdaCallback(on_epoch_end=lambda epoch, logs: print(logs))`.

    Args:   on_epoch_begin, on_epoch_end: functions of (epoch, logs).
            on_train_begin, on_train_end: functions of (logs).
            on_train_batch_begin, on_train_batch_end: functions of (batch, logs).
            hooks: functions for other hooks of Callback, by name, with the arguments of the hook.
    Errors: TypeError for a name that is no hook.
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **hooks: Callable[..., Any] | None,
    ) -> None:
        known = [name for name in vars(Callback) if name.startswith("on_")]
        for name in hooks:
            if name not in known:
                raise TypeError(
                    errors.explain(
                        f'LambdaCallback knows no hook "{name}".{errors.nearest(name, known)}',
                        f"Hooks: {', '.join(known)}.",
                    )
                )
        hooks |= {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        vars(self).update({name: function for name, function in hooks.items() if function is not None})
