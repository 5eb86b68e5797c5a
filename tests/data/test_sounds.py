import re
import sys
import types
import wave

import numpy as np
import pytest

from plait import utils
from plait.data import sounds
from tests.data import making


def noise(samples, channels=1, seed=0):
    return np.random.default_rng(seed).integers(-(2**15), 2**15, (samples, channels))


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number, length in enumerate((5, 8)):
            making.sound(tmp_path / name / f"{number}.wav", noise(length, 2, number))
    return tmp_path


@pytest.fixture(params=["soundfile", "the module wave in its place"])
def reader(request, monkeypatch):
    """Reads by soundfile where it is installed, and always by the standard library."""
    if request.param == "soundfile":
        pytest.importorskip("soundfile")
        return

    def read(path, dtype, always_2d):
        assert (dtype, always_2d) == ("float32", True)
        with wave.open(str(path)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
            return (samples / 2**15).astype(dtype), file.getframerate()

    monkeypatch.setitem(sys.modules, "soundfile", types.SimpleNamespace(read=read))


@pytest.mark.parametrize("length", [None, 6, 10])
@pytest.mark.usefixtures("reader")
def test_sounds_are_cut_off_or_filled_up_with_silence(folder, length):
    data = utils.audio_dataset_from_directory(folder, shuffle=False, output_sequence_length=length, verbose=False)
    ((samples, labels),) = data
    expected = np.zeros((4, length or 8, 2), "float32")
    for place, (seed, given) in enumerate([(0, 5), (1, 8)] * 2):
        kept = noise(given, 2, seed)[:length] / 2**15
        expected[place, : len(kept)] = kept
    making.assert_same([samples, labels], [expected, np.array([0, 0, 1, 1], "int32")])
    assert data.class_names == ["a", "b"]


@pytest.mark.usefixtures("reader")
def test_sounds_come_one_by_one_as_long_as_they_are(folder):
    data = utils.audio_dataset_from_directory(folder, label_mode=None, batch_size=None, shuffle=False, verbose=False)
    assert [samples.shape for samples in data] == [(5, 2), (8, 2)] * 2


@pytest.mark.usefixtures("reader")
def test_sounds_of_another_rate_are_brought_to_the_one_that_is_asked_for(tmp_path):
    (tmp_path / "a").mkdir()

    def tone(rate):  # 440 Hz for half a second
        return 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate // 2) / rate)[:, None]

    making.sound(tmp_path / "a" / "tone.wav", tone(8000) * 2**15, rate=8000)
    ((samples, _),) = utils.audio_dataset_from_directory(tmp_path, sampling_rate=12000, verbose=False)
    assert samples.dtype == "float32"
    # Not at the ends, beyond which there is silence.
    np.testing.assert_allclose(samples[0, 100:-100], tone(12000)[100:-100], atol=2e-3)


def test_a_sound_has_as_many_samples_as_its_length_and_its_rate_say():
    assert sounds.resampled(np.zeros((100, 1), "float32"), 16000, 44100).shape == (276, 1)  # 275.6


@pytest.mark.usefixtures("reader")
def test_a_file_that_is_no_sound_is_named(folder):
    (folder / "a" / "1.wav").write_bytes(b"no sound")
    with pytest.raises(ValueError, match=r"a/1\.wav' cannot be read"):
        list(utils.audio_dataset_from_directory(folder, verbose=False))


def test_without_soundfile_it_is_said_what_to_install(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(ImportError, match=r"needs the package soundfile(.|\n)*pip install \"plait\[audio\]\""):
        utils.audio_dataset_from_directory(folder, verbose=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"ragged": True}, "not in ragged tensors"),
        ({"sampling_rate": 0}, "a positive integer for sampling_rate, got 0"),
        ({"sampling_rate": 44.1}, "a positive integer for sampling_rate, got 44.1"),
        ({"output_sequence_length": -1}, "a positive integer for output_sequence_length, got -1"),
        ({"label_mode": "sparse"}, "Unknown label_mode 'sparse'"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_refused(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        utils.audio_dataset_from_directory("nowhere", **arguments)
