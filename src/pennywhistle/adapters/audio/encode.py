"""Encoding with ffmpeg: one process per encode, watched, bounded, and its head replaced.

The same order always makes the same bytes (law 5): nothing of the machine, the clock or the source's
own metadata gets in.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import platform
import re
import zlib
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.foretold import Foretold, HeadChangedError, KnownHeads
from pennywhistle.adapters.audio.framing import ENCODED_FIRST, MUXERS, Frame, Framer, framer_for
from pennywhistle.adapters.audio.heads import AudioFacts
from pennywhistle.adapters.audio.process import Process, ProcessFailedError, Run, running
from pennywhistle.adapters.audio.ready import FILTERS, GO, MASTER, Kind, ready_encoders
from pennywhistle.adapters.storage.growing import MakeRoom, no_room, with_room
from pennywhistle.adapters.storage.working import working_below

_READ_BYTES = 256 * 1024
_FFMPEG_DECODERS = "flac,alac,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be"
_FFMPEG_INPUTS = "flac,wav,aiff,mov"
# Bytes that AAC, Opus and ffmpeg's resampler make differ between a machine with AVX2 or FMA and one
# without. Held back to this, which every x86-64 of the last fifteen years has, they do not.
_CPU_FLAGS_HELD_BACK = "sse4.2" if platform.machine() in ("x86_64", "AMD64") else "0"

# How an encoder ends that finds its disk full, or a quota used up: with the error's number, negated,
# as a byte holds it. https://ffmpeg.org/doxygen/trunk/error_8h.html
_FULL_CODES = {256 - number: number for number in (errno.ENOSPC, errno.EDQUOT)}

_STREAM = "pipe:1"
# The first option after those that hold the processor back: the one to be waited with.
_FILTER_THREADS = GO.decode()

# No encoder writes more than some kilobytes before its music.
_HEAD_BYTES_MAX = 64 * 1024
_heads = KnownHeads()
# Mono and stereo are called so by all; of more channels there are several layouts.
_ONE_LAYOUT_CHANNELS_MAX = 2
_SAMPLES_COUNTED = re.compile(r"(?<=\b(?:ss|ns))=\d+|(?<=_sample)=\d+|(?<=whole_len)=\d+")

Sink = Callable[[bytes], object]


class EncoderFailedError(RuntimeError):
    """The encoder ended badly, ran over a limit, or made other bytes than the order promised."""


@dataclass(frozen=True, slots=True)
class EncodeOrder:
    """All that an encode depends on.

    `arguments` stand between ffmpeg's input and output, `-af` and its filters first; `framing` is a
    name of `framing.MUXERS`; `facts` are those of the file to be made. `render_tags` gives what
    `adapters.tags.write` renders for that framing, the same each time: it is called when the file
    begins, so that an order that waits holds no cover. `info_kbps` is the bitrate of an MP3's Info frame. `audio_bytes` is the promised
    length without the tag block, None where none is promised; a broken promise fails the encode.
    Where it does not stream (`streams`), the encoder writes into a file below `working_folder` first.
    `cpu_flags` overrides what `holds_cpu_back` asks for and is meant for tests. `niceness`
    is that of the encoder's process, 0 where somebody waits for it.
    """

    source: Path
    arguments: tuple[str, ...]
    framing: str
    facts: AudioFacts
    render_tags: Callable[[], bytes] = field(compare=False)
    working_folder: Path
    info_kbps: int = 128
    audio_bytes: int | None = None
    streams: bool = True
    holds_cpu_back: bool = False
    cpu_flags: str | None = None
    niceness: int = 0

    @property
    def filters(self) -> str:
        """What the samples go through."""
        option, filters, *_ = self.arguments
        assert option == "-af", f"{option} stands before the filters"
        return filters

    @property
    def codec_arguments(self) -> tuple[str, ...]:
        """What is told besides the filters."""
        return self.arguments[2:]

    @property
    def tag_block(self) -> bytes:
        """The tags, rendered now."""
        return self.render_tags()

    @property
    def is_encoded_first(self) -> bool:
        """Whether the encoder's whole output is waited for."""
        return not self.streams or self.framing in ENCODED_FIRST

    @property
    def frame(self) -> Frame:
        """What goes around the encoder's output."""
        return Frame(
            framing=self.framing,
            facts=self.facts,
            tag_block=self.tag_block,
            info_kbps=self.info_kbps,
            audio_bytes=self.audio_bytes,
            was_a_file=self.is_encoded_first,
        )


