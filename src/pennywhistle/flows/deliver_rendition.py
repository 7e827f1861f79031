"""Hand a file over: who holds a signed address gets the bytes, finished or while they are made."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from django.core import signing

from pennywhistle.adapters.audio.encode import EncoderFailedError
from pennywhistle.adapters.storage.masters import MasterMissingError
from pennywhistle.adapters.storage.rendition_cache import (
    Reader,
    RenditionBrokenError,
    State,
    follow,
)
from pennywhistle.flows.encode_rendition import WantedRendition, want_rendition
from pennywhistle.flows.encoders import Encoders, EncodersBusyError
from pennywhistle.flows.outfit import Outfit
from pennywhistle.shop.catalogue.queries import TrackFacts, find_live_track
from pennywhistle.shop.catalogue.rules import UnknownTrackError
from pennywhistle.shop.encoding.operations import RenditionChangedError
from pennywhistle.shop.encoding.recipes import PREVIEW_RECIPE
from pennywhistle.shop.encoding.rules import (
    PREVIEW_SECONDS,
    Excerpt,
    SizeNotMeasuredError,
    get_recipe,
)
from pennywhistle.shop.library.queries import get_owned
from pennywhistle.shop.library.rules import NotInLibraryError

# Doors catch these without importing adapters.
__all__ = [
    "AddressExpiredError",
    "AddressForgedError",
    "Delivery",
    "EncoderFailedError",
    "EncodersBusyError",
    "MasterMissingError",
    "NotInLibraryError",
    "RenditionBrokenError",
    "RenditionChangedError",
    "SizeNotMeasuredError",
    "UnknownTrackError",
    "await_whole",
    "deliver_rendition",
    "download_address",
    "open_growing",
    "preview_address",
]

# Where the delivery door is mounted.
BYTES_PATH = "/bytes"
# How long a handed-out address works, at least: long enough to resume tomorrow morning.
DOWNLOAD_ADDRESS_LASTS = timedelta(hours=24)
PREVIEW_ADDRESS_LASTS = timedelta(hours=6)
# Addresses end on whole hours, so that the same one is given out for an hour and may be cached.
_ROUNDED_TO_SECONDS = 3600
_SALT = "pennywhistle.bytes"

# How long a request waits for an encoder to begin, and for a whole file where it needs one.
START_SECONDS_MAX = 60.0
WHOLE_SECONDS_MAX = 60.0
CAUSE_SECONDS_MAX = 5.0
LOOK_SECONDS = 0.002

# As long as file systems take, in UTF-8, with room for an extension.
FILE_NAME_BYTES_MAX = 240
_NOT_IN_FILE_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


class AddressForgedError(ValueError):
    """An address that this store did not sign, or that was changed since."""


class AddressExpiredError(ValueError):
    """An address whose time is over."""


class Purpose(StrEnum):
    """What an address gives: a thing in a library, or a track's preview."""

    DOWNLOAD = "d"
    PREVIEW = "p"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What an address stands for. `etag` is strong and quoted; `path` is set where it is whole.

    `total_bytes` is None while it can be known only by encoding.
    """

    wanted: WantedRendition
    purpose: Purpose
    etag: str
    media_type: str
    file_name: str
    total_bytes: int | None
    path: Path | None


def download_address(*, item_id: int, file_name: str, now: datetime) -> str:
    """The address of a library item's file, for its owner only: it needs no sign-in.

    `file_name` is what the browser shows; see `file_name_of`.
    """
    token = _sign(Purpose.DOWNLOAD, item_id, now + DOWNLOAD_ADDRESS_LASTS)
    return f"{BYTES_PATH}/{token}/{quote(file_name)}"


def preview_address(*, track_id: int, now: datetime) -> str:
    """The address of a track's preview, for whoever may hear it: coverage is the caller's to ask."""
    token = _sign(Purpose.PREVIEW, track_id, now + PREVIEW_ADDRESS_LASTS)
    return f"{BYTES_PATH}/{token}/preview.mp3"


def file_name_of(*, track: TrackFacts, extension: str) -> str:
    """`Artist - 01 Title.mp3`, safe on every system; `Artist - 2-01 Title.mp3` on several discs."""
    disc = f"{track.disc_number}-" if track.disc_total > 1 else ""
    name = f"{track.artist} - {disc}{track.track_number:02} {track.title}"
    name = _NOT_IN_FILE_NAMES.sub("_", name).strip(" .")
    short = name.encode()[: FILE_NAME_BYTES_MAX - len(extension) - 1].decode(errors="ignore")
    return f"{short.rstrip(' .')}.{extension}"


def deliver_rendition(*, token: str, outfit: Outfit, now: datetime) -> Delivery:
    """What a signed token stands for. Encodes nothing.

    Raises `AddressForgedError`, `AddressExpiredError`, `NotInLibraryError` where the item was taken
    back, `UnknownTrackError` where the track is not in the shop any more, and what
    `want_rendition` raises.
    """
    purpose, number = _read(token, now)
    excerpt: Excerpt | None = None
    if purpose is Purpose.DOWNLOAD:
        owned = get_owned(item_id=number)
        track, recipe = owned.track, get_recipe(code=owned.recipe)
    else:
        found = find_live_track(track_id=number)
        if found is None:
            raise UnknownTrackError(f"track {number} is not in the shop")
        track, recipe = found, get_recipe(code=PREVIEW_RECIPE)
        excerpt = Excerpt(start_seconds=0, seconds=PREVIEW_SECONDS, fades=True)
    wanted = want_rendition(track=track, recipe=recipe, outfit=outfit, excerpt=excerpt)
    path = outfit.renditions.find(**wanted.file)
    return Delivery(
        wanted=wanted,
        purpose=purpose,
        etag=f'"{wanted.key}"',
        media_type=recipe.media_type,
        file_name=file_name_of(track=track, extension=recipe.extension),
        total_bytes=path.stat().st_size if path else wanted.total_bytes,
        path=path,
    )


async def open_growing(
    *,
    delivery: Delivery,
    encoders: Encoders,
    outfit: Outfit,
    now: datetime,
    start: int = 0,
    stop: int | None = None,
) -> AsyncGenerator[bytes, None]:
    """Start the encode, or join it, and give the bytes `[start, stop)` as they come.

    Raises `EncodersBusyError`; what `encode_rendition` raises where it failed before a byte was
    there; and `RenditionBrokenError` later, which must break the connection off.
    """
    job = encoders.start(wanted=delivery.wanted, outfit=outfit, now=now)
    reader = await _reader_of(delivery.wanted, outfit, job)
    total = delivery.total_bytes
    body = follow(reader, start=start, stop=total if stop is None else stop, total=total)
    return _with_cause(body, job)


async def await_whole(
    *, delivery: Delivery, encoders: Encoders, outfit: Outfit, now: datetime
) -> Path:
    """Start the encode, or join it, and wait for the whole file.

    Raises `EncodersBusyError` also where it takes longer than `WHOLE_SECONDS_MAX`, and what
    `encode_rendition` raises.
    """
    job = encoders.start(wanted=delivery.wanted, outfit=outfit, now=now)
    ends_at = time.monotonic() + WHOLE_SECONDS_MAX
    reader = await _reader_of(delivery.wanted, outfit, job)
    try:
        # What is marked as whole has its name a moment later: the name is what is waited for.
        while (path := outfit.renditions.find(**delivery.wanted.file)) is None:
            if reader.state() is State.BROKEN:
                await _raise_cause(job)
                raise RenditionBrokenError("the encoder did not finish; ask again")
            if time.monotonic() > ends_at:
                raise EncodersBusyError("this song is still being encoded; ask again shortly")
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        reader.close()
    return path


async def _with_cause(
    body: AsyncGenerator[bytes, None], job: Future[None]
) -> AsyncGenerator[bytes, None]:
    """`body`, which breaks with the encode's own error where that ran in this process."""
    try:
        async with aclosing(body):
            async for piece in body:
                yield piece
    except RenditionBrokenError:
        await _raise_cause(job)
        raise


