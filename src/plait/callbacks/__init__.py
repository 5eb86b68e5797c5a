"""Callbacks: what happens at chosen moments of fit, evaluate and predict, one callback per file.

May import: the graph floor and below; neither layers nor training, whose loop only calls the hooks.
Start reading at `callback.py` (the hooks), then `callback_list.py` (who is called, and in which order).
"""

from plait.callbacks.callback import Callback
from plait.callbacks.callback_list import CallbackList
from plait.callbacks.early_stopping import EarlyStopping
from plait.callbacks.history import History
from plait.callbacks.lambda_callback import LambdaCallback
from plait.callbacks.model_checkpoint import ModelCheckpoint
from plait.callbacks.progress import ProgbarLogger

__all__ = [
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "ModelCheckpoint",
    "ProgbarLogger",
]
