"""The messages and schemas that DDEX and others have published, read where they lie."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pennywhistle.adapters.ddex.read import read_message
from pennywhistle.adapters.ddex.xml import MessageRefusedError
from pennywhistle.kit.release_messages import ReleaseMessage
from tests.ern_messages import OWN, own
from tests.needs import PUBLISHED

SCHEMAS = PUBLISHED / "xsd"
SAMPLES = PUBLISHED / "samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="DDEX's samples and schemas do not lie beside the project"
)


def read_sample(name: str) -> ReleaseMessage:
    """A published message, held against DDEX's schema too."""
    return read_message((SAMPLES / name).read_bytes(), schemas=SCHEMAS)


def test_every_published_message_is_read() -> None:
    paths = sorted(SAMPLES.rglob("*.xml"))
    assert len(paths) >= 9
    for path in paths:
        message = read_sample(str(path.relative_to(SAMPLES)))
        assert message.version == {"ern-382": "3.8.2", "ern-43": "4.3"}[path.parent.name]
        assert message.sender
        assert len(message.releases) == 1


def test_the_single_of_747_deals_opens_sale_in_249_countries() -> None:
    (release,) = read_sample("ern-43/audio-single-747-deals.xml").releases
    assert (release.grid, release.title) == ("A10302B0003989564F", "RIOPY: I Love You")
    assert (release.artist, release.label) == ("RIOPY", "Warner Classics")
    (track,) = release.tracks
    assert (track.isrc, track.duration_ms) == ("GBAYC1700598", 263_583)
    assert len(release.deals) == 747
    opening = [deal for deal in release.deals if deal.opens_sale]
    assert len({deal.territories for deal in opening}) == len(opening) == 249


def test_the_album_of_4_has_its_own_deal_and_those_of_its_tracks() -> None:
    (release,) = read_sample("ern-43/audio-album.xml").releases
    assert (release.icpn, len(release.tracks)) == ("00094631432057", 21)
    assert [(deal.territories, deal.opens_sale) for deal in release.deals] == [(("JP",), True)]
    for track in release.tracks:
        assert [deal.opens_sale for deal in track.deals] == [False, True]


def test_the_album_of_3_has_six_tracks_and_no_deals() -> None:
    (release,) = read_sample("ern-382/audio-album.xml").releases
    assert (release.artist, release.label) == ("Monkey Claw", "Iron Crown Music")
    assert [track.duration_ms for track in release.tracks] == [
        811_000,
        366_000,
        1_269_000,
        165_000,
        294_000,
        741_000,
    ]
    assert not release.deals


@pytest.mark.parametrize(
    ("name", "opens"),
    [
        ("lifecycle-initial-territorial-deal", [False, True]),
        ("lifecycle-takedown", [False]),
        ("non-protected-download-service", [True]),
        ("single-delivery", [False]),
        ("single-update", [False]),
        ("single-takedown", []),
    ],
)
def test_which_deals_of_a_releases_life_open_a_sale(name: str, opens: list[bool]) -> None:
    (release,) = read_sample(f"ern-382/{name}.xml").releases
    assert [deal.opens_sale for deal in release.deals] == opens


@pytest.mark.parametrize(
    "path", sorted([*OWN.glob("*-382.xml"), *OWN.glob("*-43.xml")]), ids=lambda path: path.stem
)
def test_our_own_messages_conform_to_the_schemas_there_are(path: Path) -> None:
    plain = read_message(path.read_bytes())
    assert read_message(path.read_bytes(), schemas=SCHEMAS) == plain


def test_what_a_schema_refuses_is_refused_with_its_line() -> None:
    text = re.sub(r"<Genre .*?</Genre>", "", own("single-43"), count=1, flags=re.DOTALL)
    read_message(text.encode())
    with pytest.raises(MessageRefusedError, match=r"^line [1-9][0-9]+: Element 'ReleaseDate'"):
        read_message(text.encode(), schemas=SCHEMAS)
