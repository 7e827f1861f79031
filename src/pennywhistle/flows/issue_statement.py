"""State what one licensor is owed for one period, line by line, as CSV."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import slugify

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.kit.tables import plain_cell
from pennywhistle.shop.ledger.queries import books_as_of_one_instant
from pennywhistle.shop.licensing.queries import LicensorFacts, get_licensor
from pennywhistle.shop.royalties.operations import store_statement
from pennywhistle.shop.royalties.queries import (
    StatementLine,
    get_accrued,
    iterate_statement_lines,
    list_currencies,
)
from pennywhistle.shop.royalties.rules import StatementMismatchError

COLUMNS = (
    "sold_at_utc",
    "territory",
    "use",
    "right",
    "licence",
    "tariff",
    "isrc",
    "iswc",
    "work",
    "track",
    "artist",
    "release",
    "recipe",
    "currency",
    "gross",
    "tax",
    "due",
    "sale_line",
)


@dataclass(frozen=True, slots=True)
class IssuedStatement:
    """A statement as text. `is_final` is false while its period still runs."""

    licensor: str
    currency: str
    period: Period
    total: Money
    line_count: int
    csv_text: str
    is_final: bool

    @property
    def file_name(self) -> str:
        """`statement-lantern-row-2026-11-EUR.csv`, and `-provisional` while the month runs."""
        name = name_statement(licensor=self.licensor, period=self.period, currency=self.currency)
        return f"{name}{'' if self.is_final else '-provisional'}.csv"


@dataclass(frozen=True, slots=True)
class ComposedStatement:
    """What the sale lines say of one licensor, currency and period."""

    total: Money
    line_count: int
    csv_text: str

    @property
    def csv_sha256(self) -> str:
        """The fingerprint of its text."""
        return hashlib.sha256(self.csv_text.encode()).hexdigest()


def name_statement(*, licensor: str, period: Period, currency: str) -> str:
    """`statement-lantern-row-2026-11-EUR`: what a month's statement is called."""
    who = slugify(licensor, allow_unicode=True) or "licensor"
    return f"statement-{who}-{period.starts_at:%Y-%m}-{currency}"


def compose_statement(*, licensor_id: int, currency: str, period: Period) -> ComposedStatement:
    """The statement as the sale lines make it now; nothing is kept. One query."""
    lines = list(iterate_statement_lines(licensor_id=licensor_id, currency=currency, period=period))
    total = Money.total((line.due for line in lines), currency)
    return ComposedStatement(total, len(lines), _csv(lines, total))


def issue_statement(*, licensor_name: str, period: Period, now: datetime) -> list[IssuedStatement]:
    """One statement per currency in which something accrued to the licensor.

    Each total is held against the ledger's own transfers, and the statement of a period that is
    over is kept with its fingerprint. Transaction: one short insert. Raises `UnknownLicensorError`,
    `StatementMismatchError`.
    """
    licensor = get_licensor(name=licensor_name)
    return [
        _issue(licensor, currency, period, now)
        for currency in list_currencies(licensor_id=licensor.id)
    ]


def _issue(
    licensor: LicensorFacts, currency: str, period: Period, now: datetime
) -> IssuedStatement:
    with books_as_of_one_instant():
        composed = compose_statement(licensor_id=licensor.id, currency=currency, period=period)
        ledger = get_accrued(licensor_id=licensor.id, currency=currency, period=period)
    total = composed.total
    if total != ledger:
        raise StatementMismatchError(
            f"the sale lines of {licensor.name} sum to {total}, and the ledger says {ledger}; run "
            "`pennywhistle verify-books` to see which row is wrong. No statement was written."
        )
    is_final = period.ends_at is not None and period.ends_at <= now
    if is_final:
        store_statement(
            licensor_id=licensor.id,
            period=period,
            total=total,
            line_count=composed.line_count,
            csv_sha256=composed.csv_sha256,
            now=now,
        )
    return IssuedStatement(
        licensor=licensor.name,
        currency=currency,
        period=period,
        total=total,
        line_count=composed.line_count,
        csv_text=composed.csv_text,
        is_final=is_final,
    )


def _csv(lines: list[StatementLine], total: Money) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([plain_cell(cell) for cell in _cells(line)])
    blank = [""] * (len(COLUMNS) - 6)
    tail = [total.currency, "", "", f"{total.decimal:.6f}", f"{len(lines)} lines"]
    writer.writerow(["TOTAL", *blank, *tail])
    return out.getvalue()


def _cells(line: StatementLine) -> list[str]:
    return [
        line.sold_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        line.territory,
        line.use,
        line.right,
        line.licence,
        line.tariff,
        line.isrc,
        line.iswc,
        line.work_title,
        line.track,
        line.artist,
        line.release,
        line.recipe,
        line.due.currency,
        f"{line.gross.decimal:.6f}",
        f"{line.tax.decimal:.6f}",
        f"{line.due.decimal:.6f}",
        line.document,
    ]
