"""Callbacks: what happens at chosen moments of fit, evaluate and predict, one callback per file.

May import: the graph floor and below; neither layers nor training, whose loop only calls the hooks.
Start reading at `callback.py` (the hooks), then `callback_list.py` (who is called, and in which order).
"""

from plait.callbacks.backup_and_restore import BackupAndRestore
from plait.callbacks.callback import Callback
from plait.callbacks.callback_list import CallbackList
from plait.callbacks.csv_logger import CSVLogger
from plait.callbacks.early_stopping import EarlyStopping
from plait.callbacks.history import History
from plait.callbacks.lambda_callback import LambdaCallback
from plait.callbacks.learning_rate_scheduler import LearningRateScheduler
from plait.callbacks.model_checkpoint import ModelCheckpoint
from plait.callbacks.progress import ProgbarLogger
from plait.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from plait.callbacks.remote_monitor import RemoteMonitor
from plait.callbacks.swap_ema_weights import SwapEMAWeights
from plait.callbacks.tensorboard import TensorBoard
from plait.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]
