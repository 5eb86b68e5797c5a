"""Layers that turn sound, a signal of samples, into spectrograms: which frequencies there are, frame by frame.

One has bands as wide as the ear hears them, and nothing to train; the other all frequencies, by kernels that may be
trained. The arithmetic is in `functional/spectra.py` and `functional/spectrograms.py`. May import: what the layers may.
Start reading at `mel_spectrogram.py`.
"""

from plait.layers.sound.mel_spectrogram import MelSpectrogram as MelSpectrogram
from plait.layers.sound.stft_spectrogram import STFTSpectrogram as STFTSpectrogram
