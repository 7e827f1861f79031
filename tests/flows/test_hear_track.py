"""Which part of a song is compared, and pictures of it: drawn once, the same when drawn again."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from pennywhistle.adapters.storage.rendition_cache import heard_extension
from pennywhistle.flows import hear_track
from pennywhistle.flows.encoders import Encoders
from pennywhistle.flows.hear_track import (
    AUDITION_SECONDS,
    Palette,
    SpectrumBusyError,
    WantedSpectrum,
    audition_of,
    draw_spectrum,
    find_reach_hz,
    top_of,
    want_spectrum,
)
from pennywhistle.shop.catalogue.queries import get_track
from pennywhistle.shop.encoding.rules import Excerpt, get_recipe
from tests.cast import NOW
from tests.stocked_shop import StockedShop, stock_shop

INKS = Palette(("#ffffff", "#aaaaaa", "#555555", "#000000"))


def peaks_of(levels: list[int]) -> bytes:
    """(min, max) pairs that swing as far as the levels, 0 to 127, either way."""
    return bytes(part for level in levels for part in ((-level) & 0xFF, level))


levels = st.lists(st.integers(0, 127), max_size=300).map(peaks_of)


@given(levels, st.integers(0, 7_200_000), st.none() | st.integers(5, 3_600))
def test_a_part_lies_within_the_song_and_within_the_licence(
    peaks: bytes, duration_ms: int, seconds: int | None
) -> None:
    part = audition_of(peaks=peaks, duration_ms=duration_ms, seconds=seconds)
    assert part.seconds == min(AUDITION_SECONDS, seconds or AUDITION_SECONDS)
    assert not part.fades
    assert part.start_seconds == 0 or part.start_seconds + part.seconds <= duration_ms / 1000


@given(st.integers(0, 210), st.integers(0, 100))
def test_the_liveliest_part_is_taken(start: int, quiet: int) -> None:
    loud = [127 if start <= second < start + AUDITION_SECONDS else quiet for second in range(240)]
    part = audition_of(peaks=peaks_of(loud), duration_ms=240_000, seconds=None)
    assert part.start_seconds == start


def test_steady_noise_and_silence_are_heard_in_the_middle() -> None:
    for level in (0, 90):
        part = audition_of(peaks=peaks_of([level] * 240), duration_ms=240_000, seconds=None)
        assert part.start_seconds == (240 - AUDITION_SECONDS) // 2
    assert audition_of(peaks=b"", duration_ms=240_000, seconds=None).start_seconds == 105


@pytest.mark.parametrize(
    ("rate_hz", "top_hz"),
    [(8_000, 24_000), (44_100, 24_000), (48_000, 24_000), (96_000, 48_000), (192_000, 96_000)],
)
def test_a_picture_reaches_as_high_as_recordings_of_that_rate(rate_hz: int, top_hz: int) -> None:
    assert top_of(rate_hz=rate_hz) == top_hz


@pytest.fixture
def shop(transactional_db: None, tmp_path: Path, settings: Settings) -> StockedShop:
    """A shop whose rows the encoder's thread sees."""
    return stock_shop(tmp_path, settings)


def wanted_of(shop: StockedShop, code: str, palette: Palette = INKS) -> WantedSpectrum:
    return want_spectrum(
        track=get_track(track_id=shop.track_id),
        recipe=get_recipe(code=code),
        excerpt=Excerpt(0, AUDITION_SECONDS),
        palette=palette,
        outfit=shop.outfit,
    )


def drawn(shop: StockedShop, wanted: WantedSpectrum) -> bytes:
    encoders = Encoders(at_once=1)
    return draw_spectrum(wanted=wanted, encoders=encoders, outfit=shop.outfit, now=NOW)


def test_a_picture_is_kept_and_is_the_same_when_the_cache_was_emptied(shop: StockedShop) -> None:
    wanted = wanted_of(shop, "mp3-128")
    assert find_reach_hz(wanted=wanted, outfit=shop.outfit) is None
    first = drawn(shop, wanted)
    kept = shop.outfit.renditions.find(key=wanted.key, extension=heard_extension("png"))
    assert kept is not None
    assert wanted.clip.file["extension"] == heard_extension("mp3")
    assert kept.read_bytes() == first
    reach_hz = find_reach_hz(wanted=wanted, outfit=shop.outfit)
    assert reach_hz is not None
    kept.unlink()
    music = shop.outfit.renditions.find(**wanted.clip.file)
    assert music is not None
    music.unlink()
    assert drawn(shop, wanted) == first


def test_each_recipe_and_each_palette_has_a_picture_of_its_own(shop: StockedShop) -> None:
    night = Palette(("#000000", "#555555", "#aaaaaa", "#ffffff"))
    wanted = [wanted_of(shop, "mp3-96"), wanted_of(shop, "flac"), wanted_of(shop, "flac", night)]
    assert len({each.key for each in wanted}) == len(wanted)
    assert len({drawn(shop, each) for each in wanted}) == len(wanted)


def test_a_low_bitrate_reaches_less_high_than_the_recording(shop: StockedShop) -> None:
    reaches = []
    for code in ("mp3-96", "flac"):
        wanted = wanted_of(shop, code)
        drawn(shop, wanted)
        reaches.append(find_reach_hz(wanted=wanted, outfit=shop.outfit) or 0)
    assert reaches[0] < reaches[1]


class CountedEncoders(Encoders):
    """Encoders that count how often they were asked."""

    starts = 0

    def start(self, **asked: Any) -> Future[None]:
        self.starts += 1
        return super().start(**asked)


def test_while_another_process_encodes_the_music_nothing_is_started_again_and_again(
    shop: StockedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hear_track, "CLIP_SECONDS_MAX", 0.3)
    wanted, encoders = wanted_of(shop, "mp3-128"), CountedEncoders(at_once=1)
    at_it = shop.outfit.renditions.claim(**wanted.clip.file)
    assert at_it is not None
    with at_it, pytest.raises(SpectrumBusyError):
        draw_spectrum(wanted=wanted, encoders=encoders, outfit=shop.outfit, now=NOW)
    assert encoders.starts == 1
    monkeypatch.undo()
    assert drawn(shop, wanted)
