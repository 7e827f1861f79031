"""The transfers of a period, each with the number of the paper that tells of it, for a bookkeeper."""

from __future__ import annotations

from collections.abc import Iterator

from pennywhistle.kit.chunks import chunked
from pennywhistle.kit.clock import Period
from pennywhistle.shop.ledger.queries import iterate_transfers
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.sales.paper_queries import list_paper_names

# Transfers of which the papers are looked up at once.
ROWS_AT_ONCE = 900


def iterate_exported(*, within: Period) -> Iterator[tuple[TransferFacts, str]]:
    """Each transfer of a closed period, in order of time, and its receipt's or credit note's number;
    empty for what has none. A query for each `ROWS_AT_ONCE`."""
    for rows in chunked(iterate_transfers(within=within), size=ROWS_AT_ONCE):
        names = list_paper_names(documents={row.facts.document for row in rows})
        for row in rows:
            yield row.facts, names.get(row.facts.document, "")
