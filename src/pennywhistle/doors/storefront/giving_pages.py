"""What the pages of bank transfers and gifts are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from pennywhistle.kit.money import Money


@dataclass(frozen=True, slots=True)
class SlipPage:
    """What to write on a bank transfer, and as a code for banking apps.

    `arrived` is what has come under the reference; `is_waited_for` until the slip has ended.
    `quote_id` is the offer that waits at the till, empty for none.
    """

    amount: Money
    holder: str
    iban: str
    bic: str
    reference: str
    code: Markup
    ends_at: datetime
    is_waited_for: bool
    arrived: tuple[Money, ...] = ()
    bonus_text: str = ""
    quote_id: str = ""


@dataclass(frozen=True, slots=True)
class GiftRow:
    """A gift in its buyer's list: `state` is `open`, `redeemed` or `taken-back`."""

    url: str
    at: datetime
    amount: Money
    greeting: str
    state: str


@dataclass(frozen=True, slots=True)
class GiftsPage:
    """The form that buys a gift, and what was bought. `gift_id` names the gift that the form would
    buy, so that sending it twice buys one."""

    balance: Money
    amounts: tuple[Money, ...]
    gift_id: str
    gifts: tuple[GiftRow, ...]
    greeting: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class GiftPage:
    """One gift, for its buyer: the code while it is worth something, and where to redeem it."""

    id: str
    amount: Money
    greeting: str
    state: str
    code: str
    address: str
    at: datetime
    ended_at: datetime | None
