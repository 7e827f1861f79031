"""Sample objects of choosing and comparing, made up as those of `samples.py` are."""

from __future__ import annotations

import math
from dataclasses import replace

from pennywhistle.doors.storefront.choice_pages import (
    Chooser,
    FamilyChoice,
    HearPage,
    RecipeChoice,
    Spectrum,
)
from pennywhistle.kit.money import Money


def _euro(text: str) -> Money:
    return Money.parse(text, "EUR")


def sample_peaks(seed: int) -> bytes:
    """Peaks of a tune that is not there: phrases, breaths, and a swell towards the end."""
    pairs = bytearray()
    for i in range(1000):
        phrase = abs(math.sin(i / 125 * math.pi + seed))
        beat = 0.55 + 0.45 * abs(math.sin(i * (0.37 + seed % 5 / 40)))
        level = int(118 * (0.12 + 0.88 * phrase**0.7) * beat * (0.55 + 0.45 * i / 1000))
        pairs += bytes([(-level) & 0xFF, level])
    return bytes(pairs)


_HERE = "/release/low-tide-airs/"

CHOOSER = Chooser(
    small=(
        FamilyChoice("format-mp3", "MP3", "plays everywhere", _HERE, True, _euro("0.23")),
        FamilyChoice("format-opus", "Opus", "for your phone", _HERE, False, _euro("0.12")),
        FamilyChoice("format-aac", "AAC", "at home on Apple devices", _HERE, False, _euro("0.23")),
    ),
    every_detail=(
        FamilyChoice("format-flac", "FLAC", "for your archive", _HERE, False, _euro("1.96"), False),
        FamilyChoice("format-wav", "WAV", "for the studio, large", _HERE, False),
    ),
    family_title="MP3",
    recipes=(
        RecipeChoice(
            "mp3-128", "MP3 128", "Small, and plays everywhere.", _HERE, False, 15_430_000,
            price=_euro("0.31"),
        ),
        RecipeChoice(
            "mp3-192", "MP3 192", "Good on most speakers, and plays everywhere.", _HERE, True,
            23_150_000, price=_euro("0.46"),
        ),
        RecipeChoice(
            "mp3-v0", "MP3 V0", "Near the best MP3.", _HERE, False, 29_600_000, False,
            _euro("0.59"),
        ),
    ),
)  # fmt: skip

HEAR = HearPage(
    title="Swallowtail Jig",
    artist_name="Maeve Quill",
    release_title="Low Tide Airs",
    release_url="/release/low-tide-airs/?recipe=mp3-192",
    cover_url="",
    track_id="t1",
    url="/hear/1/?recipe=mp3-192",
    recipe_code="mp3-192",
    recipe_title="MP3 192",
    chooser=CHOOSER,
    price=_euro("0.09"),
    seconds=30,
    part_start_ms=60_000,
    part_stop_ms=90_000,
    duration_ms=187_000,
    peaks=sample_peaks(1),
    master_text="24-bit/96 kHz",
    rate_hz=96_000,
    treatment="The recording is 24-bit/96 kHz. As MP3 192 it is resampled to 48 kHz.",
    master_audio_url="/bytes/a/audition.flac",
    recipe_audio_url="/bytes/b/audition.mp3",
    fetch_bytes=6_500_000,
    proof="ab" * 32,
    spectra=(
        Spectrum("The recording itself", "/hear/1/flac/day.png", "/hear/1/flac/night.png", ""),
        Spectrum(
            "MP3 192", "/hear/1/mp3-192/day.png", "/hear/1/mp3-192/night.png",
            "It reaches up to about 19 kHz.",
        ),
    ),
    khz_ticks=("48 kHz", "36 kHz", "24 kHz", "12 kHz", "0 kHz"),
    time_ticks=("1:00", "1:08", "1:15", "1:23", "1:30"),
)  # fmt: skip
HEAR_NO_DIFFERENCE = replace(
    HEAR, recipe_title="FLAC", recipe_audio_url="", price=None, spectra=HEAR.spectra[:1]
)
