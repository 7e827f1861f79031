"""A release goes live, and from then on it has the loudness of all its tracks together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pennywhistle.adapters.audio.loudness import integrated_loudness
from pennywhistle.flows.publish_release import publish_release
from pennywhistle.flows.withdraw_release import withdraw_release
from pennywhistle.shop.catalogue import operations as catalogue
from pennywhistle.shop.catalogue.models import Master
from pennywhistle.shop.catalogue.queries import ReleaseFacts, get_release_in_any_state
from pennywhistle.shop.catalogue.rules import NewMaster, NewRelease, NewTrack
from tests.cast import NOW, OPENED, master
from tests.deliveries import Sheet, deliver
from tests.dock import Dock

pytestmark = pytest.mark.django_db

LOUD = {"-100": 300, "-120": 100}
SOFT = {"-300": 200, "-700": 50}
SILENT: dict[str, int] = {}
NAME = "ann-piper-airs"


def heard(
    name: str, blocks: dict[str, int], loudness: float | None, peak: float | None
) -> NewMaster:
    return replace(
        master(name), loudness_blocks=blocks, loudness_lufs=loudness, true_peak_dbtp=peak
    )


def publish(*masters: NewMaster) -> ReleaseFacts:
    for number, each in enumerate(masters, start=1):
        release_id, _ = catalogue.add_track(
            release=NewRelease(title="Airs", artist="Ann Piper", label="Lantern"),
            track=NewTrack(f"Air {number}", "Ann Piper", 1, number),
            master=each,
            now=OPENED,
        )
    catalogue.set_cover(release_id=release_id, sha256="cd" * 32, media_type="image/jpeg")
    publish_release(name=NAME, now=NOW)
    return get_release_in_any_state(name=NAME)


def test_a_release_is_as_loud_as_its_tracks_together() -> None:
    release = publish(
        heard("loud", LOUD, -10.3, 0.4),
        heard("soft", SOFT, -30.0, -18.0),
        heard("silent", SILENT, None, None),
    )
    assert release.loudness_lufs == integrated_loudness([LOUD, SOFT])
    # The soft track and all but none of the pauses lie more than 10 LU below the loud one.
    assert release.loudness_lufs == pytest.approx(-10.4, abs=0.05)
    assert release.true_peak_dbtp == 0.4


def test_a_master_whose_blocks_were_not_kept_leaves_the_loudness_open() -> None:
    release = publish(heard("loud", LOUD, -10.3, 0.4), heard("old", {}, -12.0, 0.1))
    assert (release.loudness_lufs, release.true_peak_dbtp) == (None, 0.4)


def test_silence_from_end_to_end_has_neither() -> None:
    release = publish(heard("silent", SILENT, None, None))
    assert (release.loudness_lufs, release.true_peak_dbtp) == (None, None)


def test_what_was_on_sale_keeps_its_loudness_when_it_comes_back() -> None:
    first = publish(heard("loud", LOUD, -10.3, 0.4))
    withdraw_release(name=NAME)
    Master.objects.update(loudness_blocks=SOFT)
    publish_release(name=NAME, now=NOW)
    again = get_release_in_any_state(name=NAME)
    assert (again.state, again.loudness_lufs) == ("live", first.loudness_lufs)


def test_a_delivered_master_brings_its_blocks(dock: Dock, audio_samples: dict[str, Path]) -> None:
    deliver(audio_samples["flac-16-44"], dock.folder, "one.flac", Sheet())
    dock.ingest()
    blocks = Master.objects.get().loudness_blocks
    assert sum(blocks.values()) == 17  # two seconds: twenty steps, less the three until 400 ms
