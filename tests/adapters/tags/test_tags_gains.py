"""Gains as ReplayGain 2.0 and Opus write them."""

from __future__ import annotations

from dataclasses import replace

from pennywhistle.adapters.tags.texts import r128_gain, replay_gain
from pennywhistle.adapters.tags.write import tag_block
from tests.renditions import TAGS


def test_what_was_not_measured_gets_no_gain() -> None:
    assert replay_gain(None) == r128_gain(None) == ""
    silent = replace(TAGS, track_loudness_lufs=None, album_loudness_lufs=None)
    block = tag_block(tags=silent, framing="ogg-vorbis")
    assert b"_GAIN" not in block
    assert b"REFERENCE" not in block


def test_gains_stay_within_what_their_fields_can_say() -> None:
    assert r128_gain(-23.0) == "0"
    assert r128_gain(105.1) == "-32768"
    assert r128_gain(-152.0) == "32767"
    assert replay_gain(-18.0) == "+0.00 dB"
    assert replay_gain(-90.0) == "+64.00 dB"
