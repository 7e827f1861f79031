"""The part of the recount that holds each sealed day against what stands in the books now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from pennywhistle.flows.books_report import Finding
from pennywhistle.flows.sealed_entries import SOURCES, DocumentDays, find_first_day
from pennywhistle.shop.ledger.merkle import EMPTY_ROOT
from pennywhistle.shop.ledger.seal_queries import StoredSeal, iterate_seals
from pennywhistle.shop.ledger.seals import NO_CHAIN, TreeFacts, newest_day_to_miss


def check_seals(
    trees: Mapping[date, TreeFacts], *, now: datetime | None = None
) -> Iterator[Finding]:
    """Each seal against the one before it, and against its day's transfers, whose `trees` were
    hashed already, and documents.

    With `now` also whether the newest are there. One that was deleted is made again by the worker, and
    to the same chain unless something of its day was changed: that is what was published.
    """
    before: StoredSeal | None = None
    documents = DocumentDays()
    for seal in iterate_seals():
        where, day, form = f"seal of {seal.facts.day}", seal.facts.day, seal.facts.form
        if form not in SOURCES:
            yield Finding(where, f"it is of a form {form}, which there is not")
            return
        yield from (Finding(where, what) for what in _check_chain(seal, before))
        stored = trees.get(day, TreeFacts(0, EMPTY_ROOT))
        yield from (Finding(where, what) for what in _check_tree("transfers", seal, stored))
        told = documents.tree_of(day=day, form=form)
        yield from (Finding(where, what) for what in _check_tree("documents", seal, told))
        before = seal
    if now is not None:
        yield from _check_newest(before, now)


def _check_newest(newest: StoredSeal | None, now: datetime) -> Iterator[Finding]:
    since = newest.facts.day + timedelta(days=1) if newest else None
    waiting = find_first_day(since=since)
    if waiting is not None and waiting <= newest_day_to_miss(now=now):
        yield Finding(
            f"seal of {waiting}",
            "it is not there, and should be by now: it was deleted, or the worker seals nothing. "
            "`pennywhistle seal days` makes it; compare its number with what was published",
        )


def _check_chain(seal: StoredSeal, before: StoredSeal | None) -> Iterator[str]:
    if seal.chain != seal.facts.chain:
        yield "its chain does not fit what it says: the row was changed after the day was sealed"
    if before is None:
        if seal.facts.previous != NO_CHAIN:
            yield "the seal of the day before it is missing"
        first = find_first_day(form=seal.facts.form)
        if first is not None and first < seal.facts.day:
            yield f"the books begin on {first}, and seals begin here"
    elif seal.facts.day - before.facts.day != timedelta(days=1):
        yield f"the days from {before.facts.day} on are missing before it"
    elif seal.facts.previous != before.chain:
        yield "it is not chained to the day before"


def _check_tree(name: str, seal: StoredSeal, stored: TreeFacts) -> Iterator[str]:
    sealed = seal.facts.trees[name]
    if stored.count != sealed.count:
        yield f"{sealed.count} {name} were sealed, and there are {stored.count}"
    elif stored.root != sealed.root:
        yield f"its {name} are not those that were sealed: something was changed"