async def _raise_cause(job: Future[None]) -> None:
    """Raise what the encode of this process failed with. It ends just after its file breaks."""
    await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(job)), CAUSE_SECONDS_MAX)


async def _reader_of(wanted: WantedRendition, outfit: Outfit, job: Future[None]) -> Reader:
    """A reader of the file once somebody writes it, in this process or in another."""
    ends_at = time.monotonic() + START_SECONDS_MAX
    while True:
        ended = job.done()
        reader = outfit.renditions.open_reader(**wanted.file)
        if reader is not None:
            if reader.state() is not State.BROKEN:
                return reader
            reader.close()
        if ended:
            job.result()
            raise RenditionBrokenError("the encoder did not finish; ask again")
        if time.monotonic() > ends_at:
            raise EncodersBusyError("other songs are being encoded first; ask again shortly")
        await asyncio.sleep(LOOK_SECONDS)


def _sign(purpose: Purpose, number: int, ends_at: datetime) -> str:
    rounded = -(-int(ends_at.timestamp()) // _ROUNDED_TO_SECONDS)
    return signing.Signer(salt=_SALT).sign(f"{purpose.value}.{number}.{rounded}")


def _read(token: str, now: datetime) -> tuple[Purpose, int]:
    try:
        purpose, number, rounded = signing.Signer(salt=_SALT).unsign(token).split(".")
        ends_at = datetime.fromtimestamp(int(rounded) * _ROUNDED_TO_SECONDS, UTC)
        read = Purpose(purpose), int(number)
    except (signing.BadSignature, ValueError) as error:
        raise AddressForgedError("this address was not made by this store") from error
    if now >= ends_at:
        raise AddressExpiredError("the time of this address is over")
    return read
