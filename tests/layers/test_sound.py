"""Spectrograms: beyond the table of layers, what they are before training, and where they differ from Keras's."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import signal

from plait import Input, Model, layers
from plait.functional import spectrograms
from tests.genuine import genuine_keras

SOUND = np.random.default_rng(0).uniform(-1, 1, (3, 64)).astype("float32")
MEL = {"fft_length": 16, "sequence_stride": 8, "num_mel_bins": 4}


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"mode": "log"},
        {"mode": "magnitude", "scaling": "spectrum"},
        {"mode": "psd", "scaling": None},
        {"window": "hamming", "periodic": True},
        {"window": "blackmanharris", "scaling": "spectrum", "periodic": True},
        {"window": None},
        {"window": np.linspace(0.1, 1, 12).tolist(), "fft_length": 24},
        {"padding": "same", "frame_step": 5},
    ],
    ids=str,
)
def test_a_spectrogram_is_that_of_keras_before_training(arguments):
    arguments = {"mode": "stft", "frame_length": 12, **arguments}
    with genuine_keras() as keras:
        expected = keras.layers.STFTSpectrogram(**arguments)(SOUND[..., None])
    outputs = layers.STFTSpectrogram(**arguments)(SOUND[..., None])
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scaling", ["density", "spectrum"])
@pytest.mark.parametrize("window", ["hann", "blackman"])
def test_a_power_density_is_that_of_scipy(window, scaling):
    *_, expected = signal.spectrogram(
        SOUND, window=signal.get_window(window, 16, False), nperseg=16, noverlap=10, nfft=32, detrend=False,
        scaling=scaling,
    )  # fmt: skip
    layer = layers.STFTSpectrogram("psd", 16, 6, 32, window, scaling=scaling)
    np.testing.assert_allclose(layer(SOUND[..., None]), expected.transpose(0, 2, 1), atol=1e-5)


def test_a_mel_spectrogram_of_a_second_of_sound_is_that_of_keras():
    time = np.arange(16000) / 16000
    chirp = np.sin(2 * np.pi * (100 + 3000 * time) * time).astype("float32")
    with genuine_keras() as keras:
        expected = keras.layers.MelSpectrogram()(chirp)
    np.testing.assert_allclose(layers.MelSpectrogram()(chirp), expected, atol=0.01)


@pytest.mark.parametrize(
    "numbers",
    [(20, 129, 8000, 125.0, 3800.0), (128, 1025, 16000, 20.0, 8000.0), (5, 9, 100.0, 0.0, 50.0), (4, 17, 80, 10, 70)],
)
def test_the_bands_are_those_of_keras(numbers):
    with genuine_keras() as keras:
        expected = keras.layers.MelSpectrogram().linear_to_mel_weight_matrix(*numbers)
    np.testing.assert_allclose(spectrograms.mel_filters(*numbers), expected, atol=1e-4)


@pytest.mark.parametrize(
    ("layer", "arguments"),
    [
        ("MelSpectrogram", {}),
        ("MelSpectrogram", {"fft_length": 64, "sequence_length": 50, "sampling_rate": 11025, "window": "hamming"}),
        ("STFTSpectrogram", {}),
        ("STFTSpectrogram", {"mode": "psd", "frame_length": 6, "frame_step": 2, "fft_length": 16, "window": None}),
    ],
)
def test_its_config_says_what_that_of_keras_says(layer, arguments):
    with genuine_keras() as keras:
        expected = getattr(keras.layers, layer)(name="sound", **arguments).get_config()
    config = getattr(layers, layer)(name="sound", **arguments).get_config()
    assert {**config, "dtype": None} == {**expected, "dtype": None}


@pytest.mark.parametrize("fft_length", [4, 5])
@pytest.mark.parametrize("samples", range(3, 9))
def test_as_many_frames_are_announced_as_are_computed(samples, fft_length):
    layer = layers.MelSpectrogram(fft_length, 4, num_mel_bins=2)
    assert layer.compute_output_shape((1, samples)) == layer(np.ones((1, samples), "float32")).shape


def test_a_signal_of_many_axes_is_transformed_along_the_last():
    layer = layers.MelSpectrogram(**MEL, power_to_db=False)
    outputs = layer(SOUND.reshape(1, 3, 64))
    assert outputs.shape == layer.compute_output_shape((1, 3, 64))
    np.testing.assert_allclose(outputs[0], layer(SOUND), rtol=1e-5)


def test_a_list_is_a_signal_too():
    layer = layers.MelSpectrogram(**MEL)
    np.testing.assert_array_equal(layer(SOUND.tolist()), layer(SOUND))


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.MelSpectrogram(**MEL),
        lambda: layers.MelSpectrogram(**MEL, power_to_db=False, mag_exp=1.0),
        lambda: layers.STFTSpectrogram("angle", 16),
        lambda: layers.STFTSpectrogram("magnitude", 16),
        lambda: layers.STFTSpectrogram("log", 16),
    ],
)
def test_silence_has_a_gradient_of_zero(layer):
    layer = layer()
    silence = np.zeros((1, 64, 1) if isinstance(layer, layers.STFTSpectrogram) else (1, 64), "float32")
    layer(silence)
    gradient = jax.grad(lambda x: jnp.sum(layer(x)))(silence)
    np.testing.assert_array_equal(gradient, np.zeros_like(silence))


@pytest.mark.parametrize("optimization", [0, 3])
def test_decibels_have_a_gradient_however_they_are_compiled(optimization):
    powers = np.random.default_rng(1).uniform(0, 3, (2, 5, 6)).astype("float32")
    gradient = jax.grad(lambda powers: jnp.sum(spectrograms.decibels(powers, 3.0, 0.1, 5.0)))
    compiled = jax.jit(gradient, compiler_options={"xla_backend_optimization_level": optimization})
    np.testing.assert_allclose(compiled(powers), gradient(powers), rtol=1e-5)
    assert np.all(np.isfinite(gradient(powers)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_mel_spectrogram_in_half_precision_is_rounded_once(dtype):
    expected = layers.MelSpectrogram(**MEL)(SOUND).astype(dtype)
    outputs = layers.MelSpectrogram(**MEL, dtype=f"mixed_{dtype}")(SOUND)
    np.testing.assert_array_equal(outputs, expected)
    assert outputs.dtype == dtype


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_trained_spectrogram_in_half_precision_is_near_that_in_single(dtype):
    expected = layers.STFTSpectrogram("real", 8)(SOUND[..., None])
    outputs = layers.STFTSpectrogram("real", 8, dtype=f"mixed_{dtype}")(SOUND[..., None])
    assert outputs.dtype == dtype
    np.testing.assert_allclose(outputs.astype("float32"), expected, atol=0.02)


def test_an_example_of_a_smaller_last_batch_is_measured_by_that_batch_alone():
    sounds = SOUND * np.array([[1.0], [1.0], [1e-3]], "float32")
    model = Model(x := Input((64,)), layers.MelSpectrogram(**MEL, top_db=20.0)(x))
    model.compile("sgd", "mse")
    target = np.zeros((3, 4, 9), "float32")
    batches = [model.evaluate(sounds[rows], target[rows], verbose=0) for rows in (slice(0, 2), slice(2, 3))]
    whole = model.evaluate(sounds, target, batch_size=2, verbose=0)
    np.testing.assert_allclose(whole, (2 * batches[0] + batches[1]) / 3, rtol=1e-5)


def test_the_number_of_channels_need_not_be_known():
    outputs = layers.STFTSpectrogram("psd", 8)(Input((None, None)))
    assert outputs.shape == (None, None, None)


@pytest.mark.parametrize("trainable", [True, False])
def test_kernels_are_trained_unless_told_otherwise(trainable):
    layer = layers.STFTSpectrogram("magnitude", 8, trainable=trainable)
    model = Model(x := Input((64, 1)), layers.GlobalAveragePooling1D()(layer(x)))
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(SOUND[..., None], np.ones((3, 5), "float32"), verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert changed == [trainable, trainable]
