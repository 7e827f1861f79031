"""Pack an album while it is sent: whole songs go out one after another, and the next ones encode.

A song's header carries its CRC-32, so that a song never encoded before goes out once it is whole; one
that was encoded before, and fell out of the cache, goes out while it is encoded again. Only the songs
that the asked part of the ZIP needs are encoded. Nothing is left out: where a song fails, the
transfer breaks off, and whoever asks for the rest goes on from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import zlib
from collections.abc import AsyncGenerator, Iterable
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from pennywhistle.adapters.archive.stored_zip import Placed, directory_of, header_of, place
from pennywhistle.adapters.storage.rendition_cache import (
    Reader,
    RenditionBrokenError,
    State,
    follow,
)
from pennywhistle.flows.deliver_album import (
    SUMS_NAME,
    Album,
    Enclosure,
    Made,
    read_outcome,
    sums_of,
)
from pennywhistle.flows.deliver_rendition import await_file, reader_of
from pennywhistle.flows.encode_rendition import WantedRendition, want_rendition
from pennywhistle.flows.encoders import Encoders, EncodersBusyError
from pennywhistle.flows.outfit import Outfit
from pennywhistle.shop.encoding.operations import RenditionChangedError
from pennywhistle.shop.encoding.queries import find_rendition

# Songs that are encoded ahead of the one that is sent: enough for two cores to have work always.
SONGS_AHEAD = 2
# How long a transfer that has begun waits for one song.
SONG_SECONDS_MAX = 240.0
# How long a request waits for all songs, where it cannot be answered before all sizes are known.
ALBUM_SECONDS_MAX = 60.0
_BUSY_PAUSE_SECONDS = 0.25
_PIECE_BYTES = 64 * 1024


@dataclass(slots=True)
class _Packing:
    """One transfer: what it has learned of its songs, by their place in the album.

    `needed` are those that it cannot be made without; `wanted` those that are being encoded for it,
    and no others, for each holds its cover.
    """

    album: Album
    encoders: Encoders
    outfit: Outfit
    now: datetime
    needed: list[int] = field(default_factory=list)
    made: dict[int, Made] = field(default_factory=dict)
    wanted: dict[int, WantedRendition] = field(default_factory=dict)


async def open_album(
    *,
    album: Album,
    encoders: Encoders,
    outfit: Outfit,
    now: datetime,
    start: int = 0,
    stop: int | None = None,
) -> AsyncGenerator[bytes, None]:
    """Start the encodes, and give the bytes `[start, stop)` of the ZIP as they come.

    `album.total_bytes` must be known unless the whole is asked for. Raises `EncodersBusyError`
    before the first byte; any other error comes later, and must break the connection off.
    """
    packing = _Packing(album, encoders, outfit, now, needed=_needed(album, start, stop))
    for number in packing.needed[:1]:
        if _cached(packing, number) is None:
            await _start(packing, number, ends_at=0.0)
    return _pack(packing, start, stop)


async def settle_album(*, album: Album, encoders: Encoders, outfit: Outfit, now: datetime) -> Album:
    """Have every song encoded whose size is not known; the album with all its sizes.

    Raises `EncodersBusyError` where that takes longer than `ALBUM_SECONDS_MAX`: what was encoded by
    then stays, and the next request goes on from there.
    """
    needed = [number for number, song in enumerate(album.songs) if song.size_bytes is None]
    packing = _Packing(album, encoders, outfit, now, needed=needed)
    ends_at = time.monotonic() + ALBUM_SECONDS_MAX
    songs = list(album.songs)
    for number in needed:
        made = await _made(packing, number, ends_at=ends_at)
        songs[number] = replace(songs[number], size_bytes=made.size_bytes, made=made)
    return replace(album, songs=tuple(songs))


def _needed(album: Album, start: int, stop: int | None) -> list[int]:
    """The songs that a part of the ZIP cannot be made without, in order."""
    if album.total_bytes is None:
        return list(range(len(album.songs)))
    needed, at = [], 0
    for piece in album.enclosures:
        at = place(name=piece.name, size_bytes=piece.size_bytes, header_at=at).ends_at
    for number, song in enumerate(album.songs):
        assert song.size_bytes is not None
        placed = place(name=song.name, size_bytes=song.size_bytes, header_at=at)
        header_is_asked = _overlaps(start, stop, placed.header_at, placed.data_at)
        if _overlaps(start, stop, placed.data_at, placed.ends_at) or (
            header_is_asked and song.made is None
        ):
            needed.append(number)
        at = placed.ends_at
    if stop is None or stop > at:
        # The sums and the directory tell of every song.
        missing = (n for n, song in enumerate(album.songs) if song.made is None)
        needed = sorted({*needed, *missing})
    return needed


def _overlaps(start: int, stop: int | None, first: int, last: int) -> bool:
    return start < last and (stop is None or first < stop)


def _cut(data: bytes, at: int, start: int, stop: int | None) -> bytes:
    """What of `data`, which lies at `at`, is in `[start, stop)`."""
    return data[max(0, start - at) : None if stop is None else max(0, stop - at)]


def _asked_of(placed: Placed, start: int, stop: int | None) -> tuple[int, int]:
    """What of a member's own bytes lies in `[start, stop)`, counted from its first; may be empty."""
    last = placed.size_bytes if stop is None else min(placed.size_bytes, stop - placed.data_at)
    return max(0, start - placed.data_at), last


