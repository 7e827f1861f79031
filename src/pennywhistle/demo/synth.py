"""A track from a tune: whoever the arrangement names plays it, and it is mixed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pennywhistle.demo import mix, voices
from pennywhistle.demo.abc import SEMITONES, parse
from pennywhistle.demo.perform import Arrangement, Backing, Performance, Pulse, perform
from pennywhistle.demo.tunes import Rhythm, Tune
from pennywhistle.demo.voices import SAMPLE_RATE_HZ, Sound

CHANNELS = 2
STRINGS_KEPT = 512  # strings remembered within one process
STROKES_KEPT = 128  # and strokes of the drum
DRUM_LEVELS = 20  # how many strengths of stroke are told apart
SLIDE_S = 0.014  # from one string of a strum to the next

# Where in the bar, counted in eighths, strings and drum are struck, and how hard.
STRUMS: dict[Rhythm, dict[int, float]] = {
    Rhythm.JIG: {0: 1.0, 2: 0.4, 3: 0.8, 5: 0.45},
    Rhythm.REEL: {0: 1.0, 2: 0.5, 3: 0.35, 4: 0.85, 6: 0.5, 7: 0.35},
    Rhythm.HORNPIPE: {0: 1.0, 2: 0.55, 4: 0.85, 6: 0.55, 7: 0.3},
    Rhythm.POLKA: {0: 0.9, 1: 0.6, 2: 0.8, 3: 0.65},
    Rhythm.WALTZ: {0: 1.0, 2: 0.5, 4: 0.5},
    Rhythm.AIR: {0: 0.9, 4: 0.6},
}
STROKES: dict[Rhythm, dict[int, float]] = {
    Rhythm.JIG: {0: 1.0, 1: 0.22, 2: 0.5, 3: 0.8, 4: 0.22, 5: 0.5},
    Rhythm.REEL: {0: 1.0, 1: 0.25, 2: 0.4, 3: 0.5, 4: 0.85, 5: 0.25, 6: 0.4, 7: 0.5},
    Rhythm.HORNPIPE: {0: 1.0, 2: 0.4, 3: 0.3, 4: 0.8, 6: 0.4, 7: 0.35},
    Rhythm.POLKA: {0: 0.8, 1: 0.5, 2: 0.9, 3: 0.5},
    Rhythm.WALTZ: {0: 0.8, 2: 0.3, 4: 0.3},
    Rhythm.AIR: {0: 0.5},
}


def render_track(
    *, tune: Tune, arrangement: Arrangement, random: np.random.Generator, bits_per_sample: int = 16
) -> bytes:
    """The tune as little-endian stereo at 44.1 kHz. The same generator, the same bytes."""
    performance = perform(
        score=parse(tune.abc), rhythm=tune.rhythm, arrangement=arrangement, random=random
    )
    samples = int(performance.length_s * SAMPLE_RATE_HZ)
    tone = voices.whistle(
        notes=performance.notes,
        transpose=arrangement.transpose,
        samples=samples,
        random=random,
    )
    stereo = mix.place(tone, pan=0.12, gain=0.22)
    send = 0.17 * tone
    for dry, wet in _accompaniment(performance, samples, random):
        stereo += dry
        send += wet
    stereo += arrangement.room * mix.in_room(send, mix.room_response(random=random))
    fade = np.clip((samples - np.arange(samples)) / (1.2 * SAMPLE_RATE_HZ), 0, 1)
    stereo *= fade.astype(np.float32)
    return mix.to_pcm(mix.finish(stereo), bits_per_sample=bits_per_sample, random=random)


def _accompaniment(
    performance: Performance, samples: int, random: np.random.Generator
) -> list[tuple[Sound, Sound]]:
    """Each player's stereo sound, and the mono that goes into the room."""
    players = {backing for pulse in performance.pulses for backing in pulse.backing}
    heard: list[tuple[Sound, Sound]] = []
    if Backing.DRONE in players:
        reeds = voices.drone(tonic=performance.tonic, samples=samples)
        heard.append((mix.place(reeds, pan=-0.05, gain=0.16), 0.06 * reeds))
    for backing, pan, gain, wet in (
        (Backing.GUITAR, -0.32, 0.41, 0.14),
        (Backing.BOUZOUKI, -0.36, 0.45, 0.14),
        (Backing.HARP, -0.18, 0.48, 0.3),
        (Backing.BODHRAN, 0.22, 0.40, 0.07),
    ):
        if backing in players:
            pulses = [pulse for pulse in performance.pulses if backing in pulse.backing]
            sound = np.zeros(samples, dtype=np.float32)
            for pulse in pulses:
                _play(sound, backing, pulse, performance.rhythm, random)
            heard.append((mix.place(sound, pan=pan, gain=gain), wet * sound))
    return heard


