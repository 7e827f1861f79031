"""How often codes may be tried. Pure.

A voucher's code has 78 bits, so that guessing one is hopeless; the limit keeps whoever tries from
costing the store anything, and tells a listener who mistypes what to do. A promotion's code is a word
that somebody thought of: there the limit is what keeps it from being guessed. Tries are counted of the
person and of the address that they come from. A few are free; after those each doubles the wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pennywhistle.shop.payments.rules import PaymentError

# Wrong codes in a row before the first wait. Many people may share one address.
PERSON_MISSES_FREE = 5
ADDRESS_MISSES_FREE = 20

# Cards that did not arrive or were declined, in a row: who tries stolen numbers has hundreds, and may
# open an account for each few of them.
CARD_MISSES_FREE = 5
CARD_ADDRESS_MISSES_FREE = 10
WAIT_FIRST = timedelta(minutes=1)
WAIT_MOST = timedelta(hours=12)

# Without a try for so long, what was counted is forgotten.
FORGOTTEN_AFTER = timedelta(hours=24)


_PROMOTIONS = "promo/"
_CARDS = "cards/"


class TooManyTriesError(PaymentError):
    """Codes are not looked at before `until`: too many wrong ones were sent."""

    def __init__(self, *, until: datetime, now: datetime) -> None:
        self.until = until
        self.minutes = -((now - until) // timedelta(minutes=1))
        super().__init__(
            f"Too many codes were wrong. Try again in {self.minutes} minutes, and check the code against "
            "the paper first."
        )


@dataclass(frozen=True, slots=True)
class Tries:
    """The wrong codes in a row of one subject, and when the last was sent."""

    misses: int
    tried_at: datetime


def opens_at(*, tries: Tries, free: int) -> datetime:
    """When the next code of that subject is looked at."""
    over = tries.misses - free
    if over < 0:
        return tries.tried_at
    wait = min(WAIT_FIRST * (1 << min(over, 12)), WAIT_MOST)
    return tries.tried_at + wait


def check_tries(*, tries: Tries, free: int, now: datetime) -> None:
    """Raise `TooManyTriesError` for a subject that has to wait."""
    if is_forgotten(tries=tries, now=now):
        return
    until = opens_at(tries=tries, free=free)
    if now < until:
        raise TooManyTriesError(until=until, now=now)


def is_forgotten(*, tries: Tries, now: datetime) -> bool:
    """True where a subject's wrong codes count no longer."""
    return now >= tries.tried_at + FORGOTTEN_AFTER


def free_of(*, subject: str) -> int:
    """How many wrong codes a subject has before it waits; see `person_subject`."""
    if subject.startswith(_CARDS):
        is_address = subject.removeprefix(_CARDS).startswith("address/")
        return CARD_ADDRESS_MISSES_FREE if is_address else CARD_MISSES_FREE
    is_person = subject.removeprefix(_PROMOTIONS).startswith("person/")
    return PERSON_MISSES_FREE if is_person else ADDRESS_MISSES_FREE


def person_subject(*, person_id: int) -> str:
    """What a person's tries are counted under."""
    return f"person/{person_id}"


def address_subject(*, digest: str) -> str:
    """What an address's tries are counted under: by a keyed hash, never by itself."""
    return f"address/{digest[:64]}"


def of_promotions(subject: str) -> str:
    """What the same subject's tries of promotions' codes are counted under, apart from vouchers':
    who mistypes one may still redeem the other."""
    return f"{_PROMOTIONS}{subject}"


def of_cards(subject: str) -> str:
    """What the same subject's tries of cards are counted under."""
    return f"{_CARDS}{subject}"
