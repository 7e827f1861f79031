"""What a release message's deal says, whether it opens a sale, and when. Pure.

docs/ddex.md has the tables. Where a message leaves room, less is open: no deal means no.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pennywhistle.kit.deal_dates import begins_at, ends_at
from pennywhistle.kit.deal_territories import countries_of

# What this store sells, in the words of DDEX: a recording, once, for good, for money.
# https://service.ddex.net/dd/DD-AVS-001/dd/ern_UseType.html
SOLD_USE = "PermanentDownload"
SOLD_MODEL = "PayAsYouGoModel"

# Ways to the listener that a shop on the web is; where a use is limited to others, it is not ours.
OUR_CHANNELS = frozenset({"AsPerContract", "Internet", "InternetAndMobile"})
OUR_INTERFACES = frozenset(
    {"AsPerContract", "ConnectedDevice", "PersonalComputer", "PortableDevice"}
)

# Kinds of release that are no music to be sold as files, whatever their deals say.
# https://service.ddex.net/dd/DD-AVS-001/dd/ern_ReleaseType.html
_OTHER_GOODS = re.compile(
    r"AlertTone|Animation|Booklet|Clip|Documentary|EBook|Episode|Film|Game|Icon|Image|Karaoke"
    r"|Logo|LyricSheet|Photograph|Ring(back)?tone|Screensaver|Season|Series|SheetMusic"
    r"|StemBundle|Trailer|Video|Wallpaper",
    re.IGNORECASE,
)


class Closed(StrEnum):
    """Why a deal opens no sale: the first that applies, in this order."""

    TAKE_DOWN = "take-down"
    OTHER_GOODS = "other-goods"
    MODEL = "model"
    USE = "use"
    PROTECTED = "copy-protected"
    LIMITED = "limited"
    CHANNEL = "channel"
    PRE_ORDER = "pre-order"
    OTHER_SHOPS = "other-shops"
    TERRITORY = "territory"
    NO_START = "no-start"
    EMPTY_PERIOD = "empty-period"


@dataclass(frozen=True, slots=True)
class Price:
    """What a deal says of money: a code of the sender's rate card, or an amount as written."""

    code: str = ""
    amount: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """Uses, and what they are limited to. `is_limited`: to a number of times, or to a rental."""

    uses: tuple[str, ...]
    channels: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    is_protected: bool = False
    is_limited: bool = False


@dataclass(frozen=True, slots=True)
class Deal:
    """One deal for one period, as the message has it.

    `territories` read alone never say more than the deal does: where a deal excludes countries,
    they are all others. Dates are `YYYY[-MM[-DD]]`, inclusive and local, or instants with or
    without an offset; "" where the message has none. `released_on` and `effective_on` are 3.x's: no
    sale is open before either. `is_for_others`: it names the shops that may use it, and not the
    message's recipient. `is_music`: its release is music to be sold as files.
    """

    territories: tuple[str, ...]
    usages: tuple[Usage, ...]
    models: tuple[str, ...]
    start: str = ""
    end: str = ""
    excluded_territories: tuple[str, ...] = ()
    prices: tuple[Price, ...] = ()
    released_on: str = ""
    effective_on: str = ""
    is_take_down: bool = False
    is_pre_order: bool = False
    is_for_others: bool = False
    is_music: bool = True
    line: int = 0

    @property
    def uses(self) -> tuple[str, ...]:
        """Every use that it names, each once."""
        return tuple(dict.fromkeys(use for usage in self.usages for use in usage.uses))

    @property
    def opens_sale(self) -> bool:
        """True exactly where files may be sold for good under this deal at some time."""
        return why_closed(deal=self) is None


@dataclass(frozen=True, slots=True)
class DealPeriod:
    """`[starts_at, ends_at)` in UTC; None means until the sender says otherwise."""

    starts_at: datetime
    ends_at: datetime | None

    def __contains__(self, instant: datetime) -> bool:
        return self.starts_at <= instant and (self.ends_at is None or instant < self.ends_at)


def why_closed(*, deal: Deal) -> Closed | None:
    """Why this deal opens no sale, or None where it opens one."""
    if deal.is_take_down:
        return Closed.TAKE_DOWN
    if not deal.is_music:
        return Closed.OTHER_GOODS
    if SOLD_MODEL not in deal.models:
        return Closed.MODEL
    return _why_no_use(deal) or _why_not_here(deal)


def _why_not_here(deal: Deal) -> Closed | None:
    said = {
        Closed.PRE_ORDER: deal.is_pre_order,
        Closed.OTHER_SHOPS: deal.is_for_others,
        Closed.TERRITORY: not countries_of(deal.territories),
        Closed.NO_START: not deal.start,
        Closed.EMPTY_PERIOD: _never_runs(deal),
    }
    return next((why for why, applies in said.items() if applies), None)


def _why_no_use(deal: Deal) -> Closed | None:
    reasons = [_why_limited(usage) for usage in deal.usages if SOLD_USE in usage.uses]
    if not reasons:
        return Closed.USE
    return None if None in reasons else reasons[0]


def _why_limited(usage: Usage) -> Closed | None:
    if usage.is_protected:
        return Closed.PROTECTED
    if usage.is_limited:
        return Closed.LIMITED
    limits = ((usage.channels, OUR_CHANNELS), (usage.interfaces, OUR_INTERFACES))
    if any(said and ours.isdisjoint(said) for said, ours in limits):
        return Closed.CHANNEL
    return None


def _never_runs(deal: Deal) -> bool:
    countries = countries_of(deal.territories)
    return all(deal_period(deal=deal, country=country) is None for country in countries)


def is_music(*, kinds: Iterable[str]) -> bool:
    """Whether a release of these kinds is music to be sold as files."""
    return not any(_OTHER_GOODS.search(kind) for kind in kinds)


def deal_period(*, deal: Deal, country: str) -> DealPeriod | None:
    """When a deal runs in one of its countries, or None where it never does.

    Raises `DealDateError` for what is no date (readers refuse it), and `UnknownCountryError`.
    """
    if not deal.start:
        return None
    said = [text for text in (deal.start, deal.released_on, deal.effective_on) if text]
    start = max(begins_at(text=text, country=country) for text in said)
    end = ends_at(text=deal.end, country=country) if deal.end else None
    return None if end is not None and end <= start else DealPeriod(start, end)
