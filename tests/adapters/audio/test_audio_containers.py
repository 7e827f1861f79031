"""Heads, Ogg pages and MPEG-4 boxes by themselves."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.audio.framing import Frame, UnknownFramingError, framer_for
from pennywhistle.adapters.audio.heads import (
    AudioFacts,
    HeadTooLargeError,
    aiff_head,
    mp3_info_frame,
    split_flac_head,
    wav_head,
)
from pennywhistle.adapters.audio.m4a import M4aError, head_bytes, tag_head
from pennywhistle.adapters.audio.ogg import CommentReplacer, OggError, Page, _crc32

FACTS = AudioFacts(44_100, 44_100, 16, 2, "0" * 32)


def ogg_stream(header_packets: list[bytes], audio: list[bytes]) -> bytes:
    first = Page(2, 0, 7, 0, bytes((len(header_packets[0]),)), header_packets[0])
    rest = b"".join(header_packets[1:])
    lacing = b"".join(
        bytes([255]) * (len(packet) // 255) + bytes([len(packet) % 255])
        for packet in header_packets[1:]
    )
    pages = [first, Page(0, 0, 7, 1, lacing, rest)]
    pages += [
        Page(0, 960 * (number + 1), 7, number + 2, bytes((len(body),)), body)
        for number, body in enumerate(audio)
    ]
    return b"".join(page.pack() for page in pages)


@given(
    comment=st.binary(min_size=0, max_size=200_000),
    old=st.binary(min_size=1, max_size=300),
    audio=st.lists(st.binary(min_size=1, max_size=250), min_size=1, max_size=4),
    cut=st.integers(1, 500),
)
def test_a_replaced_comment_leaves_the_audio_and_renumbers_the_pages(
    comment: bytes, old: bytes, audio: list[bytes], cut: int
) -> None:
    stream = ogg_stream([b"head", old, b"setup"], audio)
    replacer = CommentReplacer(comment_packet=comment, headers=3)
    out = b"".join(replacer.feed(stream[at : at + cut]) for at in range(0, len(stream), cut))
    replacer.finish()
    bare = CommentReplacer(comment_packet=b"", headers=3)
    assert len(out) - len(bare.feed(stream)) == replacer.added_bytes
    # Reading our own output as input again proves numbers, flags and lengths: it must not change.
    again = CommentReplacer(comment_packet=comment, headers=3)
    assert again.feed(out) == out
    assert again.added_bytes == replacer.added_bytes
    assert [out.count(body) >= stream.count(body) for body in audio]


def test_the_checksum_of_a_page_is_that_of_the_specification() -> None:
    # CRC-32/CKSUM is the same but for its inverted end, and checks as 0x765E7680.
    # https://reveng.sourceforge.io/crc-catalogue/17plus.htm
    assert _crc32(b"123456789") == 0x765E7680 ^ 0xFFFFFFFF


@pytest.mark.parametrize("broken", [b"RIFFxxxxWAVEfmt " * 4, b"OggS\x01" + bytes(40)])
def test_what_is_no_ogg_is_refused(broken: bytes) -> None:
    with pytest.raises(OggError):
        CommentReplacer(comment_packet=b"", headers=2).feed(broken)


def test_an_ogg_that_ends_early_is_refused() -> None:
    stream = ogg_stream([b"head", b"old"], [b"audio"])
    replacer = CommentReplacer(comment_packet=b"new", headers=2)
    replacer.feed(stream[:-1])
    with pytest.raises(OggError, match="ended inside a page"):
        replacer.finish()


def test_a_head_counts_what_follows_it() -> None:
    assert struct.unpack_from("<I", wav_head(facts=FACTS, tail_bytes=10), 4) == (36 + 176_400 + 10,)
    assert struct.unpack_from(">I", aiff_head(facts=FACTS, tail_bytes=10), 4) == (
        46 + 176_400 + 10,
    )


@pytest.mark.parametrize("head", [wav_head, aiff_head])
def test_more_than_a_container_can_count_is_refused(head: object) -> None:
    facts = AudioFacts(2**31, 192_000, 24, 2)
    with pytest.raises(HeadTooLargeError, match="take FLAC"):
        head(facts=facts, tail_bytes=0)  # type: ignore[operator]


@given(
    st.integers(1, 2**31),
    st.sampled_from([96, 112, 128, 160, 192, 224, 256, 320]),
    st.sampled_from([1, 2]),
)
def test_an_info_frame_is_one_frame_long(frames: int, kbps: int, channels: int) -> None:
    facts = AudioFacts(frames, 44_100, 16, channels)
    for audio_bytes in (None, 1_000_000):
        frame = mp3_info_frame(facts=facts, kbps=kbps, audio_bytes=audio_bytes)
        assert len(frame) == 144_000 * kbps // 44_100
        assert (b"Xing" in frame) == (audio_bytes is None)


def test_a_flac_head_is_waited_for_and_what_is_none_is_refused() -> None:
    whole = b"fLaC" + bytes((0x80, 0, 0, 34)) + bytes(range(34))
    assert split_flac_head(whole) == (bytes(range(34)), 42)
    assert all(split_flac_head(whole[:length]) is None for length in range(4, len(whole)))
    with pytest.raises(ValueError, match="no FLAC"):
        split_flac_head(b"RIFF")


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def m4a(offset: int, extra: bytes = b"") -> bytes:
    stco = box(b"stco", struct.pack(">III", 0, 1, offset))
    trak = box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", stco))))
    return box(b"ftyp", b"M4A ") + box(b"moov", trak + extra)


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_tags_in_an_m4a_shift_its_offsets_by_their_length(old: bytes, new: bytes) -> None:
    bare = m4a(offset=1000)
    head = m4a(offset=1000 + 8 + len(old), extra=box(b"udta", old))
    tagged = tag_head(head=head, udta=box(b"udta", new))
    assert tagged.replaces_bytes == len(head)
    assert tagged.untagged_bytes == len(bare)
    assert tagged.data == m4a(offset=1000 + 8 + len(new), extra=box(b"udta", new))


def test_an_m4a_whose_index_comes_late_is_refused() -> None:
    with pytest.raises(M4aError, match="not before its audio"):
        head_bytes(box(b"ftyp", b"M4A ") + box(b"mdat", bytes(100)))
    assert head_bytes(m4a(0)[:19]) is None
    assert head_bytes(m4a(0)) == len(m4a(0))


def test_an_unknown_framing_has_no_framer() -> None:
    with pytest.raises(UnknownFramingError, match="'cassette'"):
        framer_for(Frame(framing="cassette", facts=FACTS, tag_block=b""))
