"""The logs of each epoch sent to a server."""

from __future__ import annotations

import json
import warnings
from typing import Any

from plait.callbacks.callback import Callback, Logs
from plait.core import errors
from plait.core.fields import dataclass

# Seconds that training waits for a server at most.
_TIMEOUT = 10


@dataclass(eq=False)
class RemoteMonitor(Callback):
    """Sends the epoch, counted from 0, and its logs to a server by HTTP POST.

    A server that does not answer gets a warning, and training goes on.

    Args:   root: of the server's URL.
            path: what comes after it.
            field: the name of the form's field that holds the logs as JSON.
            headers: more of them, for each request.
            send_as_json: whether to send the JSON itself and no form.
    Errors: ValueError for a root that is no http or https URL.
    """

    root: str = "http://localhost:9000"
    path: str = "/publish/epoch/end/"
    field: str = "data"
    headers: dict[str, str] | None = None
    send_as_json: bool = False

    def __post_init__(self) -> None:
        # Others, such as file://, the standard library would open, too.
        if not str(self.root).startswith(("http://", "https://")):
            raise ValueError(
                errors.explain(
                    f'RemoteMonitor needs a root that begins with "http://" or "https://", got {self.root!r}.'
                )
            )

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Sends the logs."""
        # Together they take as long to import as half of Plait.
        from http.client import HTTPException
        from urllib import request
        from urllib.parse import urlencode

        sent = json.dumps({"epoch": epoch} | {name: _plain(value) for name, value in (logs or {}).items()})
        kind = "json" if self.send_as_json else "x-www-form-urlencoded"
        body = sent if self.send_as_json else urlencode({self.field: sent})
        headers = {"Content-Type": f"application/{kind}", **(self.headers or {})}
        message = request.Request(self.root + self.path, body.encode(), headers, method="POST")
        try:
            request.urlopen(message, timeout=_TIMEOUT).close()
        except (OSError, HTTPException) as error:
            warnings.warn(
                f"Could not reach RemoteMonitor root server at {self.root}: {error}", UserWarning, stacklevel=2
            )


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