def _play(
    sound: Sound, backing: Backing, pulse: Pulse, rhythm: Rhythm, random: np.random.Generator
) -> None:
    feel = 1 + 0.16 * (random.random() - 0.5)
    if backing is Backing.BODHRAN:
        if strength := STROKES[rhythm].get(pulse.step):
            stroke = drum_sound(round(strength * feel * DRUM_LEVELS), int(random.random() * 3))
            _add(sound, stroke, pulse.at_s)
    elif backing is Backing.HARP:
        _play_harp(sound, pulse, rhythm, feel)
    elif strength := STRUMS[rhythm].get(pulse.step):
        _strum(sound, backing, pulse, strength * feel)


def _strum(sound: Sound, backing: Backing, pulse: Pulse, strength: float) -> None:
    softness, lowest = (3, 45) if backing is Backing.GUITAR else (1, 50)
    strings = chord_pitches(pulse.chord, lowest=lowest + 7, count=4)
    bass = chord_pitches(pulse.chord, lowest=lowest - 5, count=1)
    if pulse.last:
        strings = bass + strings
    elif pulse.step == 0 or pulse.step * 2 == pulse.steps:
        strings = bass + strings[1:]
    elif strength < 0.5:
        strings = strings[:1:-1]  # a light stroke upwards catches the thin strings only
    for number, pitch in enumerate(strings):
        spread = SLIDE_S * (3 if pulse.last else 1)
        string = string_sound(pitch, softness, 2.4 if pulse.last else 1.1)
        _add(sound, string * (strength * 0.5), pulse.at_s + number * spread)


def _play_harp(sound: Sound, pulse: Pulse, rhythm: Rhythm, feel: float) -> None:
    """Broken chords: the bass on the first beat, then upwards and back."""
    tones = chord_pitches(pulse.chord, lowest=50, count=5)
    if pulse.last:
        for number, pitch in enumerate((tones[0] - 12, *tones)):
            _add(sound, string_sound(pitch, 5, 3.0) * 0.5, pulse.at_s + number * 0.07)
        return
    if pulse.step == 0:
        _add(sound, string_sound(tones[0] - 12, 6, 2.6) * (0.75 * feel), pulse.at_s)
    climb = (0, 1, 2, 3, 4, 3, 2, 1) if pulse.steps > 6 else (0, 1, 2, 3, 2, 1)
    strength = 0.5 if pulse.step % 2 == 0 else 0.3
    if rhythm is Rhythm.WALTZ and pulse.step == 1:
        return
    string = string_sound(tones[climb[pulse.step % len(climb)]], 5, 2.2)
    _add(sound, string * (strength * feel), pulse.at_s)


def chord_pitches(name: str, *, lowest: int, count: int) -> tuple[int, ...]:
    """MIDI pitches of a chord named as in the tunebook, from its root at or above `lowest`."""
    root = SEMITONES[name[0]] + name.count("#") - name[1:].count("b")
    third = 3 if "m" in name else 4
    steps = (0, third, 7, 10) if name.endswith("7") else (0, third, 7)
    base = lowest + (root - lowest) % 12
    return tuple(base + 12 * (n // len(steps)) + steps[n % len(steps)] for n in range(count))


@lru_cache(maxsize=STRINGS_KEPT)
def string_sound(pitch: int, softness: int, seconds: float) -> Sound:
    """One string, always the same for the same arguments, so that it need be computed once."""
    random = np.random.default_rng([pitch, softness])
    return voices.plucked(pitch=pitch, seconds=seconds, softness=softness, random=random)


@lru_cache(maxsize=STROKES_KEPT)
def drum_sound(level: int, variant: int) -> Sound:
    """A stroke of the drum at `level` of DRUM_LEVELS; no two variants are quite alike."""
    random = np.random.default_rng([level, variant])
    return voices.drum_stroke(strength=level / DRUM_LEVELS, random=random)


def _add(sound: Sound, part: Sound, at_s: float) -> None:
    start = int(at_s * SAMPLE_RATE_HZ)
    room = min(len(part), len(sound) - start)
    if room > 0:
        sound[start : start + room] += part[:room]
