"""How often codes may be tried. Pure.

A voucher's code has 78 bits, so that guessing one is hopeless; the limit keeps whoever tries from
costing the store anything, and tells a listener who mistypes what to do. A promotion's code is a word
that somebody thought of: there the limit is what keeps it from being guessed. Tries are counted of the
person and of the address that they come from. A few are free; after those each doubles the wait. A good
try takes itself off again; of its person it takes the wrong ones before it too, but not of their address,
or whoever holds one good code could guess from there for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pennywhistle.shop.payments.rules import PaymentError

# Wrong codes before the first wait. Many people may share one address.
PERSON_MISSES_FREE = 5
ADDRESS_MISSES_FREE = 20

# Cards that did not arrive or were declined: who tries stolen numbers has hundreds, and may
# open an account for each few of them.
CARD_MISSES_FREE = 5
CARD_ADDRESS_MISSES_FREE = 10
WAIT_FIRST = timedelta(minutes=1)
WAIT_MOST = timedelta(hours=12)

# So long after the first wrong one, or after the last one that brought a wait, all are forgotten.
FORGOTTEN_AFTER = timedelta(hours=24)


_PROMOTIONS = "promo/"
_CARDS = "cards/"
_PERSON = "person/"


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
    """The wrong codes of one subject; when the first was sent, or the last that brought a wait."""

    misses: int
    tried_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A try that was counted as wrong before it was looked at: when, and what stood at each of its
    subjects as `tried_at` before."""

    claimed_at: datetime
    before: Mapping[str, datetime]


def one_more(*, tries: Tries, free: int, now: datetime) -> Tries:
    """A subject's tries with one more wrong code."""
    if tries.misses == 0 or is_forgotten(tries=tries, now=now):
        return Tries(1, now)
    misses = tries.misses + 1
    return Tries(misses, now if misses >= free else tries.tried_at)


def one_less(*, tries: Tries, claim: Claim, subject: str, is_good: bool) -> Tries:
    """A subject's tries once the claim has not turned out to be a wrong code."""
    misses = 0 if is_good and is_person(subject=subject) else max(tries.misses - 1, 0)
    is_last = tries.tried_at == claim.claimed_at
    return Tries(misses, claim.before[subject] if is_last else tries.tried_at)


def one_less_opened(*, tries: Tries, free: int, now: datetime) -> Tries:
    """A subject's tries once one that was claimed some time ago has turned out to be good: the next
    needs not wait for it."""
    misses = max(tries.misses - 1, 0)
    return Tries(misses, min(tries.tried_at, now - wait_after(misses=misses, free=free)))


def opens_at(*, tries: Tries, free: int) -> datetime:
    """When the next code of that subject is looked at."""
    return tries.tried_at + wait_after(misses=tries.misses, free=free)


def wait_after(*, misses: int, free: int) -> timedelta:
    """How long a subject waits after so many wrong codes."""
    over = misses - free
    return timedelta() if over < 0 else min(WAIT_FIRST * (1 << min(over, 12)), WAIT_MOST)


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
        return CARD_MISSES_FREE if is_person(subject=subject) else CARD_ADDRESS_MISSES_FREE
    return PERSON_MISSES_FREE if is_person(subject=subject) else ADDRESS_MISSES_FREE


def is_person(*, subject: str) -> bool:
    """Whether a subject is a person, and not an address."""
    return subject.removeprefix(_PROMOTIONS).removeprefix(_CARDS).startswith(_PERSON)


def person_subject(*, person_id: int) -> str:
    """What a person's tries are counted under."""
    return f"{_PERSON}{person_id}"


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
