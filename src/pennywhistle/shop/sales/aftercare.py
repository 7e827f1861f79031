"""Reads of what went back, and of files that their buyers call broken."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum

from pennywhistle.kit.money import Money
from pennywhistle.shop.pricing.rules import PriceKind
from pennywhistle.shop.sales.bad_files import COUNTED_WITHIN, ReportHistory
from pennywhistle.shop.sales.models import FileReport, Refund, SaleLine
from pennywhistle.shop.sales.queries import line_facts
from pennywhistle.shop.sales.refunds import (
    RefundFacts,
    RefundReason,
    UnknownSaleLineError,
    refund_document,
)
from pennywhistle.shop.sales.rules import LineFacts

REPORTS_SHOWN = 200
REPORTS_EXAMINED_AT_ONCE = 20
LINES_SHOWN = 500


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """A report of a broken file. `held` and `answer` are empty where there is none.

    `credited` is what came back, None where nothing did. `findings` says by name what the store
    found out: `examined_at` is None until it looked.
    """

    id: int
    line: LineFacts
    purchase_id: int
    email: str
    trouble: str
    words: str
    reported_at: datetime
    held: str
    credited: Money | None
    credited_at: datetime | None
    examined_at: datetime | None
    findings: dict[str, str]
    answer: str
    answer_words: str
    may_claim: bool | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line that a person bought, and its refund if it was given back."""

    purchase_id: int
    line: LineFacts
    refund: RefundFacts | None


def get_line(*, sale_line_id: int, person_id: int | None = None) -> LineFacts:
    """A line sold; to that person, or to anybody for None. One query.

    Raises `UnknownSaleLineError`.
    """
    rows = _lines().filter(pk=sale_line_id)
    if person_id is not None:
        rows = rows.filter(purchase__person_id=person_id)
    row = rows.first()
    if row is None:
        raise UnknownSaleLineError("This was not bought by you here.")
    return line_facts(row)


def list_lines(*, purchase_id: int) -> list[LineFacts]:
    """The lines of a purchase, whoever's, in order. One query."""
    return [line_facts(row) for row in _lines().filter(purchase_id=purchase_id).order_by("number")]


def list_sold_to(*, person_id: int) -> list[SoldLine]:
    """What a person bought, the newest purchase first; at most `LINES_SHOWN` lines. One query."""
    rows = _lines().select_related("refund").filter(purchase__person_id=person_id)
    return [
        SoldLine(
            purchase_id=row.purchase_id,
            line=line_facts(row),
            refund=_refund(row.refund) if hasattr(row, "refund") else None,
        )
        for row in rows.order_by("-purchase_id", "number")[:LINES_SHOWN]
    ]


def list_refunds(*, sale_line_ids: Collection[int]) -> dict[int, RefundFacts]:
    """Those of these lines that were given back, by the line's id. One query."""
    rows = Refund.objects.filter(sale_line_id__in=sale_line_ids).select_related("sale_line")
    return {row.sale_line_id: _refund(row) for row in rows}


def iterate_refunds() -> Iterator[RefundFacts]:
    """Every line given back, in order. One query."""
    rows = Refund.objects.select_related("sale_line").order_by("id")
    for row in rows.iterator(chunk_size=2_000):
        yield _refund(row)


def count_given_back(*, documents: Collection[str]) -> int:
    """How many of the sale lines of these documents were given back. One query."""
    return Refund.objects.filter(sale_line__document__in=documents).count()


def list_standing_upgrades(*, lines: Collection[LineFacts]) -> list[tuple[str, str]]:
    """The upgrades of these lines that were not given back: each one's document, and that of a line
    it builds on, for every such line.

    One query.
    """
    upgrades = SaleLine.objects.filter(
        purchase__person_id__in={line.person_id for line in lines},
        track_id__in={line.track_id for line in lines},
        refund=None,
    )
    return [
        (document, reduction["code"])
        for document, reductions in upgrades.values_list("document", "reductions")
        for reduction in reductions
        if reduction["kind"] == PriceKind.UPGRADE.value
    ]


