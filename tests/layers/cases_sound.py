"""Rows of the table of layers: spectrograms.

The lengths of signals for MelSpectrogram are some for which Keras announces as many frames as it computes. What the
kernels of STFTSpectrogram are at first, which is where windows and scalings matter, is in `test_sound.py`.
"""

import numpy as np

from tests.layers.case import Case

SOUND, STEREO, STEREO_FIRST = (2, 42), (2, 23, 2), (2, 2, 23)
WINDOW = [0.1, 0.5, 0.9, 1.0, 0.8, 0.3]

MEL = [
    Case(lambda L: L.MelSpectrogram(16, 8, num_mel_bins=5), [SOUND], free=(1,)),
    Case(lambda L: L.MelSpectrogram(16, 8, num_mel_bins=3, power_to_db=False), [SOUND], free=(1,)),
    Case(lambda L: L.MelSpectrogram(16, 8, num_mel_bins=5), [(42,)]),
    Case(lambda L: L.MelSpectrogram(16, 4, 6, WINDOW, num_mel_bins=4), [SOUND]),
    Case(lambda L: L.MelSpectrogram(16, 5, 12, "hamming", num_mel_bins=4), [SOUND]),
    Case(lambda L: L.MelSpectrogram(16, 5, window=None, num_mel_bins=4, power_to_db=False, mag_exp=1), [SOUND]),
    Case(lambda L: L.MelSpectrogram(15, 8, num_mel_bins=4, mag_exp=3.0), [SOUND], free=(1,)),
    Case(lambda L: L.MelSpectrogram(16, 20, sampling_rate=11025, num_mel_bins=3, max_freq=None), [SOUND]),
    Case(lambda L: L.MelSpectrogram(32, 8, sampling_rate=8000, num_mel_bins=4, min_freq=300, max_freq=3e3), [SOUND]),
    Case(lambda L: L.MelSpectrogram(16, 8, num_mel_bins=4, top_db=6.0), [SOUND]),
    Case(lambda L: L.MelSpectrogram(16, 8, num_mel_bins=5, min_power=0.25, ref_power=0.5), [SOUND]),
    Case(lambda L: L.MelSpectrogram(16, 8, num_mel_bins=5, min_power=0.25, ref_power=0.1), [SOUND]),
    Case(lambda L: L.MelSpectrogram(16, 8, num_mel_bins=4), [SOUND], dtype="int32", between=(-900, 900)),
    # Mirrored more than once.
    Case(lambda L: L.MelSpectrogram(16, 8, num_mel_bins=4), [(2, 4)]),
]

STFT = [
    Case(lambda L: L.STFTSpectrogram(frame_length=6), [STEREO], free=(1,)),
    Case(lambda L: L.STFTSpectrogram("magnitude", 6, 2, padding="same"), [STEREO], free=(1,)),
    Case(lambda L: L.STFTSpectrogram("stft", 6, expand_dims=True, data_format="channels_first"), [STEREO_FIRST]),
    Case(lambda L: L.STFTSpectrogram("psd", 6), [STEREO]),
    Case(lambda L: L.STFTSpectrogram("psd", 2, window=None), [(2, 9, 1)]),
    Case(lambda L: L.STFTSpectrogram("real", 6, 4, 12), [STEREO]),
    Case(lambda L: L.STFTSpectrogram("imag", 6, 6, 8, expand_dims=True), [STEREO], free=(1,)),
    Case(lambda L: L.STFTSpectrogram("angle", 6, 5, 9), [STEREO]),
    Case(lambda L: L.STFTSpectrogram("stft", 6), [STEREO], masked=True),
    Case(lambda L: L.STFTSpectrogram("stft", 8, 3, padding="same", expand_dims=True), [STEREO]),
    Case(lambda L: L.STFTSpectrogram("log", 6, data_format="channels_first"), [STEREO_FIRST], free=(2,)),
    Case(lambda L: L.STFTSpectrogram("psd", 6, padding="same", data_format="channels_first"), [(1, 3, 4)]),
    Case(lambda L: L.STFTSpectrogram("log", 6, window="hamming", periodic=True, scaling="spectrum"), [STEREO]),
    Case(lambda L: L.STFTSpectrogram("log", 6, window=WINDOW, scaling=None), [STEREO]),
    Case(lambda L: L.STFTSpectrogram("log", 6, window=np.asarray(WINDOW)), [STEREO]),
    Case(lambda L: L.STFTSpectrogram("log", 6, window=None, trainable=False), [STEREO]),
]

CASES = [*MEL, *STFT]
