"""What messages of every version say, single and album, is told under the same keys."""

from __future__ import annotations

import json

import pytest

from pennywhistle.adapters.ddex.durations import parse_duration_ms
from pennywhistle.adapters.ddex.identifiers import is_grid, is_icpn, is_isrc
from pennywhistle.adapters.ddex.read import read_message
from pennywhistle.kit.deals import Closed, Deal, why_closed
from pennywhistle.kit.release_messages import MessageRelease, message_facts
from pennywhistle.kit.territory import COUNTRIES
from tests.ern_messages import deal_3, deal_4, own, with_deals

VERSIONS = {"382": "3.8.2", "411": "4.1.1", "42": "4.2", "43": "4.3"}
FOURS = ("411", "42", "43")


def read_own(name: str) -> MessageRelease:
    """The one release of one of our own messages."""
    (release,) = read_message(own(name).encode()).releases
    return release


def deals_of(data: bytes) -> tuple[Deal, ...]:
    """The deals of the first release."""
    return read_message(data).releases[0].deals


@pytest.mark.parametrize("version", VERSIONS)
def test_a_single_is_told_alike_in_every_version(version: str) -> None:
    message = read_message(own(f"single-{version}").encode())
    facts = json.loads(json.dumps(message_facts(message)))
    (release,) = facts.pop("releases")
    assert facts == {
        "version": VERSIONS[version],
        "kind": "NewReleaseMessage",
        "message_id": "QL-M1",
        "sender": "PADPIDA2026010101Q",
        "sender_name": "Quay Lane Records",
        "created_at": "2026-03-01T10:00:00+01:00",
        "is_test": False,
        "warnings": [],
    }
    (track,) = release.pop("tracks")
    sale, stream = release.pop("deals")
    assert release == {
        "icpn": "4006381333931",
        "grid": None,
        "title": "Salt Wind",
        "artist": "The Mole Jetty",
        "label": "Quay Lane",
    }
    assert (track["isrc"], track["title"], track["duration_ms"]) == (
        "QZZZZ2600001",
        "Salt Wind",
        185_250,
    )
    assert (sale["territories"], sale["uses"], sale["models"], sale["opens_sale"]) == (
        ["DE", "AT", "CH"],
        ["PermanentDownload"],
        ["PayAsYouGoModel"],
        True,
    )
    assert (stream["opens_sale"], stream["end"]) == (False, None)


def test_dates_are_told_as_they_are_written() -> None:
    (three, _), (four, _) = read_own("single-382").deals, read_own("single-43").deals
    assert (three.start, three.end) == ("2026-04-01", "2027-03-31")
    assert (four.start, four.end) == ("2026-04-01T00:00:00", "2027-04-01T00:00:00")


@pytest.mark.parametrize("version", VERSIONS)
def test_an_albums_tracks_stand_in_the_order_of_its_groups(version: str) -> None:
    album = read_own(f"album-{version}")
    assert (album.title, album.artist, album.label) == ("Tides", "The Mole Jetty", "Quay Lane")
    assert (album.icpn, album.grid) == ("5901234123457", "A1QZZZZ0000000001B")
    assert [track.isrc for track in album.tracks] == [
        "QZZZZ2600002",
        "QZZZZ2600001",
        "QZZZZ2600003",
    ]
    assert [track.duration_ms for track in album.tracks] == [185_000, 185_250, 3_723_000]
    assert (album.genre, album.released_on) == ("Folk", "2026-04-01")
    assert [image.path for image in album.images] == ["resources/cover.jpg"]
    assert album.c_line == "(C) 2026 Quay Lane Records"


@pytest.mark.parametrize("version", VERSIONS)
def test_files_are_told_with_their_hashes(version: str) -> None:
    (track, *_) = read_own(f"album-{version}").tracks
    (file,) = track.files
    assert file.path == "resources/QZZZZ2600002.flac"
    assert (file.hash_algorithm, len(file.hash_value)) in (("MD5", 32), ("SHA-256", 64))


def test_deals_of_a_tracks_own_release_stand_with_the_track() -> None:
    second, first, third = read_own("album-382").tracks
    assert [deal.territories for deal in first.deals] == [("2136",)]
    assert second.deals == first.deals
    assert [why_closed(deal=deal) for deal in third.deals] == [Closed.TAKE_DOWN]