@dataclass(frozen=True, slots=True)
class EncodeResult:
    """What went into the sink. `audio_bytes` is its length without the tag block: the priced size.

    `sha256` and `crc32` are of all of it. `cpu_ms` is what the encoder took, None where none ran.
    """

    size_bytes: int
    audio_bytes: int
    sha256: str
    crc32: int
    cpu_ms: int | None = field(default=None, compare=False)


def encode(order: EncodeOrder, sink: Sink, *, make_room: MakeRoom = no_room) -> EncodeResult:
    """Encode into `sink`, piece by piece as the encoder writes where the framing streams.

    Where it does not, and the disk of the working folder is full, `make_room` is asked for some and
    the encode begun anew. Raises `EncoderFailedError`, `DiskFullError`; what the sink has got until
    then is no whole file. An exception of the sink ends the encoder and passes through.
    """
    with _encoding(order, make_room) as (process, output):
        if order.is_encoded_first:
            result = pass_framed(order, output, sink)
        else:
            result = _pass_foretold(order, output, sink)
    return replace(result, cpu_ms=process.cpu_ms)


def _pass_foretold(order: EncodeOrder, output: Iterable[bytes], sink: Sink) -> EncodeResult:
    """As `pass_framed`, with the encoder's head sent ahead of it where it is known by now."""
    kind = _kind_of_head(order)
    with _telling_badness(order):
        framer = framer_for(order.frame)
    if kind and (known := _heads.find(kind)):
        try:
            return pass_framed(order, output, sink, framer=Foretold(framer, known))
        except EncoderFailedError as error:
            if isinstance(error.__cause__, HeadChangedError):
                _heads.doubt(kind)
            raise
    began = _Began(output)
    result = pass_framed(order, began, sink, framer=framer)
    if kind and framer.head_bytes and framer.head_bytes <= len(began.head):
        _heads.keep(kind, bytes(began.head[: framer.head_bytes]))
    return result


def _kind_of_head(order: EncodeOrder) -> Hashable:
    """All that the encoder's head depends on; None where a part of that is the master's to say.

    The filters count, but for their numbers of samples: they decide the layout of the channels. Of more
    than two channels a master may name several, so that must be theirs.
    """
    if order.facts.channels > _ONE_LAYOUT_CHANNELS_MAX and "channel_layout=" not in order.filters:
        return None
    form = replace(order.facts, frames=0, flac_md5="")
    return _command(order, _STREAM, waits=True), _SAMPLES_COUNTED.sub("=", order.filters), form


def pass_framed(
    order: EncodeOrder, output: Iterable[bytes], sink: Sink, *, framer: Framer | None = None
) -> EncodeResult:
    """Put head, tags and tail round what an encoder wrote, on its way into `sink`.

    `framer` is a fresh one, the order's own unless another is given. Raises `EncoderFailedError`
    where it is not what was ordered.
    """
    counted = _Counted(sink)
    with _telling_badness(order):
        framer = framer or framer_for(order.frame)
        counted(framer.start())
        for data in output:
            counted(framer.feed(data))
        counted(framer.finish())
    audio = counted.size_bytes - framer.extra_bytes
    if order.audio_bytes is not None and audio != order.audio_bytes:
        raise EncoderFailedError(
            f"{order.source.name} was to become {order.audio_bytes} bytes of {order.framing}, but "
            f"became {audio}; the master's facts or the formula of its size are wrong"
        )
    return EncodeResult(counted.size_bytes, audio, counted.sha256.hexdigest(), counted.crc32)


def measure_audio_bytes(order: EncodeOrder, *, make_room: MakeRoom = no_room) -> int:
    """The priced size of what `order` makes, by making it once and throwing it away.

    `make_room` and what is raised are those of `encode`.
    """
    return encode(replace(order, audio_bytes=None), lambda _: None, make_room=make_room).audio_bytes


@contextlib.contextmanager
def _telling_badness(order: EncodeOrder) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise EncoderFailedError(f"{order.source.name}: {error}") from error


