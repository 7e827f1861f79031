"""What a day's seal covers: every transfer, and every document that explains or tells of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from pennywhistle.shop.ledger.entries import TRANSFERS, Entry, EntrySource
from pennywhistle.shop.ledger.merkle import Tree, leaf_hash
from pennywhistle.shop.ledger.seals import NEWEST_FORM, TreeFacts, canonical, day_of, period_of
from pennywhistle.shop.licensing import entries as licensing
from pennywhistle.shop.payments import entries as payments
from pennywhistle.shop.royalties.entries import STATEMENTS
from pennywhistle.shop.sales import entries as sales

# By form, tree and order: all three are part of a seal. What changes comes with a new form, and the
# older ones stay for the days that were sealed by them.
_FORM_2: dict[str, tuple[EntrySource[Any], ...]] = {
    "transfers": (TRANSFERS,),
    "documents": (
        *(sales.PURCHASES, sales.SALE_LINES, sales.REFUNDS, sales.PAPERS, STATEMENTS),
        *(payments.TOP_UPS, payments.TOP_UPS_PAID, payments.VOUCHERS, payments.GIFTS),
        *(payments.PAY_BACKS, payments.DISPUTES, payments.DISPUTES_FORGIVEN),
        *(payments.SLIPS, payments.BANK_STATEMENTS, payments.BANK_ENTRIES),
        *(payments.BANK_DECISIONS, payments.PAYMENT_EVENTS, payments.MESSAGES),
        sales.FILE_REPORTS,
        *(licensing.LICENCES, licensing.LICENCE_CHANGES),
        *(licensing.BLOCK_ORDERS, licensing.BLOCK_LIFTS),
    ),
}
SOURCES: dict[int, dict[str, tuple[EntrySource[Any], ...]]] = {
    1: {
        "transfers": (TRANSFERS,),
        "documents": (sales.SALE_LINES, sales.REFUNDS_1, sales.PAPERS, STATEMENTS),
    },
    2: _FORM_2,
    3: _FORM_2,  # And the file of the day's lines, which stands in the seal itself.
}

# What is locked against new rows while a day is sealed, in the order in which flows write to them.
# All others come with transfers of the same instant, and need no lock of their own.
LOCKED_TABLES = (
    "licensing_licence",
    "licensing_licencechange",
    "licensing_blockorder",
    "licensing_blocklift",
    "payments_gatewaymessage",
    "payments_bankslip",
    "payments_bankstatement",
    "payments_voucher",
    "payments_paymentevent",
    "payments_dispute",
    "sales_filereport",
    "sales_paper",
    "royalties_statement",
    "ledger_transfer",
)


def iterate_entries(*, day: date, tree: str, form: int) -> Iterator[Entry]:
    """The entries of one tree of a day, in their order. A query for each of its `SOURCES`."""
    for source in SOURCES[form][tree]:
        yield from source.iterate(within=period_of(day))


def count_entries(*, day: date, tree: str, form: int) -> int:
    """How many entries one tree of a day has. A query for each of its `SOURCES`."""
    return sum(source.count(within=period_of(day)) for source in SOURCES[form][tree])


def find_first_day(*, since: date | None = None, form: int = NEWEST_FORM) -> date | None:
    """The day of the oldest entry of all that has its day sealed, or of the oldest from that day on; or
    None. A query for each of the `SOURCES`."""
    starts_at = period_of(since).starts_at if since else None
    firsts = [
        source.find_first(since=starts_at)
        for sources in SOURCES[form].values()
        for source in sources
        if source.has_day_sealed
    ]
    return min((day_of(first) for first in firsts if first is not None), default=None)


class DocumentDays:
    """The documents of one day after the other, of any form: a query for each source for all of
    them together."""

    def __init__(self) -> None:
        self._streams: dict[EntrySource[Any], _Stream] = {}

    def tree_of(self, *, day: date, form: int) -> TreeFacts:
        """The tree over a day's documents as they are now; days are asked for in order."""
        return tree_of(self._iterate(day, form))

    def _iterate(self, day: date, form: int) -> Iterator[Entry]:
        for source in SOURCES[form]["documents"]:
            stream = self._streams.setdefault(source, _Stream(source))
            yield from stream.take(day)


class _Stream:
    """One source's entries, a day at a time; those of days that nobody asks for are passed over."""

    def __init__(self, source: EntrySource[Any]) -> None:
        self._days = source.iterate_days()
        self._next = next(self._days, None)

    def take(self, day: date) -> Iterator[Entry]:
        while self._next is not None and self._next[0] < day:
            self._next = next(self._days, None)
        if self._next is not None and self._next[0] == day:
            yield from self._next[1]


def leaf_of(entry: Entry) -> bytes:
    """The hash of an entry as a leaf of its tree."""
    return leaf_hash(canonical(entry))


def tree_of(entries: Iterable[Entry]) -> TreeFacts:
    """The tree over these entries, hashed as they stream past."""
    tree = Tree()
    for entry in entries:
        tree.add(leaf_of(entry))
    return TreeFacts(tree.count, tree.root)
