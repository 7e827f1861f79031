"""Heads that go out before the encoder's own: the same file, or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pennywhistle.adapters.audio import encode as encode_module
from pennywhistle.adapters.audio.encode import EncodeOrder, EncoderFailedError, encode
from pennywhistle.adapters.audio.foretold import Foretold, HeadChangedError, KnownHeads
from pennywhistle.adapters.audio.framing import framer_for
from pennywhistle.shop.encoding.rules import get_recipe
from tests.renditions import TAGS, Sample, order_for, render_master

RECIPES = ["flac", "opus-96", "vorbis-q6"]


@pytest.fixture
def heads(monkeypatch: pytest.MonkeyPatch) -> KnownHeads:
    known = KnownHeads()
    monkeypatch.setattr(encode_module, "_heads", known)
    return known


def made(order: EncodeOrder) -> list[bytes]:
    pieces: list[bytes] = []
    encode(order, pieces.append)
    return pieces


@pytest.fixture
def songs(tmp_path: Path) -> tuple[Sample, Sample]:
    return (
        render_master(tmp_path / "one.wav", frames=60_001),
        render_master(tmp_path / "two.wav", frames=150_000),
    )


@pytest.mark.parametrize("code", RECIPES)
def test_a_foretold_head_comes_first_and_makes_the_same_file(
    code: str, songs: tuple[Sample, Sample], tmp_path: Path, heads: KnownHeads
) -> None:
    one, two = (order_for(song, get_recipe(code=code), tmp_path, tags=TAGS) for song in songs)
    untold = b"".join(made(two))
    ((_, head),) = heads._heads.items()
    made(one)
    assert b"".join(made(two)) == untold
    told = Foretold(framer_for(two.frame), head).start()
    assert len(told) > len(two.tag_block) > 0
    assert untold.startswith(told)


def test_what_begins_otherwise_is_no_file_and_is_waited_for_from_then_on(
    songs: tuple[Sample, Sample], tmp_path: Path, heads: KnownHeads
) -> None:
    order = order_for(songs[0], get_recipe(code="flac"), tmp_path)
    whole = b"".join(made(order))
    ((kind, head),) = heads._heads.items()
    heads._heads[kind] = head[:8] + b"\x01" + head[9:]
    with pytest.raises(EncoderFailedError, match="began otherwise"):
        made(order)
    assert heads.find(kind) == b""
    assert b"".join(made(order)) == whole
    assert b"".join(made(order)) == whole
    assert heads.find(kind) == b""


def test_an_encoder_that_ends_within_its_head_has_made_no_file(
    songs: tuple[Sample, Sample], tmp_path: Path, heads: KnownHeads
) -> None:
    order = order_for(songs[0], get_recipe(code="flac"), tmp_path)
    made(order)
    ((_, head),) = heads._heads.items()
    framer = Foretold(framer_for(replace(order.frame, was_a_file=False)), head)
    framer.start()
    framer.feed(head[:10])
    with pytest.raises(HeadChangedError, match="ended before"):
        framer.finish()


def test_no_more_heads_are_known_than_so_many() -> None:
    known = KnownHeads(most=2)
    for kind in "abc":
        known.keep(kind, kind.encode())
    assert [known.find(kind) for kind in "abc"] == [b"", b"b", b"c"]
