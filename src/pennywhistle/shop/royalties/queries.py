"""Reads of what is owed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.queries import list_balances, sum_movements
from pennywhistle.shop.royalties.models import Accrual, AccrualReversal, Statement
from pennywhistle.shop.royalties.rules import AccrualFacts, UnknownStatementError, payable_code

# Three years of months.
STATEMENTS_SHOWN = 36

# Behind the tariff of a statement's line: where the label pays, nothing accrues, and this says why.
_PAID_BY = {"store": "", "label": ", paid by the label"}


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One right of one sale line, as a statement prints it.

    A refund is a line of its own, of the period that it happened in: its `use` is `REFUND`, its
    amounts are below zero, and `document` and `sold_at` are of the sale line that it corrects.
    """

    document: str
    sold_at: datetime
    territory: str
    use: str
    right: str
    licence: str
    tariff: str
    isrc: str
    iswc: str
    work_title: str
    track: str
    artist: str
    release: str
    recipe: str
    gross: Money
    tax: Money
    due: Money


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """A statement as it was issued; its bytes have the SHA-256 `csv_sha256`."""

    id: int
    licensor_id: int
    period: Period
    total: Money
    line_count: int
    csv_sha256: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class Owed:
    """What a licensor is owed in one currency."""

    licensor_id: int
    licensor: str
    amount: Money


def iterate_statement_lines(
    *, licensor_id: int, currency: str, period: Period
) -> Iterator[StatementLine]:
    """The lines of one licensor, period and currency: sales in order, then refunds in order.

    Two queries.
    """
    theirs = Accrual.objects.filter(licensor_id=licensor_id, currency=currency).select_related(
        "licence__tariff",
        "sale_line__track__artist",
        "sale_line__track__release",
        "sale_line__track__work",
    )
    accrued = theirs.filter(accrued_at__gte=period.starts_at)
    taken_back = theirs.filter(reversal__reversed_at__gte=period.starts_at)
    if period.ends_at is not None:
        accrued = accrued.filter(accrued_at__lt=period.ends_at)
        taken_back = taken_back.filter(reversal__reversed_at__lt=period.ends_at)
    for row in accrued.order_by("sale_line_id", "right").iterator(chunk_size=2_000):
        yield _line(row)
    for row in taken_back.order_by("reversal__id").iterator(chunk_size=2_000):
        yield _refund_of(_line(row))


def list_currencies(*, licensor_id: int) -> list[str]:
    """The currencies in which something accrued to a licensor."""
    rows = Accrual.objects.filter(licensor_id=licensor_id)
    return sorted(rows.values_list("currency", flat=True).distinct())


def get_accrued(*, licensor_id: int, currency: str, period: Period) -> Money:
    """What the ledger says accrued to a licensor within a period, less what was taken back in it.

    A reversal keeps the reason of what it reverses.
    """
    code = payable_code(licensor_id=licensor_id, currency=currency)
    return sum_movements(code=code, currency=currency, within=period, reason="royalty")


def list_owed(*, licensor_ids: list[int] | None = None) -> list[Owed]:
    """What each licensor is owed, from the ledger; of these licensors, or of all for None.

    Three queries.
    """
    rows = Accrual.objects.all()
    if licensor_ids is not None:
        rows = rows.filter(licensor_id__in=licensor_ids)
    pairs = rows.values_list("licensor_id", "licensor__name", "currency").distinct()
    codes = {
        payable_code(licensor_id=licensor_id, currency=currency): (licensor_id, name, currency)
        for licensor_id, name, currency in pairs.order_by("licensor__name", "currency")
    }
    balances = list_balances(codes=codes)
    return [
        Owed(licensor_id, name, balances.get(code, Money.zero(currency)))
        for code, (licensor_id, name, currency) in codes.items()
    ]


def list_statements(*, licensor_id: int) -> list[StatementFacts]:
    """A licensor's newest statements of closed periods, as they were issued. One query."""
    rows = Statement.objects.filter(licensor_id=licensor_id).order_by("-period_starts_at", "-pk")
    return [_statement(row) for row in rows[:STATEMENTS_SHOWN]]


def get_statement(*, statement_id: int) -> StatementFacts:
    """The statement of that number, or `UnknownStatementError`. One query."""
    row = Statement.objects.filter(pk=statement_id).first()
    if row is None:
        raise UnknownStatementError(f"no statement has the number {statement_id}")
    return _statement(row)


def find_statement(*, licensor_id: int, period: Period, currency: str) -> StatementFacts | None:
    """What was issued to a licensor for that period and currency, or None. One query."""
    if period.ends_at is None:
        return None  # A period that never ends is never stated.
    row = Statement.objects.filter(
        licensor_id=licensor_id,
        period_starts_at=period.starts_at,
        period_ends_at=period.ends_at,
        currency=currency,
    ).first()
    return None if row is None else _statement(row)


def iterate_statements() -> Iterator[StatementFacts]:
    """Every statement that was issued. One query."""
    for row in Statement.objects.order_by("id").iterator(chunk_size=2_000):
        yield _statement(row)


def list_accruals(*, sale_line_ids: Collection[int]) -> list[AccrualFacts]:
    """What these lines owe, in order. One query."""
    rows = Accrual.objects.filter(sale_line_id__in=sale_line_ids).select_related("sale_line")
    return [
        AccrualFacts(
            document=row.sale_line.document,
            right=row.right,
            licence_id=row.licence_id,
            licensor_id=row.licensor_id,
            amount=Money(row.amount_micros, row.currency),
            accrued_at=row.accrued_at,
        )
        for row in rows.order_by("id")
    ]


def list_reversals(*, sale_line_ids: Collection[int]) -> list[tuple[str, str, datetime]]:
    """(document of the sale line, right, when) of what was taken back of these lines. One query."""
    rows = AccrualReversal.objects.filter(accrual__sale_line_id__in=sale_line_ids)
    return list(
        rows.order_by("id").values_list(
            "accrual__sale_line__document", "accrual__right", "reversed_at"
        )
    )


def _statement(row: Statement) -> StatementFacts:
    return StatementFacts(
        id=row.pk,
        licensor_id=row.licensor_id,
        period=Period(row.period_starts_at, row.period_ends_at),
        total=Money(row.total_micros, row.currency),
        line_count=row.line_count,
        csv_sha256=row.csv_sha256,
        issued_at=row.issued_at,
    )


def _refund_of(line: StatementLine) -> StatementLine:
    return replace(line, use="REFUND", gross=-line.gross, tax=-line.tax, due=-line.due)


def _line(row: Accrual) -> StatementLine:
    sale, track, tariff = row.sale_line, row.sale_line.track, row.licence.tariff
    return StatementLine(
        document=sale.document,
        sold_at=row.accrued_at,
        territory=sale.territory,
        use="DOWNLOAD",
        right=row.right,
        licence=row.licence.number,
        tariff=f"{tariff.code} v{tariff.version}{_PAID_BY[row.licence.mechanical_by]}",
        isrc=track.isrc,
        iswc=track.work.iswc or "",
        work_title=track.work.title,
        track=track.title,
        artist=track.artist.name,
        release=track.release.title,
        recipe=sale.recipe,
        gross=Money(sale.gross_micros, sale.currency),
        tax=Money(sale.tax_micros, sale.currency),
        due=Money(row.amount_micros, row.currency),
    )
