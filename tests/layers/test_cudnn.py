"""The names that Keras 2 had for an LSTM and a GRU on a GPU."""

import pytest

from plait import layers

MADE = {"CuDNNLSTM": layers.LSTM, "CuDNNGRU": layers.GRU}


@pytest.mark.parametrize("name", MADE)
def test_it_makes_the_layer_that_computes_what_cudnn_does(name):
    settings = {"name": "one", "kernel_regularizer": "l2", "return_sequences": True, "stateful": True}
    made, usual = getattr(layers, name)(3, **settings), MADE[name](3, **settings)
    assert type(made) is MADE[name]
    assert made.get_config() == usual.get_config()
    assert (made.get_config()["activation"], made.get_config()["recurrent_activation"]) == ("tanh", "sigmoid")
    assert made.use_bias
    assert getattr(made, "reset_after", True)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("setting", [{"recurrent_activation": "hard_sigmoid"}, {"dropout": 0.5}, {"use_bias": False}])
def test_a_setting_that_cudnn_has_not_is_refused(name, setting):
    (argument,) = setting
    with pytest.raises(TypeError, match=f'{name} has no argument "{argument}"(.|\n)*{MADE[name].__name__}, which'):
        getattr(layers, name)(3, **setting)


@pytest.mark.parametrize("name", MADE)
def test_another_wrong_argument_is_explained_as_ever(name):
    with pytest.raises(TypeError, match='Did you mean "return_sequences"'):
        getattr(layers, name)(3, return_sequence=True)
