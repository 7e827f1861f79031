"""What happens to an encoder's output on its way to the file: its head is replaced by ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pennywhistle.adapters.audio.heads import (
    AudioFacts,
    aiff_head,
    flac_frames_counted,
    flac_head,
    flac_head_as_encoded,
    mp3_info_frame,
    pcm_pad,
    split_flac_head,
    wav_head,
)
from pennywhistle.adapters.audio.m4a import HeadTagger
from pennywhistle.adapters.audio.ogg import CommentReplacer
from pennywhistle.adapters.audio.wavpack import BlockPatcher, md5_block

# A FLAC encoder's own metadata is some kilobytes of padding; in a finished file it is tags and cover.
_FLAC_HEAD_BYTES_MAX = 20_000_000

# How ffmpeg is told to lay out what it writes to the pipe, or to a file.
MUXERS: dict[str, tuple[str, ...]] = {
    "mp3-cbr": ("-f", "mp3", "-write_xing", "0", "-id3v2_version", "0"),
    "mp3-vbr": ("-f", "mp3", "-write_xing", "0", "-id3v2_version", "0"),
    "flac": ("-f", "flac"),
    "wav": ("-f", "data"),
    "aiff": ("-f", "data"),
    "wavpack": ("-f", "wv"),
    "ogg-opus": ("-f", "opus"),
    "ogg-vorbis": ("-f", "ogg"),
    "m4a": ("-movflags", "+faststart", "-f", "ipod"),
}
# What has no form on a pipe and goes through a file.
ENCODED_FIRST = frozenset({"m4a"})


class UnknownFramingError(LookupError):
    """A name that `MUXERS` does not hold."""


class Framer(Protocol):
    """Takes an encoder's output and gives the file's.

    `extra_bytes` are the bytes of the tag block, which the priced size leaves out. `head_bytes` is how
    much of the encoder's output stood before its music, None until that is known or where it is mixed.
    Tags with their cover are let go once they are given: an encode holds none for its whole length,
    unless they stand at its end.
    """

    @property
    def extra_bytes(self) -> int: ...

    @property
    def head_bytes(self) -> int | None: ...

    def start(self) -> bytes:
        """What may be sent before the encoder has said anything."""

    def feed(self, data: bytes) -> bytes:
        """What follows from `data`. ValueError where it is not what this encoder writes."""

    def finish(self) -> bytes:
        """What comes after the last of it. ValueError where something is missing."""


@dataclass(slots=True)
class Wrapped:
    """Output that passes as it is between a head and a tail."""

    head: bytes
    tail: bytes
    extra_bytes: int
    head_bytes: int | None = None

    def start(self) -> bytes:
        head, self.head = self.head, b""
        return head

    def feed(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return self.tail


class FlacFramer:
    """The encoder's metadata goes, ours comes; its STREAMINFO stays where it wrote into a file."""

    def __init__(self, facts: AudioFacts, tag_block: bytes, *, was_a_file: bool) -> None:
        self._facts = facts
        self._tag_block = tag_block
        self._was_a_file = was_a_file
        self._pending: bytes | None = b""
        self.extra_bytes = len(tag_block)
        self.head_bytes: int | None = None

    def start(self) -> bytes:
        return b""

    def feed(self, data: bytes) -> bytes:
        if self._pending is None:
            return data
        self._pending += data
        split = split_flac_head(self._pending)
        if split is None:
            if len(self._pending) > _FLAC_HEAD_BYTES_MAX:
                raise ValueError("the metadata of this FLAC does not end")
            return b""
        streaminfo, frames_at = split
        self.head_bytes = frames_at
        frames, self._pending = self._pending[frames_at:], None
        tag_block, self._tag_block = self._tag_block, b""
        return self._head(streaminfo) + tag_block + frames

    def _head(self, streaminfo: bytes) -> bytes:
        if not self._was_a_file:
            return flac_head(facts=self._facts, encoder_streaminfo=streaminfo)
        counted = flac_frames_counted(streaminfo)
        if counted != self._facts.frames:
            raise ValueError(f"{self._facts.frames} samples were to come, {counted} came")
        return flac_head_as_encoded(streaminfo)

    def finish(self) -> bytes:
        if self._pending is not None:
            raise ValueError("the FLAC ended inside its metadata")
        return b""