def test_why_each_deal_of_an_album_opens_no_sale() -> None:
    assert [why_closed(deal=deal) for deal in read_own("album-382").deals] == [
        None,
        None,
        Closed.PROTECTED,
        Closed.PRE_ORDER,
        Closed.MODEL,
        Closed.USE,
        Closed.MODEL,
    ]


@pytest.mark.parametrize("version", FOURS)
def test_a_deal_for_other_shops_opens_nothing_here(version: str) -> None:
    assert [why_closed(deal=deal) for deal in read_own(f"album-{version}").deals] == [
        None,
        None,
        Closed.OTHER_SHOPS,
        Closed.PRE_ORDER,
    ]


@pytest.mark.parametrize("name", ["album-382", "album-43"])
def test_a_deal_that_excludes_countries_lists_all_others(name: str) -> None:
    deal = read_own(name).deals[0]
    assert set(deal.territories) == COUNTRIES - {"US", "CA"}
    assert deal.excluded_territories == ("US", "CA")


@pytest.mark.parametrize(
    ("excluded", "gone"),
    [("2110", {"BE", "LU", "NL"}), ("ES-CN", {"ES"}), ("XK", set()), ("276", {"DE"})],
)
def test_excluding_a_group_a_part_or_a_number_takes_countries_away(
    excluded: str, gone: set[str]
) -> None:
    terms = f"<ExcludedTerritoryCode>{excluded}</ExcludedTerritoryCode>"
    (deal,) = deals_of(with_deals("single-382", deal_3(terms)))
    assert set(deal.territories) == COUNTRIES - gone


@pytest.mark.parametrize("name", ["purge-382", "purge-43"])
def test_a_purge_names_its_release_and_opens_nothing(name: str) -> None:
    message = read_message(own(name).encode())
    (release,) = message.releases
    assert message.kind == "PurgeReleaseMessage"
    assert (release.grid, release.tracks, release.deals) == ("A1QZZZZ0000000001B", (), ())


@pytest.mark.parametrize(
    ("name", "old", "new", "version"),
    [
        ("album-382", "ern/382", "ern/381", "3.8.1"),
        ("album-382", "ern/382", "ern/383", "3.8.3"),
        ("album-382", "ern/382", "ern/39", "3.9"),
        ("album-382", "ern/382", "ern/371", "3.7.1"),
        ("album-411", "ern/411", "ern/40", "4.0"),
        ("album-411", "ern/411", "ern/41", "4.1"),
        ("album-43", "ern/43", "ern/432", "4.3.2"),
    ],
)
def test_versions_near_those_are_read_as_they_are(
    name: str, old: str, new: str, version: str
) -> None:
    message = read_message(own(name).replace(old, new).encode())
    assert message.version == version
    assert message.releases == read_message(own(name).encode()).releases


def test_prefixes_do_not_matter() -> None:
    """Of the elements of the message alone, of all of them, or of none."""
    plain = read_message(own("album-43").encode())
    default = own("album-43").replace("ern:NewRelease", "NewRelease").replace("xmlns:ern", "xmlns")
    other = own("album-43").replace("ern:", "x:").replace("xmlns:ern", "xmlns:x")
    bare = (
        own("album-382").replace("ern:", "").replace('xmlns:ern="http://ddex.net/xml/ern/382" ', "")
    )
    assert read_message(default.encode()) == plain
    assert read_message(other.encode()) == plain
    assert read_message(bare.encode()) == read_message(own("album-382").encode())


def test_a_byte_order_mark_and_comments_do_not_matter() -> None:
    text = own("single-43").replace("Salt Wind<", "Salt<!-- and --> Wind<")
    assert read_message(b"\xef\xbb\xbf" + text.encode()) == read_message(own("single-43").encode())


def test_the_title_that_listeners_see_stands_over_others() -> None:
    assert (
        read_own("album-382").title == "Tides"
    )  # Not its reference, its formal or its German one.
    pier = read_own("album-382").tracks[2]
    assert pier.title == "The Long Pier (At Night)"
    text = own("album-382").replace('LanguageAndScriptCode="en"', 'LanguageAndScriptCode="de"')
    assert read_message(text.encode()).releases[0].title == "Gezeiten"


