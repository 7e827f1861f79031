"""Seal each day once it is over: hash its transfers and documents, write the file of its lines, and
chain it to the day before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from pennywhistle.flows.outfit import get_day_line_store
from pennywhistle.flows.sealed_entries import (
    LOCKED_TABLES,
    count_entries,
    find_first_day,
    iterate_entries,
    tree_of,
)
from pennywhistle.flows.write_day_lines import DayLineStore, write_day_lines
from pennywhistle.shop.ledger.queries import books_as_of_one_instant
from pennywhistle.shop.ledger.seal_operations import store_seal
from pennywhistle.shop.ledger.seal_queries import find_newest_seal
from pennywhistle.shop.ledger.seals import (
    FIRST_FORM_WITH_LINES,
    NEWEST_FORM,
    NO_CHAIN,
    QUIET_DAYS_MOST,
    ClockDoubtError,
    SealBrokenError,
    SealFacts,
    newest_day_to_seal,
)

# Days of one run: what the worker does at a time for a store that is older than its seals.
DAYS_AT_ONCE = 100

# How often a day is hashed anew because something was added to it meanwhile.
TRIES_MOST = 3


def seal_books(
    *, now: datetime, is_clock_right: bool = False, store: DayLineStore | None = None
) -> list[SealFacts]:
    """Seal every day that ended `SEALED_AFTER` ago or earlier, in order; what was sealed.

    At most `DAYS_AT_ONCE`: empty when there is nothing left to do. From the day of the first entry
    to that of the last one, quiet days between them too; never further, as a clock that is ahead
    would shut the shop up to where it stands. Transaction: a short one for each day. Killed at any
    point, it goes on where it was. The file of each day's lines is written before its seal, which
    holds the file's hash; into the outfit's folder unless `store` is another.

    Raises `ClockDoubtError` before a day after which nothing is told for `QUIET_DAYS_MOST` days,
    unless somebody who looked says that the clock is right; days before that one stay sealed.
    """
    sealed: list[SealFacts] = []
    store = store or get_day_line_store()
    last = newest_day_to_seal(now=now)
    while len(sealed) < DAYS_AT_ONCE:
        newest = sealed[-1] if sealed else _newest()
        day = newest.day + timedelta(days=1) if newest else find_first_day()
        if day is None or day > last or find_first_day(since=day) is None:
            break
        if not is_clock_right:
            _check_quiet(day, last)
        sealed.append(_seal(day, newest.chain if newest else NO_CHAIN, store))
    return sealed


def _check_quiet(day: date, last: date) -> None:
    """Raise `ClockDoubtError` where the next that is known of, or today, is too long after `day`."""
    told = find_first_day(since=day + timedelta(days=1))
    known = min(told or last, last)
    if (known - day).days > QUIET_DAYS_MOST:
        raise ClockDoubtError(
            f"{day} is not sealed: the books tell of nothing between it and {known}. If the clock of "
            "the store is ahead, set it right, since nothing can be dated to a sealed day any more. "
            "If it is right, and the store was quiet: `pennywhistle seal days --clock-is-right`"
        )


def _newest() -> SealFacts | None:
    stored = find_newest_seal()
    if stored is not None and stored.chain != stored.facts.chain:
        raise SealBrokenError(
            f"the seal of {stored.facts.day} was changed, and no day is chained to it: run "
            "`pennywhistle verify-books`"
        )
    return stored.facts if stored else None


def _seal(day: date, previous: str, store: DayLineStore) -> SealFacts:
    for _ in range(TRIES_MOST):
        with books_as_of_one_instant():
            facts = SealFacts(
                day=day,
                transfers=tree_of(iterate_entries(day=day, tree="transfers", form=NEWEST_FORM)),
                documents=tree_of(iterate_entries(day=day, tree="documents", form=NEWEST_FORM)),
                previous=previous,
                form=NEWEST_FORM,
            )
        if NEWEST_FORM >= FIRST_FORM_WITH_LINES:
            facts = replace(facts, lines_sha256=write_day_lines(day=day, store=store).sha256)

        def is_unchanged(hashed: SealFacts = facts) -> bool:
            return all(
                count_entries(day=day, tree=tree, form=hashed.form) == facts.count
                for tree, facts in hashed.trees.items()
            )

        if store_seal(facts=facts, tables=LOCKED_TABLES, is_unchanged=is_unchanged):
            return facts
    raise SealBrokenError(f"{day} is still being written to: is the clock of the store right?")
