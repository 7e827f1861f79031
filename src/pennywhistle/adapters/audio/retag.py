"""Other tags for audio that is encoded already: a new file from a finished one, without an encoder.

What the encoder once wrote is taken out of the finished file and framed anew, as `encode` would. So
the bytes are those of a fresh encode.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pennywhistle.adapters.audio.encode import (
    EncodeOrder,
    EncodeResult,
    EncoderFailedError,
    Sink,
    pass_framed,
)
from pennywhistle.adapters.audio.framing import info_frame, pcm_head

_READ_BYTES = 256 * 1024
_ID3_HEAD_BYTES = 10


def retag(order: EncodeOrder, source_file: Path | BinaryIO, sink: Sink) -> EncodeResult:
    """Make what `order` asks for out of `source_file`, which has the same audio and other tags.

    The caller knows that the audio is the same; `order.source` is not read. An open file is read
    from its start and left open. Raises `EncoderFailedError` where it has another form, with what
    the sink has got until then being no whole file, and OSError.
    """
    if isinstance(source_file, Path):
        with source_file.open("rb") as file:
            return retag(order, file, sink)
    source_file.seek(0)
    return pass_framed(order, _encoder_output(order, source_file), sink)


def _encoder_output(order: EncodeOrder, file: BinaryIO) -> Iterator[bytes]:
    """What the encoder wrote. Framers that read as they write skip old tags by themselves."""
    match order.framing:
        case "mp3-cbr" | "mp3-vbr":
            _skip_id3(file)
            _skip(file, info_frame(order.frame), "the Info frame")
            return _pieces(file)
        case "wav" | "aiff":
            # Its length field counts the old tags too.
            file.seek(len(pcm_head(order.frame)))
            return _pieces(file, order.facts.pcm_bytes)
        case _:
            return _pieces(file)


def _skip_id3(file: BinaryIO) -> None:
    """https://id3.org/id3v2.4.0-structure"""
    head = file.read(_ID3_HEAD_BYTES)
    if not head.startswith(b"ID3") or len(head) < _ID3_HEAD_BYTES:
        file.seek(0)
        return
    length = 0
    for byte in head[6:]:
        length = length << 7 | byte & 0x7F
    file.seek(_ID3_HEAD_BYTES + length)


def _skip(file: BinaryIO, expected: bytes, what: str) -> None:
    if file.read(len(expected)) != expected:
        raise EncoderFailedError(f"a file that was to be tagged anew lacks {what} of its audio")


def _pieces(file: BinaryIO, length: int | None = None) -> Iterator[bytes]:
    """The rest of the file, or `length` bytes of it."""
    while length is None or length > 0:
        data = file.read(_READ_BYTES if length is None else min(_READ_BYTES, length))
        if not data:
            break
        yield data
        length = None if length is None else length - len(data)
    if length:
        raise EncoderFailedError(f"a file that was to be tagged anew ends {length} bytes early")