def test_what_holds_for_all_the_world_stands_over_a_countrys_own() -> None:
    text = own("album-43").replace(' IsDefault="true"', "")
    assert read_message(text.encode()).releases[0].artist == "The Mole Jetty"
    assert read_message(text.encode()).releases[0].label == "Quay Lane"


def test_main_artists_are_named_in_their_order_where_no_display_name_is() -> None:
    artists = "".join(
        f'<DisplayArtist SequenceNumber="{place}"><PartyName><FullName>{name}</FullName></PartyName>'
        f"<ArtistRole>{role}</ArtistRole></DisplayArtist>"
        for place, name, role in (
            (10, "Bo", "MainArtist"),
            (2, "Ann", "MainArtist"),
            (1, "Cy", "FeaturedArtist"),
        )
    )
    text = own("single-382").replace("<DisplayArtistName>The Mole Jetty</DisplayArtistName>", "")
    whole = r'<DisplayArtist SequenceNumber="1">'
    start, end = text.index(whole), text.index("</DisplayArtist>") + len("</DisplayArtist>")
    text = text[:start] + artists + text[end:]
    assert read_message(text.encode()).releases[0].artist == "Ann, Bo"


def test_a_release_of_videos_opens_no_sale() -> None:
    text = (
        own("single-382")
        .replace("SoundRecording>", "Video>")
        .replace("SoundRecordingId>", "VideoId>")
    )
    (release, *_) = read_message(text.encode()).releases
    assert release.tracks == ()
    assert {why_closed(deal=deal) for deal in release.deals} == {Closed.OTHER_GOODS}


@pytest.mark.parametrize("kind", ["RingtoneRelease", "VideoSingle", "WallpaperRelease"])
def test_other_goods_than_music_open_no_sale(kind: str) -> None:
    text = own("single-382").replace(">Single<", f">{kind}<")
    deals = read_message(text.encode()).releases[0].deals
    assert {why_closed(deal=deal) for deal in deals} == {Closed.OTHER_GOODS}


def test_a_clips_deal_does_not_sell_its_track() -> None:
    text = own("single-43").replace("TrackRelease>", "ClipRelease>")
    (release,) = read_message(text.encode()).releases
    assert [why_closed(deal=deal) for deal in release.tracks[0].deals] == [Closed.OTHER_GOODS]


def test_a_message_of_track_releases_alone_tells_each_as_a_release() -> None:
    text = own("album-382")
    start = text.index('    <Release IsMainRelease="true">')
    end = text.index("    <Release>\n", start)
    text = text[:start] + text[end:]
    text = text.replace("<DealReleaseReference>R0<", "<DealReleaseReference>R3<")
    releases = read_message(text.encode()).releases
    assert [release.title for release in releases] == ["Salt Wind", "Lantern Row", "The Long Pier"]
    assert [len(release.tracks) for release in releases] == [1, 1, 1]
    assert [len(release.deals) for release in releases] == [1, 1, 8]


def test_a_replaced_identifier_is_none() -> None:
    old = '<ReleaseId IsReplaced="true"><ICPN>9999</ICPN></ReleaseId>'
    text = own("single-382").replace("<ReleaseId>", f"{old}<ReleaseId>", 1)
    assert read_message(text.encode()).releases[0].icpn == "4006381333931"


