"""The overview and the releases: what waits for a hand, what was measured, where it may be sold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client

from pennywhistle.flows.grant_licence import grant_licence
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.catalogue import operations as catalogue
from pennywhistle.shop.catalogue.queries import get_release_in_any_state
from pennywhistle.shop.catalogue.rules import NewRelease, NewTrack
from pennywhistle.shop.payments.top_ups.operations import start_top_up
from tests.cast import LABEL, OPENED, Cast, euros, master
from tests.doors.desk.conftest import See

pytestmark = pytest.mark.django_db


def draft(*, number: int = 1, cover: bool = True) -> int:
    """A draft of Lantern's whose only track stands at `number`."""
    release_id, _ = catalogue.add_track(
        release=NewRelease(title="Airs", artist="Ann Piper", label="Lantern"),
        track=NewTrack("The Coolin", "Ann Piper", 1, number),
        master=master("airs"),
        now=OPENED,
    )
    if cover:
        catalogue.set_cover(release_id=release_id, sha256="cd" * 32, media_type="image/jpeg")
    return release_id


def test_a_draft_says_on_the_overview_what_it_lacks(otto: Client, cast: Cast, see: See) -> None:
    draft(number=2, cover=False)
    assert "lacks a cover picture; track 1 of disc 1" in see(otto, "/desk/")


def test_a_draft_that_lacks_nothing_is_ready(lena: Client, cast: Cast, see: See) -> None:
    draft()
    assert "ready to go live" in see(lena, "/desk/")


def test_a_label_publishes_its_own_draft(lena: Client, cast: Cast, see: See) -> None:
    draft()
    assert "Publish" in see(lena, "/desk/releases/ann-piper-airs/")
    response = lena.post("/desk/releases/ann-piper-airs/publish/", follow=True)
    assert "Airs is on the shelves" in response.content.decode()
    assert get_release_in_any_state(name="ann-piper-airs").state == "live"


def test_a_draft_that_is_not_ready_stays_one_and_says_why(otto: Client, cast: Cast) -> None:
    draft(cover=False)
    response = otto.post("/desk/releases/ann-piper-airs/publish/", follow=True)
    assert "it lacks a cover picture" in response.content.decode()
    assert get_release_in_any_state(name="ann-piper-airs").state == "draft"


def test_a_label_does_not_put_back_what_the_operator_withdrew(
    lena: Client, otto: Client, cast: Cast
) -> None:
    catalogue.withdraw(release_id=cast.release_id)
    answer = lena.post("/desk/releases/ann-piper-reels/publish/", follow=True)
    assert "Ask the operator" in answer.content.decode()
    assert get_release_in_any_state(name="ann-piper-reels").state == "withdrawn"
    otto.post("/desk/releases/ann-piper-reels/publish/")
    assert get_release_in_any_state(name="ann-piper-reels").state == "live"


def test_a_release_shows_what_was_measured(otto: Client, cast: Cast, see: See) -> None:
    page = see(otto, "/desk/releases/ann-piper-reels/")
    for fact in ("−17.0 LUFS", "−1.5 dBTP", "FLAC 16/44.1 kHz", "stereo", "3:00", "ZZPEN2600001"):
        assert fact in page


def test_silence_is_called_silence(otto: Client, cast: Cast, see: See) -> None:
    quiet = replace(master("quiet"), loudness_lufs=None, true_peak_dbtp=None)
    catalogue.add_track(
        release=NewRelease(title="Rests", artist="Ann Piper", label="Lantern"),
        track=NewTrack("Tacet", "Ann Piper", 1, 1),
        master=quiet,
        now=OPENED,
    )
    assert "silent" in see(otto, "/desk/releases/ann-piper-rests/")


def test_coverage_names_both_licences(otto: Client, cast: Cast, see: See) -> None:
    page = see(otto, "/desk/releases/ann-piper-reels/?country=DE")
    assert page.count("LAN-1, Lantern Records") == 3
    assert page.count("MER-1, Meridian Society") == 3


def test_coverage_counts_the_countries(otto: Client, cast: Cast, see: See) -> None:
    # Lantern's own licence is for all but France and Japan.
    assert see(otto, "/desk/releases/ann-piper-reels/").count("247 of 249") == 3


def test_coverage_says_why_not(otto: Client, cast: Cast, see: See) -> None:
    page = see(otto, "/desk/releases/ann-piper-reels/?country=FR")
    assert page.count("the recording is not licensed in this territory") == 3


def test_a_country_that_is_none_is_asked_for(otto: Client, cast: Cast, see: See) -> None:
    for country in ("", "?country=XX", "?country=%20"):
        page = see(otto, f"/desk/releases/ann-piper-reels/{country}")
        assert "Choose a country to see" in page


def test_a_release_that_is_not_there_is_not_found(otto: Client, cast: Cast) -> None:
    assert otto.get("/desk/releases/no-such/").status_code == 404
    assert otto.post("/desk/releases/no-such/publish/").status_code == 404


def test_sales_and_dues_stand_on_the_overview(otto: Client, sold: Cast, see: See) -> None:
    page = see(otto, "/desk/")
    assert "3 tracks, 1 purchase" in page
    assert "Meridian Society" in page.split("The latest sales")[0]


def test_a_label_sees_what_it_is_owed_and_not_what_others_are(
    lena: Client, sold: Cast, see: See
) -> None:
    main = see(lena, "/desk/").split("<main")[1].split("</main>")[0]
    assert "Lantern Records" in main
    assert "Meridian Society" not in main
    assert "Drowsy Maggie" in main


def test_top_ups_on_their_way_are_told_to_the_operator_alone(
    otto: Client, lena: Client, cast: Cast, see: See
) -> None:
    for number, amount in enumerate(("5.00", "10.00")):
        start_top_up(
            top_up_id=UUID(int=number),
            person_id=cast.alice.pk,
            amount=euros(amount),
            gateway="sandbox",
            now=OPENED,
        )
    assert "2 top-ups of €15.00 in all" in see(otto, "/desk/")
    assert "top-ups" not in see(lena, "/desk/")


def test_a_licence_that_ends_soon_is_told_to_the_operator(
    otto: Client, cast: Cast, see: See
) -> None:
    now = utc_now()
    for number, days in (("SOON-1", 59), ("LATER-1", 61)):
        request = replace(LABEL, number=number, ends_at=now + timedelta(days=days))
        grant_licence(request=request, granted_by=None, now=now)
    main = see(otto, "/desk/").split("<main")[1].split("</main>")[0]
    assert "SOON-1" in main
    assert "LATER-1" not in main


def test_a_state_narrows_the_list(otto: Client, cast: Cast, see: See) -> None:
    draft()
    assert "Reels" not in see(otto, "/desk/releases/?state=draft")
    assert "Airs" in see(otto, "/desk/releases/?state=draft")
    assert "Nothing here" in see(otto, "/desk/releases/?state=withdrawn")
    assert "Reels" in see(otto, "/desk/releases/?state=nonsense")
