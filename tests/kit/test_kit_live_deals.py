"""Replaying messages: what holds of a release, against a count that reads them one by one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.ddex.read import read_message
from pennywhistle.kit.deals import Deal, Usage
from pennywhistle.kit.easternmost import EASTERNMOST_ZONES
from pennywhistle.kit.live_deals import SaleWindow, Standing, stand, track_windows
from pennywhistle.kit.release_messages import (
    NEW_RELEASE,
    PURGE_RELEASE,
    MessageRelease,
    MessageTrack,
    ReleaseMessage,
)
from tests.ern_messages import own

IDS = frozenset({"5901234123457"})
COUNTRIES = ("DE", "US", "JP", "AS")
ISRCS = ("QZZZZ2600001", "QZZZZ2600002")
DAY_ONE = date(2026, 3, 1)

DATES = st.integers(0, 5).map(lambda days: str(DAY_ONE + timedelta(days=days)))
DEALS = st.builds(
    Deal,
    territories=st.lists(
        st.sampled_from([*COUNTRIES, "Worldwide"]), min_size=1, max_size=2, unique=True
    ).map(tuple),
    usages=st.sampled_from([*["PermanentDownload"] * 4, "OnDemandStream"]).map(
        lambda use: (Usage((use,)),)
    ),
    models=st.sampled_from([*[("PayAsYouGoModel",)] * 4, ("SubscriptionModel",)]),
    start=st.just("") | DATES | DATES | DATES,
    end=DATES | st.just(""),
    is_take_down=st.sampled_from([False, False, False, True]),
)
SOME_DEALS = st.lists(DEALS, max_size=3).map(tuple)
TRACKS = st.builds(
    MessageTrack,
    isrc=st.just(ISRCS[0]),
    title=st.just("One"),
    duration_ms=st.none(),
    deals=SOME_DEALS,
)
OTHER_TRACKS = st.builds(
    MessageTrack,
    isrc=st.just(ISRCS[1]),
    title=st.just("Two"),
    duration_ms=st.none(),
    deals=SOME_DEALS,
)
RELEASES = st.builds(
    MessageRelease,
    icpn=st.sampled_from([*IDS, "another"]),
    grid=st.none(),
    title=st.just("Tides"),
    artist=st.none(),
    label=st.none(),
    tracks=st.tuples(TRACKS) | st.tuples(TRACKS, OTHER_TRACKS),
    deals=SOME_DEALS,
)
MESSAGES = st.builds(
    ReleaseMessage,
    kind=st.sampled_from([NEW_RELEASE, NEW_RELEASE, PURGE_RELEASE]),
    version=st.just("4.3"),
    message_id=st.sampled_from("abc"),
    sender=st.sampled_from(["Quay", "Mole"]),
    sender_name=st.none(),
    created_at=st.integers(0, 4).map(lambda hour: f"2026-03-01T1{hour}:00:00+01:00"),
    is_test=st.sampled_from([False, False, True]),
    releases=st.tuples(RELEASES),
)


Windows = dict[str, dict[str, tuple[SaleWindow, ...]]]


def windows_of(standing: Standing) -> Windows:
    """By ISRC and country, by what the code says."""
    if (release := standing.release) is None:
        return {}
    return {
        track.isrc or "": track_windows(release=release, track=track) for track in release.tracks
    }


def may_sell(windows: Windows, isrc: str, country: str, instant: datetime) -> bool:
    """By what the code says."""
    return any(instant in window for window in windows.get(isrc, {}).get(country, ()))


def should_sell(messages: list[ReleaseMessage], isrc: str, country: str, instant: datetime) -> bool:
    """By reading the messages one by one, and each deal by the calendar on that country's wall."""
    shown = str(instant.astimezone(ZoneInfo(EASTERNMOST_ZONES[country])).date())
    sender, holds = None, None
    for message in messages:
        release = message.releases[0]
        if message.is_test or release.icpn not in IDS:
            continue
        if message.kind == NEW_RELEASE:
            sender, holds = message.sender, release
        elif sender == message.sender:
            sender, holds = None, None
    if holds is None:
        return False
    is_single = len(holds.tracks) == 1
    deals = [
        deal
        for track in holds.tracks
        if track.isrc == isrc
        for deal in (*track.deals, *(holds.deals if is_single else ()))
        if country in deal.territories or "Worldwide" in deal.territories
    ]
    if any(deal.is_take_down and deal.start <= shown for deal in deals):
        return False
    return any(
        deal.uses == ("PermanentDownload",)
        and deal.models == ("PayAsYouGoModel",)
        and not deal.is_take_down
        and deal.start
        and deal.start <= shown
        and (not deal.end or shown <= deal.end)
        for deal in deals
    )


