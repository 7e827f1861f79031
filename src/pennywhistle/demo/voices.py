"""The instruments: a tin whistle, plucked strings, a drone, a frame drum. Mono, float32, 44.1 kHz.

Everything is computed from the notes and a seeded generator; no recording is used.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pennywhistle.demo.perform import GRACE_S, PlayedNote

Sound = npt.NDArray[np.float32]

SAMPLE_RATE_HZ = 44_100
NOISE_SAMPLES = 1 << 18  # about six seconds of breath, repeated
GLIDE_SAMPLES = 220  # 5 ms: a finger is not a switch
STRING_PERIODS_MAX = 4_000
CONCERT_PITCH_HZ = 440.0  # A4, MIDI 69; https://www.iso.org/standard/3601.html


def frequency_hz(pitch: float) -> float:
    """Equal temperament from A4 = 440 Hz."""
    return float(CONCERT_PITCH_HZ * 2.0 ** ((pitch - 69.0) / 12.0))


def band_noise(
    *, low_hz: float, high_hz: float, samples: int, random: np.random.Generator
) -> Sound:
    """Noise between two frequencies at a level of 1 (RMS) that may be repeated without a seam."""
    bins = samples // 2 + 1
    spectrum = np.zeros(bins, dtype=np.complex64)
    low, high = (int(hz * samples / SAMPLE_RATE_HZ) for hz in (low_hz, high_hz))
    angles = random.random(high - low) * 2 * np.pi
    spectrum[low:high] = np.exp(1j * angles)
    noise = np.fft.irfft(spectrum, samples)
    return np.asarray(noise / np.sqrt(np.mean(noise**2)), dtype=np.float32)


def whistle(
    *,
    notes: Sequence[PlayedNote],
    transpose: int,
    samples: int,
    random: np.random.Generator,
) -> Sound:
    """A tin whistle: near-pure tone, breath around it, a chiff where the tongue starts a note."""
    pitch, level, chiff = _whistle_controls(notes, transpose, samples)
    phase = np.cumsum(CONCERT_PITCH_HZ * np.exp2((pitch - 69.0) / 12.0) / SAMPLE_RATE_HZ)
    turns = ((phase % 1.0) * (2 * np.pi)).astype(np.float32)
    first, cosine = np.sin(turns), np.cos(turns)
    second = 2 * first * cosine
    third = first * (3 - 4 * first * first)
    # The second register is blown harder: purer and clearer, with less air in the tone.
    register = np.clip((pitch - transpose - 62.0) / 21.0, 0, 1).astype(np.float32)
    tone = first + (0.30 - 0.18 * register) * second + (0.11 - 0.06 * register) * third
    tone += (0.035 - 0.02 * register) * (2 * second * (1 - 2 * first * first))
    slow, air = (
        np.resize(
            band_noise(low_hz=low, high_hz=high, samples=NOISE_SAMPLES, random=random), samples
        )
        for low, high in ((3, 190), (1_400, 7_500))
    )
    breath = (0.075 - 0.03 * register) * slow * first + (0.016 - 0.004 * register) * air
    sound = (tone + breath) * level + chiff * (0.5 * third + 0.16 * air)
    return np.asarray(sound, dtype=np.float32)


def _whistle_controls(
    notes: Sequence[PlayedNote], transpose: int, samples: int
) -> tuple[npt.NDArray[np.float64], Sound, Sound]:
    """Pitch (MIDI), level and chiff for each sample."""
    pitch = np.full(samples, float(notes[0].pitch + transpose))
    level = np.zeros(samples, dtype=np.float32)
    chiff = np.zeros(samples, dtype=np.float32)
    for number, note in enumerate(notes):
        start = int(note.at_s * SAMPLE_RATE_HZ)
        following = notes[number + 1] if number + 1 < len(notes) else None
        end_s = note.at_s + note.length_s
        joined = following is not None and following.at_s - end_s < 0.03
        if joined and following is not None:
            end_s = following.at_s
        end = min(int(end_s * SAMPLE_RATE_HZ), samples)
        if end <= start:
            continue
        times = np.arange(end - start) / SAMPLE_RATE_HZ
        pitch[start:] = note.pitch + transpose
        pitch[start:end] += _bend(note, times)
        released = following is None or not joined or following.tongued
        level[start:end] = _breath_level(note, times, released)
        if note.tongued:
            chiff[start:end] = (
                0.35 * note.level * np.exp(-times / 0.011) * (1 - np.exp(-times / 0.002))
            )
    kernel = np.ones(GLIDE_SAMPLES) / GLIDE_SAMPLES
    padded = np.concatenate((np.zeros(1), np.cumsum(pitch - pitch[0])))
    smooth = (padded[GLIDE_SAMPLES:] - padded[:-GLIDE_SAMPLES]) * kernel[0] + pitch[0]
    pitch[GLIDE_SAMPLES // 2 : GLIDE_SAMPLES // 2 + len(smooth)] = smooth
    return pitch, level, chiff


def _bend(note: PlayedNote, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Semitones off the pitch: ornaments, a slide into long notes, vibrato that grows."""
    bend = np.zeros_like(times)
    if note.length_s > 0.45:
        bend += 0.11 * np.clip((times - 0.28) / 0.7, 0, 1) * np.sin(2 * np.pi * 5.1 * times)
        if note.tongued:
            bend -= 0.45 * np.exp(-times / 0.035)
    for grace in note.graces:
        within = (times >= grace.at_s) & (times < grace.at_s + GRACE_S)
        bend[within] += grace.semitones
    return bend


