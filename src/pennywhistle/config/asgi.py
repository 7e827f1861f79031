"""One port: bytes by an async app of their own, pages by Django behind it (decision record 1)."""

from __future__ import annotations

from a2wsgi import WSGIMiddleware
from starlette.applications import Starlette
from starlette.routing import Mount

from pennywhistle.config.wsgi import application as pages
from pennywhistle.doors.delivery.app import app as delivery

# Pages answered at once by one server process; the rest wait their turn.
PAGE_THREADS = 8

application = Starlette(
    routes=[
        Mount("/bytes", app=delivery),
        Mount("/", app=WSGIMiddleware(pages, workers=PAGE_THREADS)),  # type: ignore[arg-type]
    ]
)
