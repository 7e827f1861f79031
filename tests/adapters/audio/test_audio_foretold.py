"""Heads that go out before the encoder's own: the same file, or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pennywhistle.adapters.audio import encode as encode_module
from pennywhistle.adapters.audio.encode import EncodeOrder, EncoderFailedError, encode
from pennywhistle.adapters.audio.foretold import DOUBTS_MAX, Foretold, HeadChangedError, KnownHeads
from pennywhistle.adapters.audio.framing import framer_for
from pennywhistle.adapters.storage.growing import no_room
from pennywhistle.shop.encoding.rules import get_recipe
from tests.held import bytes_within
from tests.renditions import TAGS, Sample, draw_cover, order_for, render_master, run_ffmpeg

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


def test_what_varied_is_doubted_however_many_kinds_came_since() -> None:
    known = KnownHeads(most=2)
    known.keep("a", b"a")
    known.doubt("a")
    for kind in "bcde":
        known.keep(kind, kind.encode())
    known.keep("a", b"a")
    assert known.find("a") == b""


def test_where_too_much_varied_nothing_is_told_ahead_any_more() -> None:
    known = KnownHeads()
    known.keep("good", b"good")
    for number in range(DOUBTS_MAX + 1):
        known.doubt(number)
    known.keep("good", b"good")
    assert known.find("good") == known.find(DOUBTS_MAX) == b""


def _named(song: Sample, layout: str, path: Path) -> Sample:
    """The same six channels, the last two of them named as in that layout."""
    run_ffmpeg(
        *("-i", str(song.path), "-af", f"channelmap=map=0|1|2|3|4|5:channel_layout={layout}"),
        *("-c:a", "pcm_s16le", "-bitexact", str(path)),
    )
    return replace(song, path=path)


@pytest.mark.parametrize("code", RECIPES)
def test_six_channels_have_one_head_whatever_the_last_two_are_called(
    code: str, tmp_path: Path, heads: KnownHeads
) -> None:
    song = render_master(tmp_path / "six.wav", frames=60_001, channels=6)
    for layout in ("5.1", "5.1(side)"):
        named = _named(song, layout, tmp_path / f"{layout}.wav")
        order = order_for(named, get_recipe(code=code), tmp_path)
        heads._heads.clear()
        untold = b"".join(made(order))
        assert len(heads._heads) == 1
        assert b"".join(made(order)) == untold


def test_a_layout_that_the_filters_let_through_has_no_head_told_ahead(
    tmp_path: Path, heads: KnownHeads
) -> None:
    song = render_master(tmp_path / "six.wav", frames=60_001, channels=6)
    files, told = [], order_for(song, get_recipe(code="flac"), tmp_path)
    made(told)
    for layout in ("5.1", "5.1(side)"):
        named = _named(song, layout, tmp_path / f"{layout}.wav")
        order = order_for(named, get_recipe(code="flac"), tmp_path)
        through = order.filters.partition(",channelmap=")[0]
        order = replace(order, arguments=("-af", through, *order.codec_arguments))
        files.append(b"".join(made(order)))
    assert len(heads._heads) == 1
    assert all(files)


def test_parts_of_songs_share_one_head_and_other_filters_have_their_own(
    songs: tuple[Sample, Sample], tmp_path: Path, heads: KnownHeads
) -> None:
    order = order_for(songs[0], get_recipe(code="vorbis-q6"), tmp_path)
    for cut in ("atrim=start_sample=0:end_sample=9000", "atrim=start_sample=5:end_sample=900"):
        facts = replace(order.facts, frames=900)
        filters = f"{cut},{order.filters}"
        made(replace(order, facts=facts, arguments=("-af", filters, *order.codec_arguments)))
        assert len(heads._heads) == 1
    made(order)
    assert len(heads._heads) == 2


def test_tags_are_let_go_once_they_are_given(songs: tuple[Sample, Sample], tmp_path: Path) -> None:
    cover = draw_cover()
    tags = replace(TAGS, cover=cover)
    for code in ("mp3-192", "flac", "opus-96", "vorbis-q6"):
        order = order_for(songs[0], get_recipe(code=code), tmp_path, tags=tags)
        pieces: list[bytes] = []
        framer = framer_for(order.frame)
        pieces.append(framer.start())
        with encode_module._encoding(order, no_room) as (_, output):
            pieces.extend(framer.feed(data) for data in output)
        del pieces[:]
        assert max(map(len, bytes_within(framer))) < len(cover.data) / 2, code
