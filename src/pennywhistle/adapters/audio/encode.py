"""Encoding with ffmpeg: one process per encode, watched, bounded, and its head replaced.

The same order always makes the same bytes (law 5): nothing of the machine, the clock or the source's
own metadata gets in.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.framing import MUXERS, framer_for
from pennywhistle.adapters.audio.heads import AudioFacts
from pennywhistle.adapters.audio.m4a import M4aError, head_bytes, tag_head
from pennywhistle.adapters.audio.process import Process, ProcessFailedError, Run, running

_READ_BYTES = 256 * 1024
_FFMPEG_INPUTS = "flac,wav,w64,aiff,mov,caf"
# Bytes that AAC, Opus and ffmpeg's resampler make differ between a machine with AVX2 or FMA and one
# without. Held back to this, which every x86-64 of the last fifteen years has, they do not.
_CPU_FLAGS_HELD_BACK = "sse4.2" if platform.machine() in ("x86_64", "AMD64") else "0"

Sink = Callable[[bytes], object]


class EncoderFailedError(RuntimeError):
    """The encoder ended badly, ran over a limit, or made other bytes than the order promised."""


@dataclass(frozen=True, slots=True)
class EncodeOrder:
    """All that an encode depends on.

    `arguments` stand between ffmpeg's input and output; `framing` is a name of `framing.MUXERS`;
    `facts` are those of the file to be made. `tag_block` is what `adapters.tags.write` rendered for
    that framing. `info_kbps` is the bitrate of an MP3's Info frame. `audio_bytes` is the promised
    length without the tag block, None where none is promised; a broken promise fails the encode.
    `cpu_flags` overrides what `holds_cpu_back` asks for and is meant for tests.
    """

    source: Path
    arguments: tuple[str, ...]
    framing: str
    facts: AudioFacts
    tag_block: bytes
    working_folder: Path
    info_kbps: int = 128
    audio_bytes: int | None = None
    holds_cpu_back: bool = False
    cpu_flags: str | None = None


@dataclass(frozen=True, slots=True)
class EncodeResult:
    """What went into the sink. `audio_bytes` is its length without the tag block: the priced size."""

    size_bytes: int
    audio_bytes: int
    sha256: str


def encode(order: EncodeOrder, sink: Sink) -> EncodeResult:
    """Encode into `sink`, piece by piece as the encoder writes where the framing streams.

    Raises `EncoderFailedError`; what the sink has got until then is no whole file. An exception of
    the sink ends the encoder and passes through.
    """
    counted = _Counted(sink)
    extra = _encode_m4a(order, counted) if order.framing == "m4a" else _stream(order, counted)
    audio = counted.size_bytes - extra
    if order.audio_bytes is not None and audio != order.audio_bytes:
        raise EncoderFailedError(
            f"{order.source.name} was to become {order.audio_bytes} bytes of {order.framing}, but "
            f"became {audio}; the master's facts or the formula of its size are wrong"
        )
    return EncodeResult(counted.size_bytes, audio, counted.sha256.hexdigest())


def measure_audio_bytes(order: EncodeOrder) -> int:
    """The priced size of what `order` makes, by making it once and throwing it away.

    Raises `EncoderFailedError`.
    """
    return encode(replace(order, audio_bytes=None), lambda _: None).audio_bytes


class _Counted:
    """A sink that counts and hashes what passes."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.size_bytes = 0
        self.sha256 = hashlib.sha256()

    def __call__(self, data: bytes) -> None:
        if data:
            self.size_bytes += len(data)
            self.sha256.update(data)
            self._sink(data)


def _stream(order: EncodeOrder, sink: _Counted) -> int:
    framer = framer_for(
        framing=order.framing,
        facts=order.facts,
        tag_block=order.tag_block,
        info_kbps=order.info_kbps,
        audio_bytes=order.audio_bytes,
    )
    try:
        with _running(order, "pipe:1") as process:
            sink(framer.start())
            for data in _output(process, order):
                sink(framer.feed(data))
        sink(framer.finish())
    except ValueError as error:
        raise EncoderFailedError(f"{order.source.name}: {error}") from error
    return framer.extra_bytes


def _encode_m4a(order: EncodeOrder, sink: _Counted) -> int:
    """Encode into a file, put the tags into its head, and pass it on. Returns the tags' bytes."""
    with tempfile.TemporaryDirectory(dir=order.working_folder, prefix="encode-") as folder:
        target = Path(folder) / "audio.m4a"
        with _running(order, str(target), writes=Path(folder)) as process:
            for _ in _output(process, order):
                pass
        try:
            return _pass_tagged(target, order.tag_block, sink)
        except M4aError as error:
            raise EncoderFailedError(f"{order.source.name}: {error}") from error


def _pass_tagged(target: Path, tag_block: bytes, sink: _Counted) -> int:
    with target.open("rb") as file:
        start = file.read(_READ_BYTES)
        length = head_bytes(start)
        if length is None:
            raise M4aError("this M4A has no index")
        head = start[:length] + (file.read(length - len(start)) if length > len(start) else b"")
        tagged = tag_head(head=head, udta=tag_block)
        sink(tagged.data)
        file.seek(tagged.replaces_bytes)
        while data := file.read(_READ_BYTES):
            sink(data)
    return len(tagged.data) - tagged.untagged_bytes


def _command(order: EncodeOrder, target: str) -> list[str]:
    muxer = MUXERS[order.framing]
    flags = order.cpu_flags or (_CPU_FLAGS_HELD_BACK if order.holds_cpu_back else None)
    cpu = ["-cpuflags", flags] if flags is not None else []
    return [
        *(ffmpeg_path(), "-nostdin", "-hide_banner", "-loglevel", "error", "-xerror", "-y", *cpu),
        *("-filter_threads", "1", "-threads", "1"),
        *("-protocol_whitelist", "file,pipe", "-format_whitelist", _FFMPEG_INPUTS),
        *("-i", f"file:{order.source}"),
        *("-map", "0:a:0", "-map_metadata", "-1", "-map_chapters", "-1"),
        *("-fflags", "+bitexact", "-flags:a", "+bitexact", "-threads", "1"),
        *order.arguments,
        *muxer,
        *("-flush_packets", "1", target),
    ]


@contextlib.contextmanager
def _running(order: EncodeOrder, target: str, *, writes: Path | None = None) -> Iterator[Process]:
    """An encoder process that does not outlive the block."""
    run = Run(
        command=tuple(_command(order, target)),
        about=order.source.name,
        reads=(order.source,),
        writes=writes,
    )
    try:
        with running(run) as process:
            yield process
    except ProcessFailedError as error:
        raise EncoderFailedError(str(error)) from error


def _output(process: Process, order: EncodeOrder) -> Iterator[bytes]:
    """The encoder's output as it comes. Raises `EncoderFailedError` at a bad end."""
    yield from process.output()
    if process.code != 0:
        raise EncoderFailedError(
            f"the encoder ended with {process.code} on {order.source.name} and said: "
            f"{process.last_words or 'nothing'}"
        )
