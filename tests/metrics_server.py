"""`/metrics` and a counted application, for a test that needs real servers.

`/bytes/whole` sends 300,000 bytes; `/bytes/endless` never ends; `/bytes/file` is sent by path.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import django
from django.conf import settings

django.setup()
FOLDER = Path(os.environ["TEST_FOLDER"])
for name in ("measures", "renditions"):
    setattr(settings, f"{name.upper()}_FOLDER", FOLDER / name)

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from pennywhistle.doors.metrics.counting import counted
from pennywhistle.doors.metrics.page import show_metrics


async def _pieces() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield bytes(100_000)


async def _for_ever() -> AsyncIterator[bytes]:
    while True:
        yield bytes(100_000)
        await asyncio.sleep(0.01)  # As a file that grows does; the server may look who left.


async def answer(request: Request) -> Response:
    """What the address asks for."""
    what = request.path_params["what"]
    if what == "file":
        return FileResponse(FOLDER / "song")
    return StreamingResponse(_pieces() if what == "whole" else _for_ever())


_counted = Starlette(routes=[Route("/{what}", answer)])
application = Starlette(
    routes=[Mount("/bytes", app=counted(_counted)), Route("/metrics", show_metrics)]
)
