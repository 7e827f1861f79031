"""A file that its buyer calls broken: what may be said of it, and when the money comes back at once.

The limits are there for the few who would rather listen for nothing; whoever meets one is told that
a person decides, and their report waits on the desk. Worked cases: `docs/money.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pennywhistle.kit.money import Money
from pennywhistle.shop.sales.refunds import RefundError

# How long after its purchase a file is paid back without asking: by then it was played.
AT_ONCE_WITHIN = timedelta(days=60)
# The window in which one listener's credits are counted, and what it may hold.
COUNTED_WITHIN = timedelta(days=30)
CREDITS_MOST = 3
CREDITED_MOST_MINOR = 1_000  # In minor units of the wallet's currency: 10.00 EUR, 1,000 JPY.
# Of everything that a listener ever bought, at most one line in so many comes back at once; the
# first always does.
BOUGHT_FOR_EACH_CREDIT = 5
# Letters that a listener may add.
WORDS_LENGTH_MOST = 500


class Trouble(StrEnum):
    """What is wrong with the file, as its buyer tells it."""

    WILL_NOT_OPEN = "will-not-open"
    CUT_OFF = "cut-off"
    NOISE = "noise"
    SILENT = "silent"
    WRONG_SONG = "wrong-song"
    OTHER = "other"


class Held(StrEnum):
    """Why a report was not paid back at once, but waits for the operator."""

    TRUST_ENDED = "trust-ended"
    SHORTAGE = "shortage"
    UPGRADED = "upgraded"
    TOO_LATE = "too-late"
    TOO_MANY = "too-many"
    TOO_MUCH = "too-much"
    TOO_LARGE_A_SHARE = "too-large-a-share"


class Answer(StrEnum):
    """What the operator found, and did."""

    MENDED = "mended"
    WITHDRAWN = "withdrawn"
    NOTHING_WRONG = "nothing-wrong"


class ReportError(RefundError):
    """A report that says nothing, or an answer that cannot be given."""


@dataclass(frozen=True, slots=True)
class ReportHistory:
    """What is known of a listener when they report a file.

    `recent_count` and `recent_credited` are what came back at once within `COUNTED_WITHIN`;
    `credit_count` and `bought_count` are of all time. `is_upgraded` is of the line, the rest of the
    person.
    """

    recent_count: int
    recent_credited: Money
    credit_count: int
    bought_count: int
    is_trusted: bool = True
    has_shortage: bool = False
    is_upgraded: bool = False


def find_hindrance(
    *, history: ReportHistory, price: Money, purchased_at: datetime, now: datetime
) -> Held | None:
    """Why `price` is not paid back at once; None where it is."""
    allowed = max(1, history.bought_count // BOUGHT_FOR_EACH_CREDIT)
    most = Money.of_minor(CREDITED_MOST_MINOR, price.currency)
    hindrances = {
        Held.TRUST_ENDED: not history.is_trusted,
        Held.SHORTAGE: history.has_shortage,
        Held.UPGRADED: history.is_upgraded,
        Held.TOO_LATE: now >= purchased_at + AT_ONCE_WITHIN,
        Held.TOO_MANY: history.recent_count >= CREDITS_MOST,
        Held.TOO_MUCH: history.recent_credited + price > most,
        Held.TOO_LARGE_A_SHARE: history.credit_count >= allowed,
    }
    return next((held for held, stands in hindrances.items() if stands), None)


def check_words(*, trouble: str, words: str) -> tuple[Trouble, str]:
    """What was chosen and added, or `ReportError`. `other` needs words."""
    said = " ".join(words.replace("\0", " ").split())
    if trouble not in set(Trouble):
        raise ReportError("Choose what is wrong with the file.")
    if len(said) > WORDS_LENGTH_MOST:
        raise ReportError(f"Say it in {WORDS_LENGTH_MOST} letters or fewer.")
    if trouble == Trouble.OTHER and not said:
        raise ReportError("Say in a few words what is wrong with the file.")
    return Trouble(trouble), said
