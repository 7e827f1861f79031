"""Bytes of music over HTTP: whole or in part, from the cache or from a running encoder.

An async application of its own, mounted beside the pages. Who holds an address may fetch what it
stands for until its time is over; see `flows/deliver_rendition.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import close_old_connections
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pennywhistle.doors.delivery.bodies import GrowingBody, PartOfFile, WholeFile, after
from pennywhistle.doors.delivery.conditions import (
    AskedRange,
    UnsatisfiableRangeError,
    Verdict,
    asked_range,
    judge,
)
from pennywhistle.doors.delivery.headers import headers_of, kept_when_not_modified
from pennywhistle.doors.delivery.recent import ALBUMS_MOST, FILES_MOST, Recent, Recently
from pennywhistle.flows import deliver_rendition as flow
from pennywhistle.flows.deliver_album import Album, deliver_album
from pennywhistle.flows.deliver_rendition import Delivery
from pennywhistle.flows.encoders import asker_at, get_encoders
from pennywhistle.flows.gather_evidence import visitor_address
from pennywhistle.flows.hold_file import get_held_files
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.pack_album import open_album, settle_album
from pennywhistle.flows.sign_address import Purpose, read_token
from pennywhistle.kit.clock import utc_now

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5
# So often is a file looked up that is evicted from the cache before it could be opened.
FINDS_MAX = 3

_TROUBLE = (
    500,
    "This file cannot be sent just now. The shop has been told; what you bought stays yours.",
)

# What is said where no music can be sent: status and words.
_ANSWERS: dict[type[Exception], tuple[int, str]] = {
    flow.AddressForgedError: (
        403,
        "This address does not come from this shop. Open your library and take the link there.",
    ),
    flow.AddressExpiredError: (
        410,
        "The time of this link is over. Open your library and take a fresh one.",
    ),
    flow.NotInLibraryError: (410, "This is no longer in the library that the link was made for."),
    flow.HearingEndedError: (410, "This may not be heard here any more."),
    flow.UnknownTrackError: (410, "This song is not in the shop any more."),
    flow.EncodersBusyError: (503, "Many songs are being made right now. Try again in a moment."),
    flow.RenditionBrokenError: (503, "Making this file broke off. Try again in a moment."),
    flow.DiskFullError: (
        503,
        "The shop has no room to make this file just now. Try again in a moment.",
    ),
    flow.EncoderFailedError: _TROUBLE,
    flow.MasterMissingError: _TROUBLE,
    flow.RenditionChangedError: _TROUBLE,
}
_FORESEEN = tuple(_ANSWERS)

_files = Recently[Recent](most=FILES_MOST)
_albums = Recently[Album](most=ALBUMS_MOST)


async def send_bytes(request: Request) -> Response:
    """GET and HEAD of `/bytes/<token>/<any name>`."""
    now, token = utc_now(), request.path_params["token"]
    is_part = "range" in request.headers
    if is_part and (recent := _files.find(token=token, now=now)):
        try:
            return _answer_from_file(request, recent)
        except FileNotFoundError:  # Evicted since. It will be encoded again.
            _files.forget(token=token)
    if is_part and (album := _albums.find(token=token, now=now)):
        try:
            return await _answer_growing(request, album, now)
        except (FileNotFoundError, flow.RenditionChangedError):  # Corrected since.
            _albums.forget(token=token)
    for _ in range(FINDS_MAX):
        # A thread of the loop's own: Django's way to one costs a request a fifth of a millisecond.
        found = await asyncio.get_running_loop().run_in_executor(None, _find, token, now)
        if isinstance(found, Album):
            if is_part:
                _albums.keep(token=token, found=found, now=now)
            return await _answer_growing(request, found, now)
        if found.path is None:
            return await _answer_growing(request, found, now)
        with suppress(FileNotFoundError):  # Evicted since, though it is asked for just now.
            recent = Recent(found.etag, headers_of(found), found.path, found.path.stat().st_size)
            _files.keep(token=token, found=recent, now=now)
            return _answer_from_file(request, recent)
    raise flow.RenditionBrokenError("the file was evicted again and again; ask again")


def _answer_from_file(request: Request, recent: Recent) -> Response:
    """What a finished file answers. Raises FileNotFoundError where it is gone by now."""
    refusal = _judged(request, recent.etag, recent.headers)
    if refusal is not None:
        return refusal
    if request.method == "HEAD":
        return _head_only(recent.headers, recent.total)
    if settings.ACCEL_PREFIX and "if-match" not in request.headers:
        # The front server answers ranges too, by our ETag. Of If-Match it knows nothing.
        recent.path.stat()  # What is gone, it could only say was not found.
        return _handed_over(recent)
    asked = asked_range(request.headers, etag=recent.etag)
    if asked is None:
        return WholeFile(
            recent.path, total=recent.total, headers=recent.headers, held=get_held_files()
        )
    try:
        start, stop = asked.of(recent.total)
    except UnsatisfiableRangeError:
        return _beyond(recent.headers, recent.total)
    headers = {**recent.headers, "content-range": f"bytes {start}-{stop - 1}/{recent.total}"}
    return PartOfFile(recent.path, start=start, stop=stop, headers=headers)


async def _answer_growing(request: Request, found: Delivery | Album, now: datetime) -> Response:
    """What is not there as a file yet, or never will be."""
    headers = headers_of(found)
    refusal = _judged(request, found.etag, headers)
    if refusal is not None:
        return refusal
    if request.method == "HEAD":
        return _head_only(headers, found.total_bytes)
    if not found.asker:
        found = replace(found, asker=asker_at(address=_address_of(request)))
    # A front server passes it on as it comes.
    headers["x-accel-buffering"] = "no"
    asked = asked_range(request.headers, etag=found.etag)
    # Who asks from the first byte on gets the stream: the length of a part could not be told yet.
    if asked is not None and (found.total_bytes is not None or not asked.is_whole):
        if found.total_bytes is None:
            # Where the file ends is known only once it is whole.
            found = await _settled(found, now)
            if isinstance(found, Album):
                _albums.keep(token=request.path_params["token"], found=found, now=now)
        return await _send_part(found, asked, headers, now)
    body = await _growing(found, now)
    if found.total_bytes is not None:
        headers["content-length"] = str(found.total_bytes)
    return GrowingBody(body, headers=headers, foreseen=_FORESEEN)


async def _send_part(
    found: Delivery | Album, asked: AskedRange, headers: dict[str, str], now: datetime
) -> Response:
    total = found.total_bytes
    assert total is not None
    try:
        start, stop = asked.of(total)
    except UnsatisfiableRangeError:
        return _beyond(headers, total)
    headers["content-range"] = f"bytes {start}-{stop - 1}/{total}"
    if not isinstance(found, Album) and found.path is not None:
        with suppress(FileNotFoundError):  # Evicted as soon as it was whole: encoded again.
            return PartOfFile(found.path, start=start, stop=stop, headers=headers)
    headers["content-length"] = str(stop - start)
    body = await _growing(found, now, start=start, stop=stop)
    return GrowingBody(body, 206, headers=headers, foreseen=_FORESEEN)


async def _settled(found: Delivery | Album, now: datetime) -> Delivery | Album:
    """The same with its length."""
    encoders, outfit = get_encoders(), get_outfit()
    if isinstance(found, Album):
        return await settle_album(album=found, encoders=encoders, outfit=outfit, now=now)
    path = await flow.await_whole(delivery=found, encoders=encoders, outfit=outfit, now=now)
    return replace(found, path=path, total_bytes=path.stat().st_size)


async def _growing(
    found: Delivery | Album, now: datetime, *, start: int = 0, stop: int | None = None
) -> AsyncGenerator[bytes, None]:
    """The growing file, its first bytes being there already: until then, errors have a status."""
    encoders, outfit = get_encoders(), get_outfit()
    if isinstance(found, Album):
        body = await open_album(
            album=found, encoders=encoders, outfit=outfit, now=now, start=start, stop=stop
        )
    else:
        body = await flow.open_growing(
            delivery=found, encoders=encoders, outfit=outfit, now=now, start=start, stop=stop
        )
    first = await anext(body, b"")
    return after(first, body)


def _judged(request: Request, etag: str, headers: dict[str, str]) -> Response | None:
    """The answer where the request's conditions ask for no file."""
    verdict = judge(request.headers, etag=etag)
    if verdict is Verdict.NOT_MODIFIED:
        return Response(status_code=304, headers=kept_when_not_modified(headers))
    if verdict is Verdict.FAILED:
        return PlainTextResponse("This file has changed.", 412)
    return None


