"""Bytes of music over HTTP: whole or in part, from the cache or from a running encoder.

An async application of its own, mounted beside the pages. Who holds an address may fetch what it
stands for until its time is over; see `flows/deliver_rendition.py`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncGenerator
from datetime import datetime
from functools import cache
from unicodedata import combining, normalize
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pennywhistle.doors.delivery.bodies import MusicResponse, after, part_of
from pennywhistle.doors.delivery.conditions import (
    AskedRange,
    UnsatisfiableRangeError,
    Verdict,
    asked_range,
    judge,
)
from pennywhistle.flows import deliver_rendition as flow
from pennywhistle.flows.deliver_rendition import Delivery
from pennywhistle.flows.encoders import Encoders
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.sign_address import Purpose, read_token
from pennywhistle.kit.clock import utc_now

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5

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
    flow.EncoderFailedError: _TROUBLE,
    flow.MasterMissingError: _TROUBLE,
    flow.RenditionChangedError: _TROUBLE,
    flow.SizeNotMeasuredError: _TROUBLE,
}


async def send_rendition(request: Request) -> Response:
    """GET and HEAD of `/bytes/<token>/<any name>`."""
    now = utc_now()
    delivery = await _find(request.path_params["token"], now)
    headers = _headers(delivery)
    verdict = judge(request.headers, etag=delivery.etag)
    if verdict is Verdict.NOT_MODIFIED:
        return Response(status_code=304, headers=_kept_when_not_modified(headers))
    if verdict is Verdict.FAILED:
        return PlainTextResponse("This file has changed.", 412)
    if request.method == "HEAD":
        return _head_only(delivery, headers)
    asked = asked_range(request.headers, etag=delivery.etag)
    if asked is not None:
        return await _send_part(delivery, asked, headers, now)
    return await _send_whole(delivery, headers, now)


def _head_only(delivery: Delivery, headers: dict[str, str]) -> Response:
    response = Response(headers=headers, media_type=delivery.media_type)
    del response.headers["content-length"]  # Of the body that a HEAD does not have.
    if delivery.total_bytes is not None:
        response.headers["content-length"] = str(delivery.total_bytes)
    return response


async def _send_whole(delivery: Delivery, headers: dict[str, str], now: datetime) -> Response:
    if delivery.path is not None:
        return _Finished(delivery.path, headers=headers, media_type=delivery.media_type)
    body = await _growing(delivery, now)
    if delivery.total_bytes is not None:
        headers["content-length"] = str(delivery.total_bytes)
    return MusicResponse(body, headers=headers, media_type=delivery.media_type)


async def _send_part(
    delivery: Delivery, asked: AskedRange, headers: dict[str, str], now: datetime
) -> Response:
    total, path = delivery.total_bytes, delivery.path
    if total is None:
        # Where the file ends is known only once it is whole.
        path = await flow.await_whole(
            delivery=delivery, encoders=_encoders(), outfit=get_outfit(), now=now
        )
        total = path.stat().st_size
    try:
        start, stop = asked.of(total)
    except UnsatisfiableRangeError:
        headers["content-range"] = f"bytes */{total}"
        return PlainTextResponse("The file ends before that.", 416, headers=headers)
    headers["content-range"] = f"bytes {start}-{stop - 1}/{total}"
    headers["content-length"] = str(stop - start)
    body = (
        await _growing(delivery, now, start=start, stop=stop)
        if path is None
        else part_of(path, start=start, stop=stop)
    )
    return MusicResponse(body, 206, headers=headers, media_type=delivery.media_type)


async def _growing(
    delivery: Delivery, now: datetime, *, start: int = 0, stop: int | None = None
) -> AsyncGenerator[bytes, None]:
    """The growing file, its first bytes being there already: until then, errors have a status."""
    body = await flow.open_growing(
        delivery=delivery,
        encoders=_encoders(),
        outfit=get_outfit(),
        now=now,
        start=start,
        stop=stop,
    )
    first = await anext(body, b"")
    return after(first, body)


class _Finished(FileResponse):
    """A finished file from its first byte, sent by the server below Python where it can.

    Ranges are answered before it comes to this, by our own ETag; so they are hidden from it, as
    are the ETag and the date which it would make of time and size.
    """

    def set_stat_headers(self, stat_result: os.stat_result) -> None:
        """The length alone."""
        self.headers.setdefault("content-length", str(stat_result.st_size))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the whole file."""
        asked = [pair for pair in scope["headers"] if pair[0] not in (b"range", b"if-range")]
        await super().__call__({**scope, "headers": asked}, receive, send)


def _headers(delivery: Delivery) -> dict[str, str]:
    kind = "attachment" if delivery.purpose is Purpose.DOWNLOAD else "inline"
    return {
        "etag": delivery.etag,
        "accept-ranges": "bytes",
        # The address is a secret of one listener; the bytes behind it never change.
        "cache-control": "private, max-age=3600, no-transform",
        "content-disposition": f"{kind}; {_disposition_name(delivery.file_name)}",
        "x-content-type-options": "nosniff",
    }


def _kept_when_not_modified(headers: dict[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in ("etag", "cache-control")}


def _disposition_name(name: str) -> str:
    """A plain name for old programs, and the true one.

    https://www.rfc-editor.org/rfc/rfc6266#section-4.3 and https://www.rfc-editor.org/rfc/rfc8187
    """
    bare = "".join(letter for letter in normalize("NFKD", name) if not combining(letter))
    plain = bare.encode("ascii", "replace").decode().replace("?", "_")
    if plain == name:
        return f'filename="{name}"'
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _apology(_: Request, error: Exception) -> Response:
    status, words = _ANSWERS.get(type(error), _TROUBLE)
    headers = {"cache-control": "no-store"}
    if status == 503:
        headers["retry-after"] = str(RETRY_AFTER_SECONDS)
    if status >= 500:
        log.error("a delivery failed: %s", error, exc_info=error)
    return PlainTextResponse(words + "\n", status, headers=headers)


@cache
def _encoders() -> Encoders:
    """The encoders of this process."""
    return Encoders(at_once=settings.ENCODERS_MAX)


@sync_to_async(thread_sensitive=False)
def _find(token: str, now: datetime) -> Delivery:
    close_old_connections()
    try:
        subject = read_token(token=token, now=now)
        return flow.deliver_rendition(subject=subject, outfit=get_outfit(), now=now)
    finally:
        close_old_connections()


app = Starlette(
    routes=[Route("/{token}/{name}", send_rendition, methods=["GET", "HEAD"])],
    exception_handlers=dict.fromkeys((*_ANSWERS, Exception), _apology),
)