@given(
    messages=st.lists(MESSAGES, max_size=5, unique_by=lambda message: message.created_at),
    order=st.randoms(use_true_random=False),
)
def test_no_sale_escapes_what_the_messages_say_whatever_their_order(
    messages: list[ReleaseMessage], order: Random
) -> None:
    in_time = sorted(messages, key=lambda message: message.created_at)
    shuffled = [*messages, *messages[:2]]
    order.shuffle(shuffled)
    standing = stand(messages=shuffled, ids=IDS)
    assert standing == stand(messages=in_time, ids=IDS)
    windows = windows_of(standing)
    for isrc, country, hours in product(ISRCS, COUNTRIES, range(-30, 180, 7)):
        instant = datetime(2026, 3, 1, 0, 30, tzinfo=UTC) + timedelta(hours=hours)
        assert may_sell(windows, isrc, country, instant) == should_sell(
            in_time, isrc, country, instant
        )


def album(created_at: str, **changes: object) -> ReleaseMessage:
    """Our own album of 4.3, sent at some time, changed."""
    message = read_message(own("album-43").encode())
    return replace(message, created_at=created_at, message_id=created_at, **changes)  # type: ignore[arg-type]


FIRST, SECOND, THIRD = (f"2026-03-0{day}T10:00:00Z" for day in (1, 2, 3))


def test_what_a_newer_message_leaves_out_is_closed_and_told() -> None:
    older, (release,) = album(FIRST), album(FIRST).releases
    silent = replace(
        release, tracks=(replace(release.tracks[0], deals=()), release.tracks[1]), deals=()
    )
    standing = stand(messages=[album(SECOND, releases=(silent,)), older], ids=IDS)
    assert standing.release == silent
    assert [alert.rpartition(": ")[2] for alert in standing.alerts] == [
        "Lantern Row (QZZZZ2600002) in GB, IE",
        "The Long Pier (QZZZZ2600003) in GB, IE",
    ]


def test_a_country_that_a_newer_message_leaves_out_is_told() -> None:
    newer = own("album-43").replace("<TerritoryCode>GB</TerritoryCode>", "")
    message = replace(read_message(newer.encode()), created_at=SECOND)
    alerts = stand(messages=[album(FIRST), message], ids=IDS).alerts
    assert len(alerts) == 3
    assert alerts[0].endswith("it is closed: Lantern Row (QZZZZ2600002) in GB")


def test_a_take_down_closes_without_an_alert() -> None:
    older, (release,) = album(FIRST), album(FIRST).releases
    down = Deal(("Worldwide",), (), (), "2026-03-02", is_take_down=True)
    tracks = tuple(replace(track, deals=(down,)) for track in release.tracks)
    newer = album(SECOND, releases=(replace(release, tracks=tracks, deals=(down,)),))
    standing = stand(messages=[older, newer], ids=IDS)
    assert standing.alerts == ()
    assert not any(
        may_sell(windows_of(standing), isrc, "GB", datetime(2026, 5, 1, tzinfo=UTC))
        for isrc in ISRCS
    )


def test_only_the_sender_of_the_live_deal_purges_it() -> None:
    ours, theirs = (
        replace(album(SECOND), kind=PURGE_RELEASE, sender=sender)
        for sender in ("PADPIDA2026010101Q", "PADPIDA9999999999Z")
    )
    assert stand(messages=[album(FIRST), ours], ids=IDS) == Standing(None, None)
    standing = stand(messages=[album(FIRST), theirs], ids=IDS)
    assert standing.message == album(FIRST)
    assert "purges what PADPIDA2026010101Q opened, and changes nothing" in standing.alerts[0]
    again = stand(messages=[album(FIRST), ours, album(THIRD)], ids=IDS)
    assert again.message == album(THIRD)


def test_another_sender_that_takes_a_release_over_is_told() -> None:
    other = replace(album(SECOND), sender="PADPIDA9999999999Z")
    standing = stand(messages=[album(FIRST), other], ids=IDS)
    assert standing.message == other
    assert "takes over what PADPIDA2026010101Q had on sale" in standing.alerts[0]
    assert stand(messages=[other, album(FIRST), album(THIRD)], ids=IDS).message == album(THIRD)


def test_a_song_of_an_album_is_not_sold_by_the_albums_own_deal() -> None:
    (release,) = album(FIRST).releases
    windows = track_windows(release=release, track=release.tracks[0])
    assert set(windows) == {"GB", "IE"}  # And not all but US and CA, where the album is.