def _breath_level(
    note: PlayedNote, times: npt.NDArray[np.float64], released: bool
) -> npt.NDArray[np.float64]:
    depth, attack_s = (1.0, 0.011) if note.tongued else (0.32, 0.007)
    level = note.level * (1 - depth * np.exp(-times / attack_s))
    if note.length_s > 0.45:
        swell = np.sin(np.pi * np.clip(times / note.length_s, 0, 1))
        pulse = np.clip((times - 0.28) / 0.7, 0, 1) * np.sin(2 * np.pi * 5.1 * times + 0.6)
        level *= 0.92 + 0.12 * swell + 0.07 * pulse
    if released:
        left_s = times[-1] - times
        fade_s = min(0.12 if note.length_s > 0.6 else 0.028, note.length_s / 2)
        level *= np.clip(left_s / fade_s, 0, 1) ** 0.8
    return np.asarray(level)


def plucked(*, pitch: int, seconds: float, softness: int, random: np.random.Generator) -> Sound:
    """A string after Karplus and Strong: a burst going round a loop that dulls it each time.

    `softness` is how often the burst is smoothed first: 0 a plectrum, 6 a fingertip. The method:
    Karplus and Strong, Computer Music Journal 7/2 (1983), https://doi.org/10.2307/3680062
    """
    hertz = frequency_hz(pitch)
    period = int(SAMPLE_RATE_HZ / hertz - 0.5)
    burst = random.random(period) * 2 - 1
    for _ in range(softness):
        burst = 0.5 * (burst + np.roll(burst, 1))
    burst -= 0.7 * np.roll(burst, max(1, period // 6))  # plucked at a sixth of its length
    burst -= burst.mean()
    periods = min(int(seconds * hertz) + 2, STRING_PERIODS_MAX)
    keep = 0.5 ** (1.0 / (hertz * (0.9 - 0.25 * (pitch - 40) / 40)))  # halves in under a second
    wave = np.empty((periods, period))
    wave[0] = burst
    for number in range(1, periods):
        last = wave[number - 1]
        wave[number] = keep * (0.5 * last + 0.5 * np.roll(last, 1))
    # A loop of `period` with its half-sample filter sounds slightly off; stretch it into tune.
    flat = wave.ravel()
    ratio = hertz * (period + 0.5) / SAMPLE_RATE_HZ
    places = np.arange(int((len(flat) - 2) / ratio)) * ratio
    tuned = np.interp(places, np.arange(len(flat)), flat)
    tuned *= 1 / max(1e-9, float(np.max(np.abs(tuned))))
    fade = min(len(tuned), 2_000)
    tuned[-fade:] *= np.linspace(1, 0, fade)
    return np.asarray(tuned, dtype=np.float32)


def drone(*, tonic: int, samples: int) -> Sound:
    """Two reeds an octave and a fifth below the tune, beating slowly; it swells in and out."""
    loop_s = 8  # frequencies are rounded to an eighth of a hertz, so the loop has no seam
    times = np.arange(loop_s * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    loop = np.zeros_like(times)
    base = 48 + (tonic - 48) % 12
    for pitch, weight in ((base, 1.0), (base + 7, 0.55), (base + 12, 0.4)):
        for detune_hz in (0.0, 0.25):
            hertz = round(frequency_hz(pitch) * loop_s) / loop_s + detune_hz
            for harmonic in range(1, 8):
                part = weight / harmonic**1.35
                loop += part * np.sin(2 * np.pi * hertz * harmonic * times + harmonic)
    sound = np.resize((loop / np.max(np.abs(loop))).astype(np.float32), samples)
    ends = np.clip(np.arange(samples) / (2.2 * SAMPLE_RATE_HZ), 0, 1).astype(np.float32)
    return np.asarray(sound * ends * ends[::-1], dtype=np.float32)


def drum_stroke(*, strength: float, random: np.random.Generator) -> Sound:
    """A bodhrán struck with a stick: a skin whose pitch sinks, and the stick itself."""
    times = np.arange(int(0.34 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    hertz = 82 + 38 * strength * np.exp(-times / 0.03)
    skin = np.sin(2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE_HZ) * np.exp(-times / 0.085)
    rim = np.sin(2 * np.pi * 196 * times) * np.exp(-times / 0.035) * 0.35
    stick = (random.random(len(times)) * 2 - 1) * np.exp(-times / 0.006) * 0.22
    onset = 1 - np.exp(-times / 0.0015)
    return np.asarray(strength * onset * (skin + rim + stick), dtype=np.float32)
