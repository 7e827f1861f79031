"""What a day's seal covers: every transfer, and every document that explains or tells of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from pennywhistle.shop.ledger.entries import TRANSFERS, EntrySource
from pennywhistle.shop.ledger.merkle import Tree, leaf_hash
from pennywhistle.shop.ledger.seals import TreeFacts, canonical, day_of, period_of
from pennywhistle.shop.royalties.entries import STATEMENTS
from pennywhistle.shop.sales.entries import PAPERS, REFUNDS, SALE_LINES

# The order of the kinds is part of the seal: one that joins later joins at the end.
SOURCES: dict[str, tuple[EntrySource[Any], ...]] = {
    "transfers": (TRANSFERS,),
    "documents": (SALE_LINES, REFUNDS, PAPERS, STATEMENTS),
}

# What is locked against new rows while a day is sealed, in the order in which flows write to them.
# Lines and refunds come with transfers of the same instant, and need no lock of their own.
LOCKED_TABLES = ("sales_paper", "royalties_statement", "ledger_transfer")


def iterate_entries(*, day: date, tree: str) -> Iterator[dict[str, str]]:
    """The entries of one tree of a day, in their order. A query for each of its `SOURCES`."""
    for source in SOURCES[tree]:
        yield from source.iterate(within=period_of(day))


def count_entries(*, day: date, tree: str) -> int:
    """How many entries one tree of a day has. A query for each of its `SOURCES`."""
    return sum(source.count(within=period_of(day)) for source in SOURCES[tree])


def find_first_day(*, since: date | None = None) -> date | None:
    """The day of the oldest entry of all, or of the oldest from that day on; or None. A query for
    each of the `SOURCES`."""
    starts_at = period_of(since).starts_at if since else None
    firsts = [
        source.find_first(since=starts_at) for sources in SOURCES.values() for source in sources
    ]
    return min((day_of(first) for first in firsts if first is not None), default=None)


def leaf_of(entry: dict[str, str]) -> bytes:
    """The hash of an entry as a leaf of its tree."""
    return leaf_hash(canonical(entry))


def tree_of(entries: Iterable[dict[str, str]]) -> TreeFacts:
    """The tree over these entries, hashed as they stream past."""
    tree = Tree()
    for entry in entries:
        tree.add(leaf_of(entry))
    return TreeFacts(tree.count, tree.root)