class _Began:
    """What an encoder writes, of which the first is kept."""

    def __init__(self, output: Iterable[bytes]) -> None:
        self._output = output
        self.head = bytearray()

    def __iter__(self) -> Iterator[bytes]:
        for data in self._output:
            if len(self.head) < _HEAD_BYTES_MAX:
                self.head += data
            yield data


class _Counted:
    """A sink that counts and hashes what passes."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.size_bytes = 0
        self.sha256 = hashlib.sha256()
        self.crc32 = 0

    def __call__(self, data: bytes) -> None:
        if data:
            self.size_bytes += len(data)
            self.sha256.update(data)
            self.crc32 = zlib.crc32(data, self.crc32)
            self._sink(data)


@contextlib.contextmanager
def _encoding(order: EncodeOrder, make_room: MakeRoom) -> Iterator[tuple[Process, Iterator[bytes]]]:
    """A running encoder and its output, which is that of a file where it must be encoded first."""
    if not order.is_encoded_first:
        with _streaming(order) as process:
            yield process, _output(process, order)
        return
    with contextlib.ExitStack() as stack:

        def begin() -> Path:
            return stack.enter_context(working_below(order.working_folder))

        # What is encoded is hardly ever larger than its samples, and mostly smaller.
        roomy = partial(with_room, make_room=make_room, needed_bytes=order.facts.pcm_bytes)
        target = roomy(begin) / "audio"
        process = roomy(partial(_fill, order, target))
        file = stack.enter_context(target.open("rb"))
        yield process, iter(lambda: file.read(_READ_BYTES), b"")


def _fill(order: EncodeOrder, target: Path) -> Process:
    """The encoder, ended once all is in `target`. Raises `EncoderFailedError`, and OSError where the
    disk is full."""
    with _running(order, str(target), writes=target.parent) as process:
        try:
            for _ in _output(process, order):
                pass
        except EncoderFailedError as error:
            number = _FULL_CODES.get(process.code or 0)
            if number is None:
                raise
            raise OSError(number, "no room for what is encoded", str(target)) from error
    return process


def _command(order: EncodeOrder, target: str, *, waits: bool = False) -> tuple[str, ...]:
    """One that `waits` does so at its first option, for what `ready.py` will tell it.

    https://ffmpeg.org/ffmpeg.html#toc-Main-options, at "-/": an option's value may be in a file.
    """
    flags = order.cpu_flags or (_CPU_FLAGS_HELD_BACK if order.holds_cpu_back else None)
    return (
        *(ffmpeg_path(), "-nostdin", "-hide_banner", "-loglevel", "error", "-xerror", "-y"),
        *(("-cpuflags", flags) if flags is not None else ()),
        *(("-/filter_threads", "pipe:0") if waits else ("-filter_threads", _FILTER_THREADS)),
        *("-threads", "1"),
        *("-protocol_whitelist", "file,pipe", "-format_whitelist", _FFMPEG_INPUTS),
        *("-codec_whitelist", _FFMPEG_DECODERS),
        *("-i", f"file:{MASTER if waits else order.source}"),
        *("-map", "0:a:0", "-map_metadata", "-1", "-map_chapters", "-1"),
        *("-fflags", "+bitexact", "-flags:a", "+bitexact", "-threads", "1"),
        *(("-/af", FILTERS) if waits else ("-af", order.filters)),
        *order.codec_arguments,
        *MUXERS[order.framing],
        *("-flush_packets", "1", target),
    )


@contextlib.contextmanager
def _streaming(order: EncodeOrder) -> Iterator[Process]:
    """One that was started ahead, where somebody waits and there is one."""
    if order.niceness:
        with _running(order, _STREAM) as process:
            yield process
        return
    kind = Kind(_command(order, _STREAM, waits=True), order.working_folder)
    with ready_encoders.take(kind, master=order.source, filters=order.filters) as ready:
        if ready is not None:
            with _our_errors():
                yield ready
            return
    with _running(order, _STREAM) as process:
        yield process


@contextlib.contextmanager
def _running(order: EncodeOrder, target: str, *, writes: Path | None = None) -> Iterator[Process]:
    """An encoder process that does not outlive the block."""
    run = Run(
        command=_command(order, target),
        about=order.source.name,
        reads=(order.source,),
        writes=writes,
        niceness=order.niceness,
    )
    with _our_errors(), running(run) as process:
        yield process


@contextlib.contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
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