async def _pack(packing: _Packing, start: int, stop: int | None) -> AsyncGenerator[bytes, None]:
    """The ZIP member by member; what lies outside `[start, stop)` is passed over unmade."""
    album, placed, at = packing.album, list[Placed](), 0
    for piece in album.enclosures:
        placed.append(place(name=piece.name, size_bytes=piece.size_bytes, header_at=at))
        at = placed[-1].ends_at
        for data in _enclosed(piece, placed[-1], start, stop):
            if data:  # What comes first is what an answer begins with.
                yield data
    for number, song in enumerate(album.songs):
        if stop is not None and at >= stop:
            return
        size_bytes = song.size_bytes
        if size_bytes is None:
            size_bytes = (await _made(packing, number)).size_bytes
        placed.append(place(name=song.name, size_bytes=size_bytes, header_at=at))
        at = placed[-1].ends_at
        async with aclosing(_sung(packing, number, placed[-1], start, stop)) as pieces:
            async for data in pieces:
                yield data
    if stop is None or at < stop:
        tail = await _tail(packing, placed)
        yield _cut(tail, at, start, stop)


def _enclosed(piece: Enclosure, placed: Placed, start: int, stop: int | None) -> Iterable[bytes]:
    """A member that was there from the start, with its header, as far as they are asked for."""
    header = header_of(member=placed, crc32=piece.crc32)
    yield _cut(header, placed.header_at, start, stop)
    if isinstance(piece.content, bytes):
        yield _cut(piece.content, placed.data_at, start, stop)
        return
    first, last = _asked_of(placed, start, stop)
    if first >= last:
        return
    with piece.content.open("rb") as file:
        file.seek(first)
        while first < last:
            data = file.read(min(_PIECE_BYTES, last - first))
            if not data:
                raise EOFError(f"{piece.name} ended at {first}, before {last}")
            first += len(data)
            yield data


async def _sung(
    packing: _Packing, number: int, placed: Placed, start: int, stop: int | None
) -> AsyncGenerator[bytes, None]:
    """A song with its header, as far as they are asked for."""
    if _overlaps(start, stop, placed.header_at, placed.data_at):
        made = await _made(packing, number)
        if made.size_bytes != placed.size_bytes:
            raise RenditionChangedError(
                f"{placed.name} was promised with {placed.size_bytes} bytes, and has "
                f"{made.size_bytes} as this encoder makes it; the next request is told so"
            )
        yield _cut(header_of(member=placed, crc32=made.crc32), placed.header_at, start, stop)
    first, last = _asked_of(placed, start, stop)
    if first >= last:
        return
    reader = await _reader(packing, number)
    body = follow(reader, start=first, stop=last, total=placed.size_bytes)
    async with aclosing(body):
        async for data in body:
            yield data


async def _tail(packing: _Packing, placed: list[Placed]) -> bytes:
    """`SHA256SUMS` with its header, and the directory."""
    album = packing.album
    made = [await _made(packing, number) for number in range(len(album.songs))]
    hashed = [(piece.name, piece.sha256) for piece in album.enclosures]
    hashed += [(song.name, one.sha256) for song, one in zip(album.songs, made, strict=True)]
    sums = sums_of(hashed)
    crc32 = zlib.crc32(sums)
    last = place(name=SUMS_NAME, size_bytes=len(sums), header_at=placed[-1].ends_at)
    crc32s = [piece.crc32 for piece in album.enclosures] + [one.crc32 for one in made] + [crc32]
    header = header_of(member=last, crc32=crc32)
    return header + sums + directory_of(members=[*placed, last], crc32s=crc32s)