class OggFramer:
    """The comment packet is replaced and the pages after it are numbered anew."""

    def __init__(self, comment_packet: bytes, headers: int) -> None:
        self._replacer = CommentReplacer(comment_packet=comment_packet, headers=headers)
        self.extra_bytes = 0
        self.head_bytes: int | None = None

    def start(self) -> bytes:
        self._replacer.prepare()
        return b""

    def feed(self, data: bytes) -> bytes:
        passed = self._replacer.feed(data)
        if passed:
            self.extra_bytes = self._replacer.added_bytes
            self.head_bytes = self._replacer.header_bytes
        return passed

    def finish(self) -> bytes:
        self._replacer.finish()
        return b""


class WavpackFramer:
    """Sample counts go into the blocks; the samples' MD5, where it is known, and the tags follow."""

    def __init__(self, facts: AudioFacts, tag_block: bytes) -> None:
        md5 = facts.flac_md5
        self._patcher = BlockPatcher(frames=facts.frames, md5_follows=bool(md5))
        self._tail = (md5_block(frames=facts.frames, md5=md5) if md5 else b"") + tag_block
        self.extra_bytes = len(tag_block)
        self.head_bytes: int | None = None

    def start(self) -> bytes:
        return b""

    def feed(self, data: bytes) -> bytes:
        return self._patcher.feed(data)

    def finish(self) -> bytes:
        self._patcher.finish()
        return self._tail


class M4aFramer:
    """The tags go into the index at the head."""

    def __init__(self, facts: AudioFacts, tag_block: bytes) -> None:
        self._tagger = HeadTagger(udta=tag_block, frames=facts.frames)
        self.extra_bytes = 0
        self.head_bytes: int | None = None

    def start(self) -> bytes:
        return b""

    def feed(self, data: bytes) -> bytes:
        passed = self._tagger.feed(data)
        self.extra_bytes = self._tagger.added_bytes
        return passed

    def finish(self) -> bytes:
        self._tagger.finish()
        return b""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a framer has to know.

    `framing` is a name of `MUXERS`; `info_kbps` is the bitrate of an MP3's Info frame; `audio_bytes`
    the promised length without the tag block. `was_a_file` says that the encoder wrote into a file,
    where it could go back to its head.
    """

    framing: str
    facts: AudioFacts
    tag_block: bytes
    info_kbps: int = 128
    audio_bytes: int | None = None
    was_a_file: bool = False


def framer_for(frame: Frame) -> Framer:
    """A fresh framer. Raises `UnknownFramingError`; ValueError for what the container cannot count."""
    extra = len(frame.tag_block)
    match frame.framing:
        case "mp3-cbr" | "mp3-vbr":
            return Wrapped(frame.tag_block + info_frame(frame), b"", extra)
        case "flac":
            return FlacFramer(frame.facts, frame.tag_block, was_a_file=frame.was_a_file)
        case "wav" | "aiff":
            tail = pcm_pad(frame.facts) + frame.tag_block
            return Wrapped(pcm_head(frame), tail, extra)
        case "wavpack":
            return WavpackFramer(frame.facts, frame.tag_block)
        case "ogg-opus":
            return OggFramer(frame.tag_block, headers=2)
        case "ogg-vorbis":
            return OggFramer(frame.tag_block, headers=3)
        case "m4a":
            return M4aFramer(frame.facts, frame.tag_block)
        case _:
            raise UnknownFramingError(f"no file is framed as {frame.framing!r}")


def info_frame(frame: Frame) -> bytes:
    """The Info frame of an MP3."""
    known = frame.audio_bytes if frame.framing == "mp3-cbr" else None
    return mp3_info_frame(facts=frame.facts, kbps=frame.info_kbps, audio_bytes=known)


def pcm_head(frame: Frame) -> bytes:
    """The head of a WAV or an AIFF. Raises `HeadTooLargeError`."""
    make = wav_head if frame.framing == "wav" else aiff_head
    return make(facts=frame.facts, tail_bytes=len(frame.tag_block))
