"""Write what a day sold and gave back, right by right, as one Parquet file beside the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from itertools import zip_longest

from pennywhistle.adapters.reports.day_lines import (
    DayFile,
    DayLinesMissingError,
    DayLineStore,
    ReportFailedError,
)
from pennywhistle.flows.books_report import Finding
from pennywhistle.kit.day_lines import DayLine
from pennywhistle.shop.ledger.seal_queries import iterate_seals
from pennywhistle.shop.ledger.seals import SealFacts, period_of
from pennywhistle.shop.royalties.day_lines import iterate_day_lines

__all__ = [
    "DayFile",
    "DayLineStore",
    "DayLinesMissingError",
    "check_day_lines",
    "restore_day_lines",
    "write_day_lines",
]

# Lines of one day that are named; where more are wrong, the rest is counted.
FINDINGS_OF_A_DAY_MOST = 20


def write_day_lines(*, day: date, store: DayLineStore) -> DayFile:
    """Write a day's lines as the books hold them now; again, they make the same bytes.

    No transaction: lines are read page by page. Where the day is still written to, the file may lack
    some, so nothing counts it before a seal says so. Killed anywhere, it leaves a whole file or none.
    """
    return store.write(day=day, lines=iterate_day_lines(within=period_of(day)))


def restore_day_lines(*, store: DayLineStore) -> list[date]:
    """Write the files of sealed days again that are missing or damaged; which days those were.

    Raises `DayLinesMissingError` where the books do not make those bytes any more: another version
    of DuckDB wrote them, or an ISWC became known since. Then a backup has them. May be repeated.
    """
    restored = []
    for seal in iterate_seals():
        facts = seal.facts
        if not facts.lines_sha256 or _is_whole(facts, store):
            continue
        made = write_day_lines(day=facts.day, store=store)
        if made.sha256 != facts.lines_sha256:
            raise DayLinesMissingError(
                f"the lines of {facts.day} cannot be written as they were sealed: another version of "
                "DuckDB wrote them, or the books were changed (`pennywhistle verify-books` tells), "
                "or an ISWC became known since; restore the file from a backup"
            )
        restored.append(facts.day)
    return restored


def check_day_lines(*, store: DayLineStore) -> Iterator[Finding]:
    """Each sealed day's file against its seal, and line by line against the books.

    What is not compared is the ISWC, which may become known after the day. Reads only, a page at a
    time; outside of transactions, as sealed days change no more.
    """
    for seal in iterate_seals():
        if seal.facts.lines_sha256:
            where = f"lines of {seal.facts.day}"
            yield from (Finding(where, what) for what in _check(seal.facts, store))


def _check(facts: SealFacts, store: DayLineStore) -> Iterator[str]:
    try:
        store.check(day=facts.day, sha256=facts.lines_sha256)
        wrong = 0
        written = store.iterate(day=facts.day, sha256=facts.lines_sha256)
        in_books = iterate_day_lines(within=period_of(facts.day))
        for line, due in zip_longest(written, in_books):
            if what := _differ(line, due):
                wrong += 1
                if wrong <= FINDINGS_OF_A_DAY_MOST:
                    yield what
        if wrong > FINDINGS_OF_A_DAY_MOST:
            yield f"{wrong} lines in all are not as the books have them"
    except (DayLinesMissingError, ReportFailedError) as error:
        yield str(error)


def _differ(line: DayLine | None, due: DayLine | None) -> str:
    if line is None or due is None:
        known = line or due
        assert known is not None
        side = "the file lacks" if line is None else "the books lack"
        return f"{side} {known.document} {known.right}"
    names = [
        each.name
        for each in fields(DayLine)
        if each.name != "iswc" and getattr(line, each.name) != getattr(due, each.name)
    ]
    told = "; ".join(f"{n} {getattr(line, n)!r}, in the books {getattr(due, n)!r}" for n in names)
    return f"{line.document} {line.right} says {told}" if names else ""


def _is_whole(facts: SealFacts, store: DayLineStore) -> bool:
    try:
        store.check(day=facts.day, sha256=facts.lines_sha256)
    except DayLinesMissingError:
        return False
    return True
