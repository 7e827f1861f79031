"""Which deals of a release hold, after all messages about it. Pure.

The newest message replaces every deal of a release, whatever the order they came in. What it leaves
out is closed, and told. A purge ends what its own sender opened, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from pennywhistle.kit.deal_dates import begins_at
from pennywhistle.kit.deal_territories import countries_of
from pennywhistle.kit.deals import Deal, deal_period
from pennywhistle.kit.release_messages import (
    PURGE_RELEASE,
    MessageRelease,
    MessageTrack,
    ReleaseMessage,
)

# Where a message's time has no offset, it is taken as UTC.
_UTC_COUNTRY = "IS"

# How many countries an alert names.
_COUNTRIES_TOLD = 10


@dataclass(frozen=True, slots=True)
class SaleWindow:
    """Files may be sold in `[starts_at, ends_at)` under this deal; None means until further notice."""

    deal: Deal
    starts_at: datetime
    ends_at: datetime | None

    def __contains__(self, instant: datetime) -> bool:
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds of a release: the message that says so, what it says, and what to look into.

    None where no message speaks of it, or the last one purged it.
    """

    message: ReleaseMessage | None
    release: MessageRelease | None
    alerts: tuple[str, ...] = ()


def stand(*, messages: Iterable[ReleaseMessage], ids: frozenset[str]) -> Standing:
    """What holds of the release that has one of these identifiers (ICPN, GRid).

    Messages may come in any order and more than once; test messages say nothing.
    """
    standing = Standing(None, None)
    told = {message for message in messages if not message.is_test}
    for message in sorted(told, key=_age):
        for release in message.releases:
            if ids & {release.icpn, release.grid}:
                standing = _after(standing, message, release)
    return standing


def _age(message: ReleaseMessage) -> tuple[datetime, str, str, str]:
    sent_at = begins_at(text=message.created_at, country=_UTC_COUNTRY)
    return (sent_at, message.message_id, message.kind, repr(message.releases))


def _after(before: Standing, message: ReleaseMessage, release: MessageRelease) -> Standing:
    if message.kind == PURGE_RELEASE:
        if before.message is not None and before.message.sender != message.sender:
            return replace(before, alerts=(*before.alerts, _strange_purge(before, message)))
        return Standing(None, None, before.alerts)
    gone = _closed_silently(before.release, release)
    alerts = [
        f"message {message.message_id} of {message.sender} leaves out what was on sale, and it is "
        f"closed: {name}"
        for name in gone
    ]
    if before.message is not None and before.message.sender != message.sender:
        alerts.append(
            f"message {message.message_id} of {message.sender} takes over what "
            f"{before.message.sender} had on sale: who it belongs to changes"
        )
    return Standing(message, release, (*before.alerts, *alerts))


def _strange_purge(before: Standing, message: ReleaseMessage) -> str:
    assert before.message is not None
    return (
        f"message {message.message_id} of {message.sender} purges what {before.message.sender} "
        "opened, and changes nothing"
    )


def _closed_silently(before: MessageRelease | None, now: MessageRelease) -> list[str]:
    """The songs that were on sale in countries where they are not any more, though no take-down
    says so.
    """
    if before is None:
        return []
    spoken = {track.isrc: _deals_that_sell(now, track) for track in now.tracks}
    gone = []
    for track in before.tracks:
        deals = spoken.get(track.isrc, ())
        was_open = _countries(deal for deal in _deals_that_sell(before, track) if deal.opens_sale)
        said = _countries(deal for deal in deals if deal.opens_sale or deal.is_take_down)
        if lost := sorted(was_open - said):
            name = f"{track.title} ({track.isrc or 'without an ISRC'})"
            listed = ", ".join(lost[:_COUNTRIES_TOLD])
            more = len(lost) - _COUNTRIES_TOLD
            gone.append(f"{name} in {listed}{f' and {more} more' if more > 0 else ''}")
    return gone


def _countries(deals: Iterable[Deal]) -> frozenset[str]:
    return frozenset(country for deal in deals for country in countries_of(deal.territories))


def _deals_that_sell(release: MessageRelease, track: MessageTrack) -> tuple[Deal, ...]:
    """A song is sold under the deals of its own release, and under those of a single that is it."""
    return (*track.deals, *release.deals) if len(release.tracks) == 1 else track.deals


def track_windows(
    *, release: MessageRelease, track: MessageTrack
) -> dict[str, tuple[SaleWindow, ...]]:
    """When a song may be sold by itself, by country. A take-down closes from its start on."""
    deals = _deals_that_sell(release, track)
    windows: dict[str, list[SaleWindow]] = {}
    for deal in deals:
        if not deal.opens_sale:
            continue
        for country in countries_of(deal.territories):
            if (period := deal_period(deal=deal, country=country)) is not None:
                window = SaleWindow(deal, period.starts_at, period.ends_at)
                windows.setdefault(country, []).append(window)
    taken_down = [deal for deal in deals if deal.is_take_down]
    return {
        country: left
        for country, found in sorted(windows.items())
        if (
            left := _left(
                found,
                [one for one in taken_down if country in countries_of(one.territories)],
                country,
            )
        )
    }


def _left(
    windows: list[SaleWindow], taken_down: list[Deal], country: str
) -> tuple[SaleWindow, ...]:
    if any(not deal.start for deal in taken_down):
        return ()
    ends = [begins_at(text=deal.start, country=country) for deal in taken_down]
    cut = [
        replace(window, ends_at=min(end for end in (window.ends_at, *ends) if end is not None))
        if ends
        else window
        for window in windows
    ]
    return tuple(one for one in cut if one.ends_at is None or one.starts_at < one.ends_at)
