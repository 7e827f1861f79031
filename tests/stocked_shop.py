"""A shop of the fixed cast whose first track has a real master and a real cover on disk."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote as quoted

import httpx
import pytest
from django.db import connection
from pytest_django import Settings

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.deliver_rendition import (
    deliver_rendition,
    download_address,
    preview_address,
)
from pennywhistle.flows.encode_rendition import WantedRendition, want_rendition
from pennywhistle.flows.measure_masters import measure_sizes
from pennywhistle.flows.outfit import Outfit, get_outfit
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.sign_address import read_token
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.catalogue.models import Master, Release
from pennywhistle.shop.catalogue.queries import get_track
from pennywhistle.shop.encoding.rules import (
    PREVIEW_SECONDS,
    Excerpt,
    get_recipe,
)
from pennywhistle.shop.library.models import OwnedItem
from tests.cast import NOW, Cast, assemble, fill_wallet, quote
from tests.renditions import Sample, draw_cover, render_master

_SERVER_START_SECONDS = 20

_Result = TypeVar("_Result")


async def on_a_thread(call: Callable[..., _Result], *arguments: Any) -> _Result:
    """Ask the database from an async test; the thread leaves no connection open behind it."""

    def asked() -> _Result:
        try:
            return call(*arguments)
        finally:
            connection.close()

    return await asyncio.to_thread(asked)


@dataclass(frozen=True, slots=True)
class StockedShop:
    """The cast, what the shop works with, and its first track's recording."""

    cast: Cast
    outfit: Outfit
    sample: Sample

    @property
    def track_id(self) -> int:
        return self.cast.track_ids[0]

    def wants(self, code: str, *, excerpt: Excerpt | None = None) -> WantedRendition:
        """The first track, or a part of it, in that recipe."""
        track = get_track(track_id=self.track_id)
        return want_rendition(
            track=track, recipe=get_recipe(code=code), outfit=self.outfit, excerpt=excerpt
        )

    def sell(self, *codes: str) -> list[int]:
        """Alice buys the first track in these recipes; the numbers of her library items."""
        for code in codes:
            offer = quote(self.cast, BasketItem("track", self.track_id, code))
            buy_basket(quote_id=offer.id, person_id=self.cast.alice.pk, now=NOW)
        owned = OwnedItem.objects.filter(track_id=self.track_id)
        return [owned.get(recipe=code).pk for code in codes]

    def address(self, code: str) -> str:
        """An address of the first track: sold in that recipe, or its preview."""
        if code == "preview":
            return preview_address(track_id=self.track_id, seconds=PREVIEW_SECONDS, now=utc_now())
        (item_id,) = self.sell(code)
        token_only = download_address(item_id=item_id, file_name="x", now=utc_now())
        subject = read_token(token=token_only.split("/")[2], now=utc_now())
        delivery = deliver_rendition(subject=subject, outfit=self.outfit, now=utc_now())
        return download_address(item_id=item_id, file_name=delivery.file_name, now=utc_now())


def stock_shop(folder: Path, settings: Settings, *, frames: int = 100_001) -> StockedShop:
    """Assemble the cast, with money for Alice, and put a recording under the first track."""
    for name in ("masters", "covers", "booklets", "renditions"):
        setattr(settings, f"{name.upper()}_FOLDER", folder / name)
    get_outfit.cache_clear()
    outfit = get_outfit()
    cast = assemble()
    fill_wallet(cast.alice, "50.00")
    sample = put_recording(folder, outfit, cast.track_ids[0], frames=frames)
    cover = outfit.covers.keep(content=draw_cover().data, sizes={})
    Release.objects.filter(pk=cast.release_id).update(cover_sha256=cover)
    return StockedShop(cast, outfit, sample)


def put_recording(folder: Path, outfit: Outfit, track_id: int, *, frames: int) -> Sample:
    """Put a recording of so many samples under a track, as ingest would have."""
    sample = render_master(folder / f"delivered-{track_id}.wav", frames=frames)
    sha256 = hashlib.sha256(sample.path.read_bytes()).hexdigest()
    outfit.masters.keep(source=sample.path, sha256=sha256)
    measured = measure_sizes(
        source=sample.path, master_sha256=sha256, master=sample.facts, working_folder=folder
    )
    Master.objects.filter(tracks=track_id).update(
        sha256=sha256,
        pcm_sha256=hashlib.sha256(sample.pcm).hexdigest(),
        flac_md5=sample.facts.flac_md5,
        frames=frames,
        container="wav",
        measured_sizes={code: asdict(size) for code, size in measured.items()},
    )
    return replace(sample, facts=replace(sample.facts, measured=measured))


@contextlib.contextmanager
def server(
    folder: Path, *, port: int, processes: int = 1, environment: dict[str, str] | None = None
) -> Iterator[str]:
    """Serve the delivery door over the tests' database and `folder`; yields its address."""
    log = folder / "server.log"
    with log.open("wb") as complaints:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1"),
                *("--port", str(port), "--workers", str(processes), "--no-ws"),
                *("--workers-kill-timeout", "2", "tests.delivery_server:application"),
            ],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(("src", ".")),
                "DJANGO_SETTINGS_MODULE": "pennywhistle.config.settings",
                "PENNYWHISTLE_DATABASE_URL": _database_url(),
                "TEST_FOLDER": str(folder),
                **(environment or {}),
            },
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        )
    try:
        _wait_for(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(_SERVER_START_SECONDS)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(_SERVER_START_SECONDS * 20):
        if process.poll() is not None:
            pytest.fail(f"the server ended: {log.read_text()}")
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/bytes/none/none")
            return
        time.sleep(0.05)
    pytest.fail(f"the server did not start: {log.read_text()}")


def _database_url() -> str:
    """Of the database that the tests write to."""
    named = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{named['NAME']}"
    user = f"{quoted(named['USER'])}:{quoted(named['PASSWORD'] or '')}"
    host = f"{named['HOST']}:{named['PORT']}" if named["PORT"] else named["HOST"]
    if host.startswith("/"):
        return f"postgresql://{user}@/{quoted(named['NAME'])}?host={quoted(host)}"
    return f"postgresql://{user}@{host}/{quoted(named['NAME'])}"
