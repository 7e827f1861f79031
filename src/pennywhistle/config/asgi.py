"""One port: bytes by an async app of their own, pages by Django behind it (decision record 1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from a2wsgi import WSGIMiddleware
from django.urls import get_resolver
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import Message, Receive, Scope, Send

from pennywhistle.config.parent import end_with_parent
from pennywhistle.config.wsgi import application as pages
from pennywhistle.doors.delivery.app import app as delivery
from pennywhistle.doors.metrics.counting import counted
from pennywhistle.doors.metrics.page import show_metrics
from pennywhistle.flows.encoders import get_encoders, release_ready_encoders
from pennywhistle.flows.hold_file import get_held_files

# Pages answered at once by one server process; the rest wait their turn.
PAGE_THREADS = 8

_django = WSGIMiddleware(pages, workers=PAGE_THREADS)  # type: ignore[arg-type]


async def _pages(scope: Scope, receive: Receive, send: Send) -> None:
    """Django, with what a2wsgi asks for: granian's `receive` and `send` give awaitables of their
    own, and a2wsgi hands them to the event loop from a thread, which takes coroutines only."""

    async def receive_one() -> Message:
        return await receive()

    async def send_one(message: Message) -> None:
        await send(message)

    await _django(scope, receive_one, send_one)  # type: ignore[arg-type]


@asynccontextmanager
async def _until_stopped(_: Starlette) -> AsyncIterator[None]:
    yield
    release_ready_encoders()
    get_held_files().close()


end_with_parent()
get_resolver().url_patterns  # noqa: B018  A door that cannot be opened ends the server here.
get_encoders()  # What starts them is ready before the first is asked for.

application = Starlette(
    routes=[
        Mount("/bytes", app=counted(delivery)),
        Route("/metrics", show_metrics),
        Mount("/", app=_pages),
    ],
    lifespan=_until_stopped,
)
