import pytest

from plait.callbacks import LambdaCallback
from tests.callbacks.fake import FakeModel, run_epochs


def test_functions_are_called_at_their_moments():
    calls = []
    callback = LambdaCallback(
        on_epoch_begin=lambda epoch, logs: calls.append(f"begin {epoch}"),
        on_epoch_end=lambda epoch, logs: calls.append(f"end {epoch} {logs['loss']}"),
        on_train_end=lambda logs: calls.append("over"),
    )

    run_epochs(FakeModel(), callback, [{"loss": 2.0}, {"loss": 1.0}])

    assert calls == ["begin 0", "end 0 2.0", "begin 1", "end 1 1.0", "over"]


def test_a_name_that_is_no_hook_is_an_error():
    with pytest.raises(TypeError, match=r'no hook "on_epoch_ends". Did you mean "on_epoch_end"\?'):
        LambdaCallback(on_epoch_ends=print)