def get_report_history(*, person_id: int, currency: str, now: datetime) -> ReportHistory:
    """What a person's earlier reports say of them, but for what other rooms know. Four queries."""
    paid_back = Refund.objects.filter(
        sale_line__purchase__person_id=person_id, reason=RefundReason.BAD_FILE.value
    )
    # What the operator decided upon is nothing that the listener took.
    at_once = paid_back.filter(refunded_by=None)
    recent = at_once.filter(refunded_at__gt=now - COUNTED_WITHIN)
    credited = recent.filter(sale_line__currency=currency).aggregate(
        micros=Sum("sale_line__gross_micros")
    )["micros"]
    counts = at_once.aggregate(
        recent=Count("pk", filter=Q(refunded_at__gt=now - COUNTED_WITHIN)), ever=Count("pk")
    )
    trust = (
        FileReport.objects.filter(sale_line__purchase__person_id=person_id, may_claim__isnull=False)
        .order_by("-answered_at", "-pk")
        .values_list("may_claim", flat=True)
        .first()
    )
    return ReportHistory(
        recent_count=counts["recent"],
        recent_credited=Money(credited or 0, currency),
        credit_count=counts["ever"],
        bought_count=SaleLine.objects.filter(purchase__person_id=person_id).count(),
        is_trusted=trust is not False,
    )


def find_report(*, sale_line_id: int) -> ReportFacts | None:
    """The report of that line's file, or None. One query."""
    row = _reports().filter(sale_line_id=sale_line_id).first()
    return None if row is None else _report(row)


def get_report(*, report_id: int) -> ReportFacts:
    """The report of that number, or `UnknownSaleLineError`. One query."""
    row = _reports().filter(pk=report_id).first()
    if row is None:
        raise UnknownSaleLineError(f"no report has the number {report_id}")
    return _report(row)


def list_reports(*, is_answered: bool) -> list[ReportFacts]:
    """Reports that the operator has answered, newest first, or has not, oldest first. One query."""
    if is_answered:
        rows = _reports().exclude(answer="").order_by("-answered_at", "-pk")
    else:
        rows = _reports().filter(answer="").order_by("pk")
    return [_report(row) for row in rows[:REPORTS_SHOWN]]


def list_reports_of_person(*, person_id: int) -> list[ReportFacts]:
    """A person's reports, newest first. One query."""
    rows = _reports().filter(sale_line__purchase__person_id=person_id).order_by("-pk")
    return [_report(row) for row in rows[:REPORTS_SHOWN]]


def list_unexamined_reports() -> list[int]:
    """The oldest reports whose files nobody has looked at, at most `REPORTS_EXAMINED_AT_ONCE`.

    One query.
    """
    rows = FileReport.objects.filter(examined_at=None, answer="").order_by("pk")
    return list(rows.values_list("pk", flat=True)[:REPORTS_EXAMINED_AT_ONCE])


def count_open_reports() -> int:
    """How many reports wait for the operator. One query."""
    return FileReport.objects.filter(answer="").count()


def _lines() -> QuerySet[SaleLine]:
    return SaleLine.objects.select_related("purchase", "track__artist", "track__release")


def _reports() -> QuerySet[FileReport]:
    return FileReport.objects.select_related(
        "sale_line__purchase__person",
        "sale_line__track__artist",
        "sale_line__track__release",
        "sale_line__refund",
    )


def _refund(row: Refund) -> RefundFacts:
    line = row.sale_line
    return RefundFacts(
        id=row.pk,
        sale_line_id=line.pk,
        sale_document=line.document,
        document=refund_document(sale_document=line.document),
        amount=Money(line.gross_micros, line.currency),
        reason=row.reason,
        note=row.note,
        refunded_at=row.refunded_at,
    )


def _report(row: FileReport) -> ReportFacts:
    line = line_facts(row.sale_line)
    refund = getattr(row.sale_line, "refund", None)
    return ReportFacts(
        id=row.pk,
        line=line,
        purchase_id=row.sale_line.purchase_id,
        email=row.sale_line.purchase.person.email,
        trouble=row.trouble,
        words=row.words,
        reported_at=row.reported_at,
        held=row.held,
        credited=line.gross if refund else None,
        credited_at=refund.refunded_at if refund else None,
        examined_at=row.examined_at,
        findings=row.findings,
        answer=row.answer,
        answer_words=row.answer_words,
        may_claim=row.may_claim,
        answered_at=row.answered_at,
    )