def test_uses_in_several_groups_are_limited_each_by_its_own() -> None:
    ringtone = (
        "<Usage><UseType>UseAsRingtone</UseType>"
        "<DistributionChannelType>MobileTelephone</DistributionChannelType></Usage>"
    )
    sale = "<Usage><UseType>PermanentDownload</UseType></Usage>"
    kiosk = (
        "<Usage><UseType>PermanentDownload</UseType>"
        "<UserInterfaceType>Kiosk</UserInterfaceType></Usage>"
    )
    (both,) = deals_of(with_deals("single-382", deal_3(ringtone + sale)))
    (neither,) = deals_of(with_deals("single-382", deal_3(ringtone + kiosk)))
    assert (both.uses, both.opens_sale) == (("UseAsRingtone", "PermanentDownload"), True)
    assert why_closed(deal=neither) is Closed.CHANNEL


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ("<TakeDown>true</TakeDown>", Closed.TAKE_DOWN),
        ("<ConsumerRentalPeriod>P2D</ConsumerRentalPeriod>", Closed.LIMITED),
        ("<ValidityPeriod><EndDate>2026-05-01</EndDate></ValidityPeriod>", Closed.NO_START),
        (
            (
                "<ValidityPeriod><StartDate>2026-05-02</StartDate><EndDate>2026-05-01</EndDate>"
                "</ValidityPeriod>"
            ),
            Closed.EMPTY_PERIOD,
        ),
        ("<TerritoryCode>XK</TerritoryCode>", Closed.TERRITORY),
        ("<TerritoryCode>ES-CN</TerritoryCode>", Closed.TERRITORY),
        ("<IsPreOrderDeal>false</IsPreOrderDeal>", None),
        ("<IsPromotional>true</IsPromotional>", None),
    ],
)
def test_what_closes_a_deal_of_3(terms: str, why: Closed | None) -> None:
    (deal,) = deals_of(with_deals("single-382", deal_3(terms)))
    assert why_closed(deal=deal) is why


def test_a_deal_of_several_periods_is_told_once_for_each() -> None:
    periods = "".join(
        f"<ValidityPeriod><StartDate>{year}-01-01</StartDate><EndDate>{year}-12-31</EndDate>"
        "</ValidityPeriod>"
        for year in (2026, 2028)
    )
    first, second = deals_of(with_deals("single-43", deal_4(periods)))
    assert (first.start, second.start) == ("2026-01-01", "2028-01-01")


def test_a_word_that_4_does_not_know_yet_is_kept_told_and_opens_nothing() -> None:
    data = with_deals("single-43", deal_4("", usage="PermanentUpload"))
    message = read_message(data)
    (deal,) = message.releases[0].deals
    assert (deal.uses, deal.opens_sale) == (("PermanentUpload",), False)
    assert any("PermanentUpload" in warning for warning in message.warnings)


def test_a_deal_without_a_territory_opens_nothing() -> None:
    data = with_deals("single-43", deal_4("")).replace(b"<TerritoryCode>DE</TerritoryCode>", b"")
    (deal,) = deals_of(data)
    assert (deal.territories, deal.opens_sale) == ((), False)


def test_prices_are_kept_as_codes_or_amounts() -> None:
    first, second, *_ = read_own("album-382").deals
    assert [price.code for price in first.prices] == ["QL9"]
    assert [(price.amount, price.currency) for price in second.prices] == [("4.20", "USD")]


def test_a_test_message_and_wrong_identifiers_are_told() -> None:
    text = own("single-43").replace("4006381333931", "4006381333930").replace("QZZZZ2600001", "QZ1")
    control = "<MessageControlType>TestMessage</MessageControlType></MessageHeader>"
    message = read_message(text.replace("</MessageHeader>", control).encode())
    assert message.is_test
    assert len(message.warnings) == 3
    assert "'4006381333930' is not a valid ICPN" in message.warnings[1]
    assert "'QZ1' is not a valid ISRC" in message.warnings[2]


@pytest.mark.parametrize(
    ("text", "duration_ms"),
    [
        ("PT3M5.25S", 185_250),
        ("PT185S", 185_000),
        ("PT1H", 3_600_000),
        ("PT0.0005S", 1),
        ("PT0.0004S", 0),
        ("P1DT1S", 86_401_000),
        ("P0Y0M0DT0H3M5S", 185_000),
        ("PT3M5.S", 185_000),
        ("PT", None),
        ("P", None),
        ("P1M", None),
        ("-PT3M", None),
        ("3:05", None),
        ("PT3M5", None),
        ("PT5,5S", None),
        ("", None),
    ],
)
def test_durations_are_milliseconds(text: str, duration_ms: int | None) -> None:
    assert parse_duration_ms(text) == duration_ms


def test_identifiers_are_checked_by_their_check_digits() -> None:
    assert is_grid("A1-2425G-ABC1234002-M")  # The example of IFPI's own guide.
    assert not is_grid("A1-2425G-ABC1234002-N")
    assert is_icpn("036000291452")
    assert not is_icpn("036000291453")
    assert is_isrc("USRC17607839")
    assert not is_isrc("USRC1760783")
