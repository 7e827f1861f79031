"""What is remembered of renditions: their audio, their checksums, what they cost to encode."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pennywhistle.shop.catalogue.queries import get_track
from pennywhistle.shop.encoding import queries
from pennywhistle.shop.encoding.operations import (
    NewRendition,
    RenditionChangedError,
    record_rendition,
)
from pennywhistle.shop.encoding.queries import (
    find_rendition,
    list_encode_costs,
    list_renditions_of_audio,
)
from tests.cast import NOW, Cast


@pytest.fixture
def rendition(cast: Cast) -> NewRendition:
    return NewRendition(
        key="1" * 64,
        audio_key="a" * 64,
        master_id=get_track(track_id=cast.track_ids[0]).master.id,
        recipe="mp3-192",
        encoder_version="ffmpeg n9.0.2",
        tags_digest="b" * 64,
        sha256="c" * 64,
        size_bytes=1234,
        crc32=2**32 - 1,
        cpu_ms=900,
    )


def test_the_largest_checksum_and_the_cost_are_kept(rendition: NewRendition) -> None:
    record_rendition(rendition=rendition, now=NOW)
    facts = find_rendition(key=rendition.key)
    assert facts is not None
    assert (facts.audio_key, facts.crc32, facts.cpu_ms) == ("a" * 64, 2**32 - 1, 900)


def test_what_was_not_counted_the_first_time_is_filled_in_and_never_changed(
    rendition: NewRendition,
) -> None:
    record_rendition(rendition=replace(rendition, crc32=None, cpu_ms=None), now=NOW)
    record_rendition(rendition=rendition, now=NOW)
    record_rendition(rendition=replace(rendition, crc32=1, cpu_ms=1), now=NOW)
    facts = find_rendition(key=rendition.key)
    assert facts is not None
    assert (facts.crc32, facts.cpu_ms) == (2**32 - 1, 900)


def test_other_bytes_than_before_are_refused(rendition: NewRendition) -> None:
    record_rendition(rendition=rendition, now=NOW)
    with pytest.raises(RenditionChangedError, match="keep the old file"):
        record_rendition(rendition=replace(rendition, sha256="d" * 64), now=NOW)


def test_renditions_of_the_same_audio_are_listed_newest_first(rendition: NewRendition) -> None:
    for number in (1, 2, 3):
        record_rendition(
            rendition=replace(rendition, key=str(number) * 64, tags_digest=str(number) * 64),
            now=NOW + timedelta(minutes=number),
        )
    record_rendition(rendition=replace(rendition, key="9" * 64, audio_key="e" * 64), now=NOW)
    listed = list_renditions_of_audio(audio_key="a" * 64)
    assert [facts.key[0] for facts in listed] == ["3", "2", "1"]
    assert list_renditions_of_audio(audio_key="f" * 64) == []


def test_encode_costs_are_found_by_key_however_many_are_asked_for(
    rendition: NewRendition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "KEYS_AT_ONCE", 2)
    for number in range(5):
        record_rendition(
            rendition=replace(
                rendition, key=str(number) * 64, cpu_ms=None if number == 3 else number
            ),
            now=NOW,
        )
    keys = (str(number) * 64 for number in range(7))
    assert list_encode_costs(keys=keys) == {str(n) * 64: n for n in (0, 1, 2, 4)}
