"""A model that only has what callbacks use, and runs of hooks without any training."""

from plait import optimizers
from plait.callbacks import CallbackList


class FakeModel:
    """Its one weight is the number of epochs it was trained for."""

    own_steps = frozenset()

    def __init__(self):
        self.stop_training = False
        self.history = None
        self.weights = [0]
        self.optimizer = optimizers.SGD(0.1)

    def get_weights(self):
        return list(self.weights)

    def set_weights(self, weights):
        self.weights = list(weights)


def run_epochs(model, callbacks, epochs, **params):
    """Calls the hooks of a fit whose epochs log these dicts, and returns how many of them were run."""
    callbacks = CallbackList(callbacks, model, verbose=0)
    callbacks.set_params({"epochs": len(epochs), "steps": 1, "verbose": 0, **params})
    callbacks.on_train_begin()
    done = 0
    for epoch, logs in enumerate(epochs):
        callbacks.on_epoch_begin(epoch)
        model.set_weights([epoch + 1])
        callbacks.on_epoch_end(epoch, dict(logs))
        done += 1
        if callbacks.stop_training:
            break
    callbacks.on_train_end()
    return done


def run_theirs(callback, model, epochs):
    """Calls the same hooks of a callback of genuine Keras's."""
    callback.set_params({"epochs": len(epochs), "steps": 1, "verbose": 0})
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, logs in enumerate(epochs):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, dict(logs))
    callback.on_train_end()
