"""A delivery by messages goes in as a whole, opens what its deals open, and closes it again."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pennywhistle.flows.rate_cards import RateCardError, read_rate_cards
from pennywhistle.flows.take_delivery import DeliveryRefusedError
from pennywhistle.shop.catalogue import queries
from pennywhistle.shop.catalogue.models import Release, Track
from pennywhistle.shop.licensing.models import Licence
from pennywhistle.shop.licensing.queries import list_licences_for_desk
from pennywhistle.shop.licensing.rules import LicenceTerms, Use
from tests.ern_messages import own
from tests.message_sender import CARDS, ISRCS, NOW, UPC, Sender, album, build_sender

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender(tmp_path: Path, audio_samples: dict[str, Path]) -> Sender:
    """A label whose card is on file, and an empty shop."""
    return build_sender(tmp_path, audio_samples)


def running(now: datetime = NOW) -> list[LicenceTerms]:
    """The licences that run or will."""
    return [
        licence.terms
        for licence in list_licences_for_desk(limit=None)
        if licence.terms.ends_at is None or licence.terms.ends_at > now
    ]


NO_SALE = (
    album(day=3)
    .replace("<TerritoryCode>GB</TerritoryCode>", "")
    .replace("<TerritoryCode>IE</TerritoryCode>", "<TerritoryCode>XK</TerritoryCode>")
)


def test_a_delivery_becomes_a_draft_with_its_songs_cover_and_licences(sender: Sender) -> None:
    folder = sender.deliver(album())
    taken = sender.take(folder)
    assert (taken.title, taken.added_count, taken.alerts) == ("Tides", 3, ())
    release = queries.get_release_in_any_state(name=UPC)
    assert (release.artist, release.label, release.state) == (
        "The Mole Jetty",
        "Quay Lane",
        "draft",
    )
    assert release.cover_sha256
    tracks = queries.list_tracks_of_release(release_id=release.id)
    assert [(track.track_number, track.title) for track in tracks] == [
        (1, "Lantern Row"),
        (2, "Salt Wind"),
        (3, "The Long Pier"),
    ]
    licences = running()
    # Great Britain and Ireland have one clock, so one licence for each song.
    assert len(licences) == 3
    for licence in licences:
        assert licence.territories.countries == {"GB", "IE"}
        assert licence.uses == {Use.DOWNLOAD, Use.PREVIEW}
        assert licence.starts_at == datetime(2026, 3, 31, 23, tzinfo=UTC)
        assert licence.number.startswith(f"ERN-{UPC}-")
        assert (licence.licensor, str(licence.tariff.rate)) == ("Quay Lane Records", "13/20")
    (said,) = folder.glob("Acknowledgement_*.json")
    assert json.loads(said.read_text(encoding="utf-8"))["taken"] is True


def test_taking_it_again_changes_nothing(sender: Sender) -> None:
    folder = sender.deliver(album())
    sender.take(folder)
    before = Licence.objects.count(), Track.objects.count()
    again = sender.take(folder, NOW + timedelta(days=1))
    assert (again.added_count, again.licences.granted, again.licences.ended) == (0, (), ())
    assert (Licence.objects.count(), Track.objects.count()) == before


def test_the_newest_message_replaces_all_deals_and_needs_no_files(sender: Sender) -> None:
    sender.take(sender.deliver(album()))
    text = re.sub(r"<DeliveryFile>.*?</DeliveryFile>", "", album(day=3), flags=re.DOTALL)
    newer = text.replace("<TerritoryCode>GB</TerritoryCode>", "<TerritoryCode>FR</TerritoryCode>")
    taken = sender.take(sender.deliver(newer, with_files=False), NOW + timedelta(hours=1))
    assert (len(taken.licences.granted), len(taken.licences.ended)) == (6, 3)
    assert all(alert.endswith(" in GB") for alert in taken.alerts)
    assert {min(one.territories.countries) for one in running(NOW + timedelta(hours=2))} == {
        "FR",
        "IE",
    }


def test_an_older_message_that_comes_late_opens_nothing(sender: Sender) -> None:
    sender.take(sender.deliver(NO_SALE))
    assert running() == []
    late = sender.take(sender.deliver(album(day=2)))
    assert late.licences.granted == ()
    assert running() == []


def test_what_is_left_out_is_closed_and_told_and_opens_again_under_a_new_number(
    sender: Sender,
) -> None:
    sender.take(sender.deliver(album()))
    closed = sender.take(sender.deliver(NO_SALE), NOW + timedelta(hours=1))
    assert (len(closed.licences.ended), len(closed.alerts)) == (3, 3)
    assert running(NOW + timedelta(hours=1)) == []
    again = sender.take(sender.deliver(album(day=4)), NOW + timedelta(hours=2))
    assert len(again.licences.granted) == 3
    assert all(number.endswith(".2") for number in again.licences.granted)


def test_a_purge_ends_what_its_own_sender_opened(sender: Sender) -> None:
    sender.take(sender.deliver(album()))
    purge = own("purge-43").replace("2026-03-03", "2026-03-05")
    strange = purge.replace("PADPIDA2026010101Q", "PADPIDA2026040404M")
    kept = sender.take(sender.deliver(strange), NOW + timedelta(hours=1))
    assert kept.licences.ended == ()
    assert "and changes nothing" in kept.alerts[0]
    purged = sender.take(sender.deliver(purge), NOW + timedelta(hours=2))
    assert len(purged.licences.ended) == 3
    assert Release.objects.count() == 1  # It is closed, and what was bought stays.


LIES = {
    "a wrong hash": (
        r"(2600002\.flac</URI>.*?<HashSumValue>)[0-9a-f]+",
        r"\g<1>" + "0" * 64,
        "hash",
    ),
    "a weak hash": (r"<Algorithm>SHA-256", "<Algorithm>CRC32", "which is not checked here"),
    "a missing file": (r"resources/QZZZZ2600003\.flac", "resources/other.flac", "is missing"),
    "a file above": (r"resources/QZZZZ2600003", "../../../QZZZZ2600003", "outside the delivery"),
    "a file of the machine": (
        r"<URI>resources/cover.jpg",
        "<URI>/etc/passwd",
        "outside the delivery",
    ),
    "an address": (r"<URI>resources/cover.jpg", "<URI>http://x/y.jpg", "outside the delivery"),
    "an unknown sender": ("PADPIDA2026010101Q", "PADPIDA2026999999Z", "has no rate card"),
    "an unknown code": (r">QL1<", ">QL7<", "price code 'QL7' is not on the rate card"),
    "a wrong UPC": (UPC, "5901234123458", "is not a valid UPC or EAN"),
    "a wrong ISRC": (r"<ISRC>QZZZZ2600002", "<ISRC>QZ", "is not an ISRC"),
    "one ISRC twice": (r"<ISRC>QZZZZ2600002", "<ISRC>QZZZZ2600001", "has one ISRC twice"),
    "one recording twice": (
        r"resources/QZZZZ2600001\.flac</URI>.*?</HashSum>",
        "resources/QZZZZ2600002.flac</URI>",
        "is the same recording",
    ),
    "a cover as a song": (
        r"resources/QZZZZ2600001\.flac</URI>.*?</HashSum>",
        "resources/cover.jpg</URI>",
        "QZZZZ2600001: ",
    ),
    "no XML": (r"</PartyList>", "", "this is not well-formed XML"),
    "a test": (
        "</MessageHeader>",
        "<MessageControlType>TestMessage</MessageControlType></MessageHeader>",
        "it is a test message",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_delivery_that_lies_is_refused_and_nothing_of_it_is_taken(
    sender: Sender, lie: str
) -> None:
    pattern, instead, why = LIES[lie]
    folder = sender.deliver(album())
    path = folder / UPC / f"{UPC}.xml"
    text = re.sub(pattern, instead, path.read_text(encoding="utf-8"), flags=re.DOTALL)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DeliveryRefusedError) as refused:
        sender.take(folder)
    assert any(why in problem for problem in refused.value.problems), refused.value.problems
    assert (Release.objects.count(), Licence.objects.count()) == (0, 0)
    assert not (sender.root / "masters").exists() or not list(
        (sender.root / "masters").rglob("*.*")
    )
    assert not (sender.root / "messages").exists()
    (said,) = folder.glob("Acknowledgement_*.json")
    assert json.loads(said.read_text(encoding="utf-8"))["taken"] is False


def test_a_link_out_of_the_delivery_is_refused(sender: Sender) -> None:
    folder = sender.deliver(album())
    outside = Path(shutil.copy(sender.sounds[ISRCS[0]], sender.root / "outside.flac"))
    inside = folder / UPC / "resources" / f"{ISRCS[0]}.flac"
    inside.unlink()
    inside.symlink_to(outside)
    with pytest.raises(DeliveryRefusedError, match="is a link out of the delivery"):
        sender.take(folder)


def test_a_delivery_that_is_not_finished_is_not_looked_at(sender: Sender) -> None:
    folder = sender.deliver(album())
    (folder / "BatchComplete_1.xml").unlink()
    with pytest.raises(DeliveryRefusedError, match="its sender has not finished it"):
        sender.take(folder)
    assert not list(folder.glob("Acknowledgement_*"))


def test_a_file_of_cards_that_cannot_be_read_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(RateCardError, match="PENNYWHISTLE_DDEX_SENDERS"):
        read_rate_cards(path=None)
    path = tmp_path / "cards.json"
    with pytest.raises(RateCardError, match="No such file"):
        read_rate_cards(path=path)
    for text in (
        "{",
        "[]",
        '{"P": {}}',
        json.dumps({"P": CARDS["PADPIDA2026010101Q"] | {"codes": {"A": {"rate": "much"}}}}),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(RateCardError, match="is no file of rate cards"):
            read_rate_cards(path=path)
