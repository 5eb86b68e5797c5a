"""Callbacks: what happens at chosen moments of fit, evaluate and predict, one callback per file.

May import: the graph floor and below; neither layers nor training, whose loop only calls the hooks.
Start reading at `callback.py` (the hooks), then `callback_list.py` (who is called, and in which order).
"""

from typing import TYPE_CHECKING

from plait.core import lazy

if TYPE_CHECKING:
    from plait.callbacks.backup_and_restore import BackupAndRestore as BackupAndRestore
    from plait.callbacks.callback import Callback as Callback
    from plait.callbacks.callback_list import CallbackList as CallbackList
    from plait.callbacks.csv_logger import CSVLogger as CSVLogger
    from plait.callbacks.early_stopping import EarlyStopping as EarlyStopping
    from plait.callbacks.history import History as History
    from plait.callbacks.lambda_callback import LambdaCallback as LambdaCallback
    from plait.callbacks.learning_rate_scheduler import LearningRateScheduler as LearningRateScheduler
    from plait.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
    from plait.callbacks.progress import ProgbarLogger as ProgbarLogger
    from plait.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
    from plait.callbacks.remote_monitor import RemoteMonitor as RemoteMonitor
    from plait.callbacks.swap_ema_weights import SwapEMAWeights as SwapEMAWeights
    from plait.callbacks.tensorboard import TensorBoard as TensorBoard
    from plait.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN
else:
    __getattr__, __all__ = lazy.exports(__name__, __file__)

    def __dir__():
        return list(__all__)
