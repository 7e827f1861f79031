"""What happens to an encoder's output on its way to the file: its head is replaced by ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pennywhistle.adapters.audio.heads import (
    AudioFacts,
    aiff_head,
    flac_head,
    mp3_info_frame,
    pcm_pad,
    split_flac_head,
    wav_head,
)
from pennywhistle.adapters.audio.ogg import CommentReplacer

# A FLAC encoder's own metadata is some kilobytes of padding.
_FLAC_HEAD_BYTES_MAX = 1_000_000

# How ffmpeg is told to lay out what it writes to the pipe (or, for M4A, to a file).
MUXERS: dict[str, tuple[str, ...]] = {
    "mp3-cbr": ("-f", "mp3", "-write_xing", "0", "-id3v2_version", "0"),
    "mp3-vbr": ("-f", "mp3", "-write_xing", "0", "-id3v2_version", "0"),
    "flac": ("-f", "flac"),
    "wav": ("-f", "data"),
    "aiff": ("-f", "data"),
    "ogg-opus": ("-f", "opus"),
    "ogg-vorbis": ("-f", "ogg"),
    "m4a": ("-movflags", "+faststart", "-f", "ipod"),
}


class UnknownFramingError(LookupError):
    """A name that `MUXERS` does not hold."""


class Framer(Protocol):
    """Takes an encoder's output and gives the file's.

    `extra_bytes` are the bytes of the tag block, which the priced size leaves out.
    """

    extra_bytes: int

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

    def start(self) -> bytes:
        return self.head

    def feed(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return self.tail


class FlacFramer:
    """The encoder's metadata goes, ours comes."""

    def __init__(self, facts: AudioFacts, tag_block: bytes) -> None:
        self._facts = facts
        self._tag_block = tag_block
        self._pending: bytes | None = b""
        self.extra_bytes = len(tag_block)

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
        head = flac_head(facts=self._facts, encoder_streaminfo=streaminfo)
        frames, self._pending = self._pending[frames_at:], None
        return head + self._tag_block + frames

    def finish(self) -> bytes:
        if self._pending is not None:
            raise ValueError("the FLAC ended inside its metadata")
        return b""


class OggFramer:
    """The comment packet is replaced and the pages after it are numbered anew."""

    def __init__(self, comment_packet: bytes, headers: int) -> None:
        self._replacer = CommentReplacer(comment_packet=comment_packet, headers=headers)
        self.extra_bytes = 0

    def start(self) -> bytes:
        return b""

    def feed(self, data: bytes) -> bytes:
        passed = self._replacer.feed(data)
        self.extra_bytes = self._replacer.added_bytes
        return passed

    def finish(self) -> bytes:
        self._replacer.finish()
        return b""


def framer_for(
    *, framing: str, facts: AudioFacts, tag_block: bytes, info_kbps: int, audio_bytes: int | None
) -> Framer:
    """The framer of a framing that streams. Raises `UnknownFramingError`."""
    extra = len(tag_block)
    match framing:
        case "mp3-cbr" | "mp3-vbr":
            known = audio_bytes if framing == "mp3-cbr" else None
            info = mp3_info_frame(facts=facts, kbps=info_kbps, audio_bytes=known)
            return Wrapped(tag_block + info, b"", extra)
        case "flac":
            return FlacFramer(facts, tag_block)
        case "wav":
            head = wav_head(facts=facts, tail_bytes=extra)
            return Wrapped(head, pcm_pad(facts) + tag_block, extra)
        case "aiff":
            head = aiff_head(facts=facts, tail_bytes=extra)
            return Wrapped(head, pcm_pad(facts) + tag_block, extra)
        case "ogg-opus":
            return OggFramer(tag_block, headers=2)
        case "ogg-vorbis":
            return OggFramer(tag_block, headers=3)
        case _:
            raise UnknownFramingError(f"no streamed file is framed as {framing!r}")
