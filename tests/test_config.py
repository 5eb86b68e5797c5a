import os

import numpy as np
import pytest

from plait import config, layers, losses


@pytest.fixture(autouse=True)
def defaults():
    yield
    config.set_dtype_policy("float32")
    config.set_epsilon(1e-7)


def test_layers_made_later_have_the_policy_that_was_set():
    config.set_dtype_policy("mixed_bfloat16")

    assert layers.Dense(1).compute_dtype == "bfloat16"
    assert config.dtype_policy().name == "mixed_bfloat16"


def test_floatx_is_the_dtype_of_weights():
    config.set_floatx("float16")

    assert (config.floatx(), layers.Dense(1).variable_dtype) == ("float16", "float16")


def test_losses_take_the_epsilon_that_was_set():
    config.set_epsilon(0.1)

    assert config.epsilon() == 0.1
    np.testing.assert_allclose(losses.binary_crossentropy([[1.0]], [[0.0]]), [-np.log(0.1)], rtol=1e-6)


def test_what_cannot_be_changed_says_so():
    config.set_image_data_format("channels_last")

    with pytest.raises(ValueError, match=r'got \'channels_first\'(.|\n)*data_format="channels_first" to each layer'):
        config.set_image_data_format("channels_first")


def test_what_is_fixed():
    assert (config.backend(), config.image_data_format(), config.epsilon()) == ("jax", "channels_last", 1e-7)


def test_what_is_set_up_in_this_process_is_shown(capsys):
    config.show()
    kernels, memory, programs = capsys.readouterr().out.splitlines()
    assert kernels.startswith("compiled kernels     ")
    assert memory.startswith("memory               ")
    assert os.environ["PLAIT_CACHE"] in programs
