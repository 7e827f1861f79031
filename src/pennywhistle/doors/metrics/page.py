"""`/metrics`: what the store's processes did, for a Prometheus server of the operator."""

from __future__ import annotations

import asyncio

from django.conf import settings
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pennywhistle import __version__
from pennywhistle.doors.metrics.exposition import CONTENT_TYPE, CacheFigures, exposition
from pennywhistle.doors.metrics.readers import may_read
from pennywhistle.flows.measures import list_measures
from pennywhistle.flows.outfit import get_outfit

_NOT_CACHED = {"cache-control": "no-store"}


async def show_metrics(request: Request) -> Response:
    """GET of `/metrics`, for the networks of `PENNYWHISTLE_METRICS_NETWORKS` alone."""
    is_reader = may_read(
        peer=request.client.host if request.client else "",
        headers=request.headers,
        readers=settings.METRICS_NETWORKS,
        trusted_proxies=settings.TRUSTED_PROXIES,
    )
    if not is_reader:
        words = "These figures are for the shop's own network.\n"
        return PlainTextResponse(words, 403, headers=_NOT_CACHED)
    # Other processes may hold the locks for a moment.
    text = await asyncio.to_thread(_text)
    return Response(text, headers={**_NOT_CACHED, "content-type": CONTENT_TYPE})


def _text() -> str:
    cache = get_outfit().renditions
    usage = cache.usage()
    figures = CacheFigures(usage.size_bytes, usage.files, cache.bytes_max)
    return exposition(measures=list_measures(), cache=figures, version=__version__)
