"""Count cards that come to nothing, so that nobody tries stolen numbers here one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from pennywhistle.shop.payments.codes.operations import (
    claim_try,
    give_back_old_try,
    give_back_try,
)
from pennywhistle.shop.payments.codes.tries import (
    Claim,
    TooManyTriesError,
    of_cards,
    person_subject,
)
from pennywhistle.shop.payments.rules import PaymentError


class TooManyCardsError(PaymentError):
    """A listener who hands over one card after the other, as thieves do who try stolen numbers."""

    def __init__(self, *, minutes: int) -> None:
        self.minutes = minutes
        super().__init__(f"Too many cards were tried. Try again in {minutes} minutes.")


@dataclass
class Tried:
    """One try; set `is_good` once it is known whether the card was."""

    is_good: bool | None = None


def claim_card(*, person_id: int, tried_from: Sequence[str], now: datetime) -> Claim:
    """Count a card as refused before it is looked at. Transaction: one of its own. Raises
    `TooManyCardsError` for who has to wait, and then counts nothing."""
    try:
        return claim_try(subjects=_subjects(person_id, tried_from), now=now)
    except TooManyTriesError as error:
        raise TooManyCardsError(minutes=error.minutes) from error


def give_back_card(*, person_id: int, tried_from: Sequence[str], now: datetime) -> None:
    """A card that was begun some time ago has arrived: it does not count. To be called once for each
    card. Transaction: one of its own."""
    give_back_old_try(subjects=_subjects(person_id, tried_from), now=now)


@contextmanager
def counting_cards(*, claim: Claim | None) -> Iterator[Tried]:
    """Around a charge: one that is refused there and then stays counted, any other end does not, and
    one that pays takes those off that were refused to its person before.

    `claim` is what `claim_card` gave, or None where somebody else counts it. Transaction: one after.
    """
    tried = Tried()
    try:
        yield tried
    finally:
        if claim is not None and tried.is_good is not False:
            give_back_try(claim=claim, is_good=tried.is_good is True)


def _subjects(person_id: int, tried_from: Sequence[str]) -> list[str]:
    return [of_cards(each) for each in (person_subject(person_id=person_id), *tried_from)]
