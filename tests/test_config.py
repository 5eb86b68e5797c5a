import os

import numpy as np
import pytest

from plait import Sequential, config, layers, losses


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


@pytest.mark.parametrize(
    ("enable", "disable", "is_enabled"),
    [
        (
            config.enable_interactive_logging,
            config.disable_interactive_logging,
            config.is_interactive_logging_enabled,
        ),
        (
            config.enable_traceback_filtering,
            config.disable_traceback_filtering,
            config.is_traceback_filtering_enabled,
        ),
        (config.enable_flash_attention, config.disable_flash_attention, config.is_flash_attention_enabled),
    ],
    ids=["interactive logging", "traceback filtering", "flash attention"],
)
def test_what_is_switched_says_so(enable, disable, is_enabled):
    disable()
    off = is_enabled()
    enable()

    assert (off, is_enabled()) == (False, True)


def test_without_interactive_logging_progress_goes_to_the_logger(capsys, caplog):
    model = Sequential([layers.Dense(1)])
    model.compile("sgd", "mse")
    config.disable_interactive_logging()
    try:
        with caplog.at_level("INFO", "plait"):
            model.fit(np.ones((4, 2), "float32"), np.ones((4, 1), "float32"), epochs=2)
    finally:
        config.enable_interactive_logging()

    assert capsys.readouterr().out == ""
    said = [record.getMessage() for record in caplog.records if record.name == "plait"]
    assert [line.partition(" - ")[0] for line in said] == ["Epoch 1/2", "Epoch 2/2"]


def test_the_backend_is_jax_and_stays_so():
    config.set_backend("jax")

    with pytest.raises(ValueError, match=r"got 'tensorflow'(.|\n)*Leave set_backend out"):
        config.set_backend("tensorflow")


def test_that_code_in_files_be_run_cannot_be_had():
    with pytest.warns(UserWarning, match="changes nothing"):
        config.enable_unsafe_deserialization()