def _head_only(headers: dict[str, str], total: int | None) -> Response:
    response = Response(headers=headers)
    del response.headers["content-length"]  # Of the body that a HEAD does not have.
    if total is not None:
        response.headers["content-length"] = str(total)
    return response


def _beyond(headers: dict[str, str], total: int) -> Response:
    kept = {name: headers[name] for name in ("etag", "accept-ranges", "x-content-type-options")}
    kept["content-range"] = f"bytes */{total}"
    return PlainTextResponse("The file ends before that.", 416, headers=kept)


def _handed_over(recent: Recent) -> Response:
    headers = {name: value for name, value in recent.headers.items() if name != "accept-ranges"}
    place = f"{recent.path.parent.name}/{recent.path.name}"
    headers["x-accel-redirect"] = settings.ACCEL_PREFIX + place
    return Response(headers=headers)


def _address_of(request: Request) -> str:
    return visitor_address(
        nearest=request.client.host if request.client else "",
        forwarded_for=request.headers.get("x-forwarded-for", ""),
        trusted=settings.TRUSTED_PROXIES,
    )


async def _apology(_: Request, error: Exception) -> Response:
    status, words = _ANSWERS.get(type(error), _TROUBLE)
    headers = {"cache-control": "no-store"}
    if status == 503:
        seconds = getattr(error, "retry_after_seconds", RETRY_AFTER_SECONDS)
        headers["retry-after"] = str(seconds)
    if isinstance(error, flow.EncodersBusyError):
        log.warning("a delivery was put off: %s", error)
    elif status >= 500:
        log.error("a delivery failed: %s", error, exc_info=error)
    return PlainTextResponse(words + "\n", status, headers=headers)


def _find(token: str, now: datetime) -> Delivery | Album:
    subject = read_token(token=token, now=now)
    close_old_connections()
    try:
        if subject.purpose is Purpose.ALBUM:
            return deliver_album(subject=subject, outfit=get_outfit(), now=now)
        return flow.deliver_rendition(subject=subject, outfit=get_outfit(), now=now)
    finally:
        close_old_connections()


app = Starlette(
    routes=[Route("/{token}/{name}", send_bytes, methods=["GET", "HEAD"])],
    exception_handlers=dict.fromkeys((*_ANSWERS, Exception), _apology),
)
