"""Masters that were taken in before a recipe was there get its size in the background, and anew once
another encoder makes it."""

from __future__ import annotations

import errno
import tempfile
from dataclasses import replace

import pytest

from pennywhistle.adapters.audio.encode import EncodeOrder, measure_audio_bytes
from pennywhistle.adapters.storage.growing import MakeRoom
from pennywhistle.flows import measure_masters as measuring
from pennywhistle.flows.measure_masters import measure_masters
from pennywhistle.shop.catalogue.facts import MeasuredSize
from pennywhistle.shop.catalogue.models import Master
from pennywhistle.shop.catalogue.operations import add_measured_sizes
from pennywhistle.shop.catalogue.queries import list_masters
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.recipes import RECIPES
from pennywhistle.shop.encoding.rules import get_recipe, is_offered, list_measured_recipes
from tests.audio_samples import HI_RES, WAV_16, render
from tests.dock import Dock

pytestmark = pytest.mark.django_db

# As a store was that kept sizes without what had measured them.
OLD = {"flac": {"bytes": 1234, "audio_key": ""}}
OFFERED = {"flac": True, "mp3-192": True, "wav": True, "alac": False, "wavpack": False}


@pytest.fixture
def taken_in(dock: Dock) -> dict[int, dict[str, MeasuredSize]]:
    """Three masters, one of them in high resolution, as an older store knew them; what ingest counted
    of each."""
    tags = ("-metadata", "artist=Ann", "-metadata", "album=Reels", "-metadata")
    for number, options in enumerate((WAV_16, HI_RES, WAV_16), 1):
        name = f"0{number} Tune.{'flac' if options is HI_RES else 'wav'}"
        rate_hz = 96_000 if options is HI_RES else 44_100
        named = (*tags, f"title=Tune {number}", "-metadata", f"track={number}")
        render(
            dock.folder / name,
            *options,
            *named,
            frequency_hz=800 + number,
            rate_hz=rate_hz,
            seconds=0.5,
        )
    dock.ingest(label_name="Lantern")
    counted = {master.id: dict(master.measured) for master in list_masters(after_id=0, limit=9)}
    assert len(counted) == 3
    Master.objects.update(measured_sizes=OLD)
    return counted


def test_what_an_older_master_lacks_is_measured_as_ingest_would_have_done(
    dock: Dock, taken_in: dict[int, dict[str, MeasuredSize]]
) -> None:
    batch = measure_masters(masters=dock.masters, working_folder=dock.working_folder)
    assert (batch.measured, batch.failed, batch.after_id) == (3, 0, 0)
    for master in list_masters(after_id=0, limit=9):
        assert master.measured == taken_in[master.id]
        facts = facts_of(master=master)
        assert all(
            is_offered(recipe=recipe, master=facts)
            for recipe in list_measured_recipes(master=facts)
        )
    assert measure_masters(masters=dock.masters, working_folder=dock.working_folder).measured == 0


def test_until_then_only_what_was_measured_is_offered(
    dock: Dock, taken_in: dict[int, dict[str, MeasuredSize]]
) -> None:
    for master in list_masters(after_id=0, limit=9):
        facts = facts_of(master=master)
        offered = {code: is_offered(recipe=get_recipe(code=code), master=facts) for code in OFFERED}
        assert offered == OFFERED


