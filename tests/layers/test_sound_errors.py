"""What the layers for sound say of arguments and signals that cannot be."""

import numpy as np
import pytest

from plait import layers
from plait.layers import Input


@pytest.mark.parametrize(
    ("call", "fragments"),
    [
        # MelSpectrogram
        (lambda: layers.MelSpectrogram(0), ['MelSpectrogram "mel_spectrogram_1" needs a positive', "fft_length"]),
        (lambda: layers.MelSpectrogram(512, 2.5), ["a positive integer for sequence_stride, got 2.5"]),
        (lambda: layers.MelSpectrogram(512, sequence_length=-1), ["positive integer for sequence_length, got -1"]),
        (lambda: layers.MelSpectrogram(num_mel_bins="many"), ["positive integer for num_mel_bins, got 'many'"]),
        (
            lambda: layers.MelSpectrogram(256, sequence_length=512),
            ["an fft_length of 512 or more for frames of sequence_length=512, got 256"],
        ),
        (lambda: layers.MelSpectrogram(window="han"), ["'hann', 'hamming' for window", 'Did you mean "hann"?']),
        (lambda: layers.MelSpectrogram(8, window=[1.0, 1.0]), ["shape (8,), got shape (2,)"]),
        (lambda: layers.MelSpectrogram(sampling_rate=0), ["a positive number for sampling_rate, got 0"]),
        (lambda: layers.MelSpectrogram(min_freq=-20), ["a number of 0 or more for min_freq, got -20"]),
        (lambda: layers.MelSpectrogram(max_freq="8k"), ["a positive number for max_freq, got '8k'"]),
        (
            lambda: layers.MelSpectrogram(sampling_rate=8000, min_freq=4000),
            ["a max_freq above min_freq=4000, got 4000", "half the sampling_rate if not given"],
        ),
        (lambda: layers.MelSpectrogram(mag_exp=0), ["a positive number for mag_exp, got 0"]),
        (lambda: layers.MelSpectrogram(top_db=None), ["a number of 0 or more for top_db, got None"]),
        (lambda: layers.MelSpectrogram(min_power=0.0), ["a positive number for min_power, got 0.0"]),
        (lambda: layers.MelSpectrogram(ref_power=float("nan")), ["of 0 or more for ref_power, got nan"]),
        (lambda: layers.MelSpectrogram()(np.float32(0)), ["at least 1 axes", "got shape ()"]),
        # STFTSpectrogram
        (lambda: layers.STFTSpectrogram("spectrum"), ['STFTSpectrogram "', "for mode, got 'spectrum'"]),
        (lambda: layers.STFTSpectrogram(frame_length=0), ["a positive integer for frame_length, got 0"]),
        (lambda: layers.STFTSpectrogram(frame_length=1), ["a frame_length of 2 or more, got 1"]),
        (lambda: layers.STFTSpectrogram(frame_step=0), ["a positive integer for frame_step, got 0"]),
        (lambda: layers.STFTSpectrogram(frame_step=257), ["a frame_step of at most frame_length=256", "got 257"]),
        (lambda: layers.STFTSpectrogram(fft_length=128), ["an fft_length of at least frame_length=256, got 128"]),
        (lambda: layers.STFTSpectrogram(fft_length=512.0), ["a positive integer for fft_length, got 512.0"]),
        (lambda: layers.STFTSpectrogram(window="rain"), ["knows no window 'rain'", "scipy.signal.windows"]),
        (lambda: layers.STFTSpectrogram(window="kaiser"), ["knows no window 'kaiser'", "needs no arguments"]),
        (lambda: layers.STFTSpectrogram(frame_length=4, window=[1.0]), ["shape (4,), got shape (1,)"]),
        (lambda: layers.STFTSpectrogram(scaling="dense"), ["None, 'density', 'spectrum' for scaling, got 'dense'"]),
        (lambda: layers.STFTSpectrogram(padding="causal"), ["'valid', 'same' for padding, got 'causal'"]),
        (lambda: layers.STFTSpectrogram(data_format="last"), ["for data_format, got 'last'"]),
        (lambda: layers.STFTSpectrogram()(Input((16000,))), ["inputs with 3 axes", "Reshape((16000, 1))"]),
        (lambda: layers.STFTSpectrogram()(Input((200, 1))), ["as long as its window, 256 or more on axis 1, got 200"]),
        (
            lambda: layers.STFTSpectrogram(data_format="channels_first")(Input((16000, 2))),
            ["256 or more on axis 2, got 2"],
        ),
    ],
)
def test_the_error_says_who_needs_what_and_what_came(call, fragments):
    with pytest.raises(ValueError, match=r"Called at .*test_sound_errors\.py:\d+") as caught:
        call()
    message = str(caught.value)
    assert [fragment for fragment in fragments if fragment not in message] == [], message


@pytest.mark.parametrize("inputs", [lambda: np.zeros((1, 300, 1), "int16"), lambda: Input((300, 1), dtype="int32")])
def test_a_spectrogram_by_kernels_refuses_whole_numbers_before_it_declares_any(inputs):
    layer = layers.STFTSpectrogram()
    with pytest.raises(TypeError, match="a signal of floats, got int") as caught:
        layer(inputs())
    assert "layers.Rescaling(1 / 32768)" in str(caught.value)
    assert layer.weights == []
