"""Hand a file over: who holds a signed address gets the bytes, finished or while they are made."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path

from pennywhistle.adapters.audio.encode import EncoderFailedError
from pennywhistle.adapters.storage.masters import MasterMissingError
from pennywhistle.adapters.storage.rendition_cache import (
    DiskFullError,
    Reader,
    RenditionBrokenError,
    State,
    follow,
)
from pennywhistle.flows.encode_rendition import (
    WantedRendition,
    name_rendition,
    want_rendition,
)
from pennywhistle.flows.encoders import Encoders, EncodersBusyError, Need, asker_of
from pennywhistle.flows.measures import Count, get_measures
from pennywhistle.flows.outfit import Outfit
from pennywhistle.flows.sign_address import (
    AddressExpiredError,
    AddressForgedError,
    Purpose,
    Subject,
    audition_address,
    download_address,
    preview_address,
    safe_name,
)
from pennywhistle.shop.catalogue.queries import TrackFacts, find_live_track
from pennywhistle.shop.catalogue.rules import UnknownTrackError
from pennywhistle.shop.encoding.operations import RenditionChangedError
from pennywhistle.shop.encoding.queries import (
    SIBLINGS_MAX,
    find_rendition,
    list_renditions_of_audio,
)
from pennywhistle.shop.encoding.recipes import PREVIEW_RECIPE
from pennywhistle.shop.encoding.rules import get_recipe
from pennywhistle.shop.library.queries import get_owned_file
from pennywhistle.shop.library.rules import NotInLibraryError
from pennywhistle.shop.licensing.block_queries import find_block
from pennywhistle.shop.licensing.queries import list_terms
from pennywhistle.shop.licensing.rules import Covered, TrackRef, Use, cover, open_territories

# Doors catch these without importing adapters.
__all__ = [
    "AddressExpiredError",
    "AddressForgedError",
    "Delivery",
    "DiskFullError",
    "EncoderFailedError",
    "EncodersBusyError",
    "HearingEndedError",
    "MasterMissingError",
    "NotInLibraryError",
    "RenditionBrokenError",
    "RenditionChangedError",
    "UnknownTrackError",
    "audition_address",
    "await_whole",
    "deliver_rendition",
    "download_address",
    "open_growing",
    "preview_address",
]

# How long a request waits for an encoder to begin, and for a whole file where it needs one.
START_SECONDS_MAX = 60.0
WHOLE_SECONDS_MAX = 60.0
CAUSE_SECONDS_MAX = 5.0
# How long after a look comes the next: soon at first, while somebody waits for the music to begin.
LOOK_SECONDS_FIRST, LOOK_SECONDS_MAX, LOOKS_SLOW_DOWN = 0.001, 0.05, 1.3
STARTS_MAX = 3
# Renditions whose size and hash one process remembers, so as not to ask for each part of a file.
OUTCOMES_REMEMBERED = 10_000


# Has something encoded, or joins the job that is at it; see `Encoders.start`.
Begin = Callable[[], Future[None]]


class HearingEndedError(ValueError):
    """What may not be heard before it is bought, now or there, or not so much of it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What an address stands for. `etag` is strong and quoted; `path` is set where it is whole, and
    `wanted` where it has to be made.

    `total_bytes` and `sha256`, of the whole file, are None while only encoding can tell them. `asker`
    is whom encoders count it for, and empty where that is whoever comes.
    """

    wanted: WantedRendition | None
    purpose: Purpose
    etag: str
    media_type: str
    file_name: str
    total_bytes: int | None
    path: Path | None
    sha256: str | None
    asker: str


def file_name_of(*, track: TrackFacts, extension: str) -> str:
    """`Artist - 01 Title.mp3`, safe on every system; `Artist - 2-01 Title.mp3` on several discs."""
    disc = f"{track.disc_number}-" if track.disc_total > 1 else ""
    name = f"{track.artist} - {disc}{track.track_number:02} {track.title}"
    return safe_name(name, extension=extension)


def deliver_rendition(*, subject: Subject, outfit: Outfit, now: datetime) -> Delivery:
    """What a signed token stands for, unless that is an album. Encodes nothing.

    Raises `NotInLibraryError` where the item was taken back, `UnknownTrackError` where the track is
    not in the shop any more, `HearingEndedError`, and what `want_rendition` raises.
    """
    if subject.purpose.is_hearing:
        track, asker = _heard(subject, now), ""
        recipe = get_recipe(code=subject.recipe or PREVIEW_RECIPE)
    else:
        owned = get_owned_file(item_id=subject.number)
        track, asker = owned.track, asker_of(person_id=owned.person_id)
        recipe = get_recipe(code=owned.recipe)
    excerpt = subject.excerpt
    named = name_rendition(track=track, recipe=recipe, covers=outfit.covers, excerpt=excerpt)
    path, wanted = outfit.renditions.find(**named.file), None
    get_measures().count(Count.CACHE_HITS if path else Count.CACHE_MISSES)
    if path is None:  # Looked up here, where a connection is at hand, for the encode too.
        siblings = list_renditions_of_audio(audio_key=named.audio_key)
        wanted = replace(
            want_rendition(track=track, recipe=recipe, outfit=outfit, excerpt=excerpt, named=named),
            siblings=tuple(siblings),
        )
    size_bytes, sha256 = _outcome_of(named.key, wanted)
    return Delivery(
        wanted=wanted,
        purpose=subject.purpose,
        etag=f'"{named.key}"',
        media_type=recipe.media_type,
        file_name=file_name_of(track=track, extension=recipe.extension),
        total_bytes=size_bytes,
        path=path,
        sha256=sha256,
        asker=asker,
    )


class _NeverMadeError(LookupError):
    """A rendition that was never encoded so far."""


def _outcome_of(key: str, wanted: WantedRendition | None) -> tuple[int | None, str | None]:
    """Size and SHA-256 of the whole file, as far as they can be told now."""
    promised = wanted.total_bytes if wanted else None
    siblings = wanted.siblings if wanted else None
    if siblings is not None and len(siblings) < SIBLINGS_MAX:  # These are all there are.
        made = next((each for each in siblings if each.key == key), None)
        return (made.size_bytes, made.sha256) if made else (promised, None)
    try:
        return _recorded_outcome(key)
    except _NeverMadeError:
        return promised, None


@lru_cache(maxsize=OUTCOMES_REMEMBERED)
def _recorded_outcome(key: str) -> tuple[int, str]:
    """What came out when it was first encoded, and comes out each time (law 5). One query, once."""
    row = find_rendition(key=key)
    if row is None:
        raise _NeverMadeError(key)
    return row.size_bytes, row.sha256


def _heard(subject: Subject, now: datetime) -> TrackFacts:
    """The track, if so much of it may be heard there and now: an ended licence ends hearing."""
    track = find_live_track(track_id=subject.number)
    if track is None:
        raise UnknownTrackError(f"track {subject.number} is not in the shop")
    ref = TrackRef(track.id, track.release.id, track.release.label_id)
    terms = list_terms(tracks=[ref])
    if block := find_block(track=ref, territory=subject.territory or None, instant=now):
        raise HearingEndedError(f"track {track.id} may not be heard there: {block.reference}")
    if not subject.territory:
        rights = open_territories(track=ref, use=Use.PREVIEW, instant=now, licences=terms)
        if not frozenset.intersection(*rights.values()):
            raise HearingEndedError(f"no licences let track {track.id} be heard anywhere")
        return track
    answer = cover(
        track=ref, use=Use.PREVIEW, territory=subject.territory, instant=now, licences=terms
    )
    if not isinstance(answer, Covered):
        raise HearingEndedError(f"track {track.id} may not be heard there: {answer.why}")
    allowed = answer.preview_seconds
    if allowed is not None and (subject.excerpt is None or subject.excerpt.seconds > allowed):
        raise HearingEndedError(f"{allowed} seconds of track {track.id} may be heard, and no more")
    return track


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
    begin = _begin(delivery=delivery, encoders=encoders, outfit=outfit, now=now)
    reader, job = await reader_of(wanted=_wanted(delivery), begin=begin, outfit=outfit)
    total = delivery.total_bytes
    body = follow(reader, start=start, stop=total if stop is None else stop, total=total)
    return _with_cause(body, job)


def _begin(*, delivery: Delivery, encoders: Encoders, outfit: Outfit, now: datetime) -> Begin:
    return partial(
        encoders.start,
        wanted=_wanted(delivery),
        outfit=outfit,
        now=now,
        asker=delivery.asker,
        need=Need.HEARD if delivery.purpose.is_hearing else Need.BOUGHT,
    )


def _wanted(delivery: Delivery) -> WantedRendition:
    assert delivery.wanted is not None, "this is whole: there is nothing to be made"
    return delivery.wanted


async def await_whole(
    *, delivery: Delivery, encoders: Encoders, outfit: Outfit, now: datetime
) -> Path:
    """Start the encode, or join it, and wait for the whole file.

    Raises `EncodersBusyError` also where it takes longer than `WHOLE_SECONDS_MAX`, and what
    `encode_rendition` raises.
    """
    begin = _begin(delivery=delivery, encoders=encoders, outfit=outfit, now=now)
    ends_at = time.monotonic() + WHOLE_SECONDS_MAX
    return await await_file(wanted=_wanted(delivery), begin=begin, outfit=outfit, ends_at=ends_at)


async def await_file(
    *, wanted: WantedRendition, begin: Begin, outfit: Outfit, ends_at: float
) -> Path:
    """Start the encode, or join it, in this process or in another, and wait until it is whole.

    Raises `EncodersBusyError` once the monotonic clock is past `ends_at`, what `encode_rendition`
    raises, and `RenditionBrokenError` where it broke off `STARTS_MAX` times in another process.
    """
    for _ in range(STARTS_MAX):
        reader, job = await reader_of(wanted=wanted, begin=begin, outfit=outfit)
        pauses = _pauses()
        with contextlib.closing(reader):
            # What is marked as whole has its name a moment later: the name is what is waited for.
            while (path := outfit.renditions.find(**wanted.file)) is None:
                if reader.state() is State.BROKEN:
                    await _raise_cause(job)
                    break
                if time.monotonic() > ends_at:
                    raise EncodersBusyError("this song is still being encoded; ask again shortly")
                await asyncio.sleep(next(pauses))
            else:
                return path
    raise RenditionBrokenError("the encoder did not finish; ask again")


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
    """Raise what the encode of this process failed with. It ends just after its file breaks.

    Where another process was at it, ours may still be waiting for its turn: then nothing is raised.
    """
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(job)), CAUSE_SECONDS_MAX)


async def reader_of(
    *, wanted: WantedRendition, begin: Begin, outfit: Outfit
) -> tuple[Reader, Future[None]]:
    """A reader of the file once somebody writes it, in this process or in another; and the job.

    Raises `EncodersBusyError` also after `START_SECONDS_MAX`, and what `encode_rendition` raises.
    """
    ends_at = time.monotonic() + START_SECONDS_MAX
    with outfit.renditions.bell(**wanted.file) as bell:
        job, starts, pauses = begin(), 1, _pauses()
        while True:
            bell.more.clear()
            ended = job.done()
            reader = outfit.renditions.open_reader(**wanted.file)
            if reader is not None:
                if reader.state() is not State.BROKEN:
                    return reader, job
                reader.close()
            if ended:
                job.result()
                if starts == STARTS_MAX:
                    raise RenditionBrokenError("the encoder did not finish; ask again")
                # It was at its end when it was joined, and what it made is gone from the cache again.
                job, starts = begin(), starts + 1
            if time.monotonic() > ends_at:
                raise EncodersBusyError("other songs are being encoded first; ask again shortly")
            await bell.wait_for_more(next(pauses))


def _pauses() -> Iterator[float]:
    """Seconds to wait before each further look."""
    pause = LOOK_SECONDS_FIRST
    while True:
        yield pause
        pause = min(pause * LOOKS_SLOW_DOWN, LOOK_SECONDS_MAX)
