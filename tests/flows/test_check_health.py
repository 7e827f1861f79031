"""What is told of the store's health."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from pennywhistle.adapters.audio import binary
from pennywhistle.flows import check_health as flow
from pennywhistle.flows.check_health import ENCODER_TRUSTED_FOR, Ailment, check_health
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unknown() -> Iterator[None]:
    """Nothing was asked before, and the next test finds the true encoder."""
    flow._started_at.clear()
    binary.ffmpeg_path.cache_clear()
    yield
    flow._started_at.clear()
    binary.ffmpeg_path.cache_clear()


def put_encoder(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    path.chmod(0o755)


def refuse(*_: Any) -> Any:
    raise OperationalError("away")


def test_a_store_that_is_well_says_nothing() -> None:
    assert check_health(now=NOW) == []


def test_a_database_that_is_away_is_told() -> None:
    with connection.execute_wrapper(refuse):
        assert check_health(now=NOW) == [Ailment.DATABASE]


def test_an_encoder_that_no_longer_starts_is_told_within_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = tmp_path / "ffmpeg"
    put_encoder(encoder, "echo ffmpeg version 9")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(encoder))
    assert check_health(now=NOW) == []
    put_encoder(encoder, "exit 1")
    assert check_health(now=NOW + ENCODER_TRUSTED_FOR / 2) == []
    assert check_health(now=NOW + ENCODER_TRUSTED_FOR) == [Ailment.ENCODER]
    # Once it failed, it is tried each time.
    put_encoder(encoder, "echo ffmpeg version 9")
    assert check_health(now=NOW + ENCODER_TRUSTED_FOR + timedelta(seconds=1)) == []
