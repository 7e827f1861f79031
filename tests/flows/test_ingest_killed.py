"""Ingest that fails at any call leaves nothing half-known, and running it again completes it."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pennywhistle.adapters.storage.arriving import TEMPORARY_PREFIX
from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.adapters.storage.masters import MasterStore
from pennywhistle.flows.ingest_folder import ingest_folder
from pennywhistle.flows.ingest_master import ingest_master
from pennywhistle.shop.catalogue.models import Artist, Label, Master, Release, Track, Work
from pennywhistle.shop.catalogue.rules import NewRelease, NewTrack
from tests.audio_samples import CD, render
from tests.deliveries import Sheet, deliver, picture
from tests.faults import fail_each_call

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
RELEASE = NewRelease(title="Lamps on the Quay", artist="Róisín Vale", label="Lantern Row Records")
TRACK = NewTrack(title="Lamp Black", artist="Róisín Vale", disc_number=1, track_number=1)


@dataclass(frozen=True)
class Case:
    """An empty shop and a folder that waits to be taken in."""

    folder: Path
    masters: MasterStore
    covers: CoverStore
    shelves: Path


@pytest.fixture
def delivery(tmp_path: Path) -> Path:
    source = render(tmp_path / "tone.flac", *CD, frequency_hz=555, seconds=0.2)
    deliver(source, tmp_path / "delivery", "01.flac", Sheet())
    (tmp_path / "delivery" / "cover.jpg").write_bytes(picture(side=500))
    return tmp_path / "delivery"


def emptied(delivery: Path) -> Case:
    for model in (Track, Release, Master, Work, Artist, Label):
        model.objects.all().delete()
    shelves = delivery.parent / "shelves"
    shutil.rmtree(shelves, ignore_errors=True)
    return Case(delivery, MasterStore(shelves / "masters"), CoverStore(shelves / "covers"), shelves)


def check_nothing_is_half_known(case: Case) -> None:
    """What the catalogue knows is on disk, and what is on disk is whole."""
    for master in Master.objects.all():
        assert case.masters.holds(sha256=master.sha256)
        assert master.tracks.count() == 1
    for release in Release.objects.exclude(cover_sha256=""):
        for size in (None, "large", "small"):
            assert case.covers.path(sha256=release.cover_sha256, size=size).is_file()
    for path in (case.shelves / "masters").rglob("*"):
        if path.is_file() and not path.name.startswith(TEMPORARY_PREFIX):
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def take_in_the_master(case: Case) -> None:
    ingest_master(
        path=case.folder / "01.flac",
        release=RELEASE,
        track=TRACK,
        masters=case.masters,
        working_folder=case.shelves / "encoding",
        now=NOW,
    )


def take_in_the_folder(case: Case) -> None:
    ingest_folder(
        folder=case.folder,
        label_name=None,
        masters=case.masters,
        covers=case.covers,
        working_folder=case.shelves / "encoding",
        on_progress=lambda _: None,
        now=NOW,
    )


def test_a_master_that_fails_anywhere_is_completed_by_the_next_run(delivery: Path) -> None:
    def check(case: Case, _: Exception | None) -> None:
        check_nothing_is_half_known(case)
        take_in_the_master(case)
        check_nothing_is_half_known(case)
        assert Track.objects.get().master == Master.objects.get()

    calls = fail_each_call(
        folder=delivery.parent,
        prepare=lambda: emptied(delivery),
        run=take_in_the_master,
        check=check,
    )
    assert calls > 25


def test_a_folder_that_fails_anywhere_is_completed_by_the_next_run(delivery: Path) -> None:
    def check(case: Case, _: Exception | None) -> None:
        check_nothing_is_half_known(case)
        take_in_the_folder(case)
        check_nothing_is_half_known(case)
        assert Track.objects.get().release.cover_sha256

    calls = fail_each_call(
        folder=delivery.parent,
        prepare=lambda: emptied(delivery),
        run=take_in_the_folder,
        check=check,
    )
    assert calls > 40