async def _made(packing: _Packing, number: int, *, ends_at: float | None = None) -> Made:
    """What a song turned out to be: at once where it was encoded before, else once it is whole."""
    known = packing.made.get(number) or packing.album.songs[number].made
    if known is None:
        await _whole(packing, number, ends_at or time.monotonic() + SONG_SECONDS_MAX)
        known = await _recorded(packing, number)
    packing.made[number] = known
    return known


@sync_to_async(thread_sensitive=False)
def _recorded(packing: _Packing, number: int) -> Made:
    """What is on record of a song that is in the cache; where that is not enough, it is read."""
    song = packing.album.songs[number]
    close_old_connections()
    try:
        row, path = find_rendition(key=song.key), _cached(packing, number)
    finally:
        close_old_connections()
    if row is not None and row.crc32 is not None:
        return Made(row.size_bytes, row.sha256, row.crc32)
    if path is None:
        raise RenditionBrokenError(f"{song.name} was encoded, and is gone again; ask again")
    return read_outcome(path)


async def _whole(packing: _Packing, number: int, ends_at: float) -> None:
    """Wait until a song is in the cache, while the next ones are encoded too."""
    if _cached(packing, number) is None:
        wanted = await _start(packing, number, ends_at=ends_at)
        await _start_ahead(packing, number)
        begin = partial(_begin, packing, wanted)
        await await_file(wanted=wanted, begin=begin, outfit=packing.outfit, ends_at=ends_at)
        packing.wanted.pop(number, None)


async def _reader(packing: _Packing, number: int) -> Reader:
    """A reader of a song that is in the cache, or grows there."""
    key, extension = packing.album.songs[number].key, packing.album.recipe.extension
    reader = packing.outfit.renditions.open_reader(key=key, extension=extension)
    if reader is not None:
        if reader.state() is not State.BROKEN:
            await _start_ahead(packing, number)
            return reader
        reader.close()
    wanted = await _start(packing, number, ends_at=time.monotonic() + SONG_SECONDS_MAX)
    await _start_ahead(packing, number)
    begin = partial(_begin, packing, wanted)
    reader, _ = await reader_of(wanted=wanted, begin=begin, outfit=packing.outfit)
    packing.wanted.pop(number, None)
    return reader


async def _start_ahead(packing: _Packing, number: int) -> None:
    """Have the next songs encoded, if the encoders will take them now."""
    coming = [later for later in packing.needed if later > number][:SONGS_AHEAD]
    for later in coming:
        if later not in packing.wanted and _cached(packing, later) is None:
            with contextlib.suppress(EncodersBusyError):
                await _start(packing, later, ends_at=0.0)


async def _start(packing: _Packing, number: int, *, ends_at: float) -> WantedRendition:
    """Have a song encoded. Raises `EncodersBusyError` once `ends_at` is over."""
    wanted = packing.wanted.get(number) or await _want(packing, number)
    while True:
        try:
            _begin(packing, wanted)
        except EncodersBusyError:
            if time.monotonic() > ends_at:
                raise
            await asyncio.sleep(_BUSY_PAUSE_SECONDS)
        else:
            packing.wanted[number] = wanted
            return wanted


def _begin(packing: _Packing, wanted: WantedRendition) -> Future[None]:
    """What comes next counts as waited for too: its listener is there, and has one turn in all."""
    return packing.encoders.start(
        wanted=wanted, outfit=packing.outfit, now=packing.now, asker=packing.album.asker
    )


@sync_to_async(thread_sensitive=False)
def _want(packing: _Packing, number: int) -> WantedRendition:
    album, song = packing.album, packing.album.songs[number]
    wanted = want_rendition(track=song.track, recipe=album.recipe, outfit=packing.outfit)
    if wanted.key != song.key:
        raise RenditionChangedError(f"{song.name} has another cover or encoder than a moment ago")
    return wanted


def _cached(packing: _Packing, number: int) -> Path | None:
    return packing.outfit.renditions.find(
        key=packing.album.songs[number].key, extension=packing.album.recipe.extension
    )
