from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pennywhistle.demo import mix, voices
from pennywhistle.demo.perform import Arrangement, Backing, PlayedNote, Round
from pennywhistle.demo.synth import render_track, string_sound
from pennywhistle.demo.tunes import Rhythm, Tune
from pennywhistle.demo.voices import SAMPLE_RATE_HZ, Sound, frequency_hz

SHORT = Tune(
    "Short", "made for this test", Rhythm.JIG, 'M:6/8\nL:1/8\nK:G\n"G"G3 BAG|"D"AFD "G"G3|]'
)
BAND = Arrangement(120, (Round((Backing.GUITAR, Backing.BODHRAN, Backing.HARP, Backing.DRONE)),))


def loudest_hz(sound: Sound, *, near_hz: float) -> float:
    """The strongest frequency within two semitones of one that is expected."""
    size = 1 << 19
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), size))
    hertz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    near = (hertz > near_hz * 0.89) & (hertz < near_hz * 1.12)
    return float(hertz[near][spectrum[near].argmax()])


def cents(heard_hz: float, wanted_hz: float) -> float:
    return float(1200 * np.log2(heard_hz / wanted_hz))


def samples_of(pcm: bytes) -> npt.NDArray[np.int16]:
    return np.frombuffer(pcm, dtype="<i2").reshape(-1, 2)


def test_each_whistle_note_sounds_at_its_own_pitch() -> None:
    pitches = [62, 66, 69, 74, 79, 83]
    notes = [PlayedNote(n * 0.4, 0.4, pitch, 1.0, True) for n, pitch in enumerate(pitches)]
    sound = voices.whistle(
        notes=notes,
        transpose=12,
        samples=int(2.6 * SAMPLE_RATE_HZ),
        random=np.random.default_rng(1),
    )
    for number, pitch in enumerate(pitches):
        start = int((number * 0.4 + 0.1) * SAMPLE_RATE_HZ)
        heard = loudest_hz(
            sound[start : start + SAMPLE_RATE_HZ // 5], near_hz=frequency_hz(pitch + 12)
        )
        assert abs(cents(heard, frequency_hz(pitch + 12))) < 8


@pytest.mark.parametrize("softness", [1, 3, 5])
@pytest.mark.parametrize("pitch", [40, 45, 50, 57, 64, 71, 76])
def test_a_string_is_in_tune(pitch: int, softness: int) -> None:
    heard = loudest_hz(string_sound(pitch, softness, 1.1), near_hz=frequency_hz(pitch))
    assert abs(cents(heard, frequency_hz(pitch))) < 5


def test_the_same_generator_gives_the_same_bytes_and_another_gives_others() -> None:
    once, again, other = (
        render_track(tune=SHORT, arrangement=BAND, random=np.random.default_rng(seed))
        for seed in (7, 7, 8)
    )
    assert once == again
    assert once != other


def test_a_track_is_loud_enough_and_never_clips() -> None:
    pcm = render_track(tune=SHORT, arrangement=BAND, random=np.random.default_rng(7))
    samples = samples_of(pcm)
    assert np.abs(samples.astype(np.int32)).max() < 32_767 * 10 ** (-1 / 20)
    assert not np.array_equal(samples[:, 0], samples[:, 1])
    stereo = (samples.T / 32_768).astype(np.float32)
    assert -18 < mix.loudness_lufs(stereo) < -16
    assert np.abs(samples[:100]).max() < 40  # it begins and ends in quiet
    assert np.abs(samples[-100:]).max() < 40


def test_loudness_of_a_sine_at_23_below_full_scale_is_minus_23_lufs() -> None:
    # The check of EBU Tech 3341, case 1: https://tech.ebu.ch/publications/tech3341
    times = np.arange(5 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    sine = (10 ** (-23 / 20) * np.sin(2 * np.pi * 1_000 * times)).astype(np.float32)
    assert mix.loudness_lufs(np.stack((sine, sine))) == pytest.approx(-23.0, abs=0.1)


def test_loudness_of_silence_is_less_than_any_sound() -> None:
    assert mix.loudness_lufs(np.zeros((2, SAMPLE_RATE_HZ), dtype=np.float32)) == float("-inf")


@given(st.integers(0, 2**32 - 1), st.integers(1, 9_000), st.floats(0.1, 8))
@settings(max_examples=40, deadline=None)
def test_no_peak_is_left_above_the_ceiling(seed: int, samples: int, gain: float) -> None:
    noise = np.random.default_rng(seed).standard_normal((2, samples)) * gain
    held = mix.hold_peaks(noise.astype(np.float32))
    assert held.shape == noise.shape
    assert np.abs(held).max() <= mix.PEAK_CEILING * 1.0001


def test_what_is_under_the_ceiling_is_left_as_it_is() -> None:
    quiet = (np.random.default_rng(2).random((2, 5_000)) - 0.5).astype(np.float32)
    assert np.allclose(mix.hold_peaks(quiet), quiet, atol=1e-6)


def test_the_room_in_blocks_is_the_room_in_one_piece() -> None:
    random = np.random.default_rng(5)
    response = mix.room_response(random=random)
    sound = random.standard_normal(mix.CONVOLUTION_SIZE + 1_000).astype(np.float32)
    size = 1 << 19
    whole = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size, axis=1), size)
    assert np.allclose(mix.in_room(sound, response), whole[:, : len(sound)], atol=1e-3)