def test_a_batch_is_bounded_and_the_next_goes_on_behind_it(
    dock: Dock, taken_in: dict[int, dict[str, MeasuredSize]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "MEASURED_MAX", 2)
    first = measure_masters(masters=dock.masters, working_folder=dock.working_folder)
    assert first.measured == 2
    assert first.after_id == sorted(taken_in)[1]
    rest = measure_masters(
        masters=dock.masters, working_folder=dock.working_folder, after_id=first.after_id
    )
    assert (rest.measured, rest.after_id) == (1, 0)


def test_only_so_many_masters_are_looked_at_in_one_batch(
    dock: Dock, taken_in: dict[int, dict[str, MeasuredSize]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "LOOKED_AT_MAX", 2)
    ids = sorted(taken_in)
    assert (
        measure_masters(masters=dock.masters, working_folder=dock.working_folder).after_id == ids[1]
    )
    assert (
        measure_masters(
            masters=dock.masters, working_folder=dock.working_folder, after_id=ids[1]
        ).after_id
        == 0
    )


def test_a_master_that_is_missing_holds_up_no_other(
    dock: Dock, taken_in: dict[int, dict[str, MeasuredSize]], caplog: pytest.LogCaptureFixture
) -> None:
    lost = Master.objects.order_by("pk")[1]
    dock.masters.path(sha256=lost.sha256).unlink()
    batch = measure_masters(masters=dock.masters, working_folder=dock.working_folder)
    assert (batch.measured, batch.failed) == (2, 1)
    assert lost.sha256 in caplog.text
    assert Master.objects.get(pk=lost.pk).measured_sizes == OLD


class FullDisk:
    """One with no room for a working folder, until something else on it has given way."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = True
        self._make = tempfile.mkdtemp
        monkeypatch.setattr(tempfile, "mkdtemp", self.make)

    def make(self, *names: str) -> str:
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._make(*names)

    def give_way(self, _: int) -> bool:
        self.is_full = False
        return True


def test_a_disk_that_stays_full_is_told_and_the_next_batch_goes_on_behind_it(
    dock: Dock,
    taken_in: dict[int, dict[str, MeasuredSize]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    FullDisk(monkeypatch)
    monkeypatch.setattr(measuring, "MEASURED_MAX", 2)
    batch = measure_masters(masters=dock.masters, working_folder=dock.working_folder)
    assert (batch.measured, batch.failed, batch.after_id) == (0, 2, sorted(taken_in)[1])
    for master in Master.objects.order_by("pk")[:2]:
        assert f"master {master.sha256} was not measured" in caplog.text
        assert master.measured_sizes == OLD


def test_the_cache_gives_way_to_what_is_measured(
    dock: Dock, taken_in: dict[int, dict[str, MeasuredSize]], monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    batch = measure_masters(
        masters=dock.masters, working_folder=dock.working_folder, make_room=disk.give_way
    )
    assert (batch.measured, batch.failed) == (3, 0)


def test_what_another_encoder_measured_is_measured_anew_and_nothing_else(
    dock: Dock, taken_in: dict[int, dict[str, MeasuredSize]], monkeypatch: pytest.MonkeyPatch
) -> None:
    measure_masters(masters=dock.masters, working_folder=dock.working_folder)
    master = list_masters(after_id=0, limit=1)[0]
    other = {**master.measured, "alac": MeasuredSize(99, "0" * 64)}
    add_measured_sizes(master_id=master.id, measured=other)
    asked: list[str] = []

    def counted(order: EncodeOrder, *, make_room: MakeRoom) -> int:
        asked.append(order.framing)
        return measure_audio_bytes(order, make_room=make_room)

    monkeypatch.setattr(measuring, "measure_audio_bytes", counted)
    batch = measure_masters(masters=dock.masters, working_folder=dock.working_folder)
    assert batch.measured == 1
    assert asked == ["m4a"]
    assert list_masters(after_id=0, limit=1)[0].measured == taken_in[master.id]


def test_other_arguments_make_a_measured_size_stale(
    dock: Dock, taken_in: dict[int, dict[str, MeasuredSize]], monkeypatch: pytest.MonkeyPatch
) -> None:
    measure_masters(masters=dock.masters, working_folder=dock.working_folder)
    told = ("-c:a", "flac", "-compression_level", "0", "-frame_size", "4096")
    monkeypatch.setitem(RECIPES, "flac", replace(RECIPES["flac"], codec_arguments=told))
    assert measure_masters(masters=dock.masters, working_folder=dock.working_folder).measured == 3
    for master in list_masters(after_id=0, limit=9):
        before = taken_in[master.id]
        assert master.measured["flac"].bytes > before["flac"].bytes
        assert master.measured["alac"] == before["alac"]
