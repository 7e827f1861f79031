"""State what a licensor is owed for a period as DDEX Digital Sales Reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pennywhistle.adapters.ddex.dsr import file_name
from pennywhistle.adapters.ddex.dsr_basic_audio import write_basic_audio
from pennywhistle.adapters.ddex.dsr_record_companies import write_record_companies
from pennywhistle.flows.issue_statement import IssuedStatement, issue_statement
from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.kit.sales_reports import (
    Party,
    SalesReport,
    Turnover,
    check_party_id,
    one_word,
)
from pennywhistle.shop.ledger.queries import books_as_of_one_instant
from pennywhistle.shop.licensing.queries import LicensorFacts, get_licensor
from pennywhistle.shop.licensing.rules import Right
from pennywhistle.shop.royalties.queries import find_statement, get_accrued
from pennywhistle.shop.royalties.report_queries import (
    get_turnover,
    iterate_reported_sales,
    list_rights,
)
from pennywhistle.shop.royalties.rules import StatementMismatchError
from pennywhistle.shop.storefronts.queries import list_shopfronts


@dataclass(frozen=True, slots=True)
class _Form:
    """What a report of one right is called, and how it is written."""

    of: str
    write: Callable[[SalesReport], str]


# Societies and publishers take the one, labels the other; who holds both rights gets both.
_FORMS: Mapping[str, _Form] = {
    Right.RECORDING.value: _Form("recordings", write_record_companies),
    Right.WORK.value: _Form("works", write_basic_audio),
}


class SalesReportError(Exception):
    """A report that cannot be written, with what lacks."""


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """A sales report as the text of its file, in UTF-8. `total` is what its lines come to."""

    file_name: str
    text: str
    right: str
    total: Money
    line_count: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom to whom, by DDEX's party ids. `sender_name` is the store's name unless told."""

    sender_id: str
    recipient_id: str
    sender_name: str = ""


def write_sales_reports(
    *, licensor_name: str, envelope: Envelope, period: Period, now: datetime
) -> list[WrittenReport]:
    """One report for each currency and right in which something was sold or given back.

    Together they come to the statement of that currency, which is issued with them, and to the
    ledger; asked again, they are the same bytes until a title is corrected, which makes another
    message. Until the period is over a report is provisional, and its file's name says so.
    Transaction: that of `issue_statement`. Raises `UnknownLicensorError`, `PartyIdError`,
    `SalesReportError`, `StatementMismatchError`.
    """
    licensor = get_licensor(name=licensor_name)
    sender, recipient = _parties(envelope, licensor, now)
    issued = issue_statement(licensor_name=licensor_name, period=period, now=now)
    return [
        report
        for statement in issued
        for report in _reports(licensor, statement, (sender, recipient), now)
    ]


def _parties(envelope: Envelope, licensor: LicensorFacts, now: datetime) -> tuple[Party, Party]:
    if not envelope.sender_id:
        raise SalesReportError(
            "a sales report names the store by its DDEX party id: set PENNYWHISTLE_DDEX_PARTY_ID; "
            "DDEX gives them out at https://dpid.ddex.net"
        )
    if not envelope.recipient_id:
        raise SalesReportError(
            f"a sales report names {licensor.name} by its DDEX party id: ask them for it, and give "
            "it with --party-id"
        )
    shops = [] if envelope.sender_name else list_shopfronts(now=now)
    name = envelope.sender_name or (shops[0].name if shops else "")
    if not one_word(name):
        raise SalesReportError(
            "a sales report names the store, and there is no storefront: open one with `storefront`"
        )
    sender = Party(check_party_id(envelope.sender_id), name)
    return sender, Party(check_party_id(envelope.recipient_id), licensor.name)


def _reports(
    licensor: LicensorFacts,
    statement: IssuedStatement,
    parties: tuple[Party, Party],
    now: datetime,
) -> list[WrittenReport]:
    """Those of one currency, held against the ledger and against what was issued."""
    currency, period = statement.currency, statement.period
    with books_as_of_one_instant():
        sales = {
            right: tuple(
                iterate_reported_sales(
                    licensor_id=licensor.id, right=right, currency=currency, period=period
                )
            )
            for right in list_rights(licensor_id=licensor.id, currency=currency)
        }
        ledger = get_accrued(licensor_id=licensor.id, currency=currency, period=period)
        turnover = get_turnover(currency=currency, period=period)
        stored = find_statement(licensor_id=licensor.id, period=period, currency=currency)
    total = Money.total((sale.owed for each in sales.values() for sale in each), currency)
    if total != ledger or (statement.is_final and total != statement.total):
        raise StatementMismatchError(
            f"the sales reported to {licensor.name} come to {total}, and the ledger says {ledger}; "
            "run `pennywhistle verify-books` to see which row is wrong. No report was written."
        )
    created_at = stored.issued_at if statement.is_final and stored else now
    empty = _empty_report(statement, parties, turnover, created_at)
    return [
        _write(right, replace(empty, sales=each), is_final=statement.is_final)
        for right, each in sales.items()
        if each
    ]


def _empty_report(
    statement: IssuedStatement,
    parties: tuple[Party, Party],
    turnover: Mapping[str, Turnover],
    created_at: datetime,
) -> SalesReport:
    sender, recipient = parties
    starts_at, ends_at = statement.period.starts_at, statement.period.ends_at
    last = (ends_at or created_at) - timedelta(microseconds=1)
    return SalesReport(
        created_at=created_at,
        starts_on=starts_at.date(),
        ends_on=last.date(),
        sender=sender,
        recipient=recipient,
        service=one_word(sender.name),
        currency=statement.currency,
        sales=(),
        turnover=turnover,
    )


def _write(right: str, report: SalesReport, *, is_final: bool) -> WrittenReport:
    form = _FORMS[right]
    # A file's name has no place for what it is of: the service tells it, or two would be called alike.
    report = replace(report, service=f"{report.service}-{form.of}-{report.currency}")
    name = file_name(report)
    return WrittenReport(
        file_name=name if is_final else f"provisional-{name}",
        text=form.write(report),
        right=right,
        total=Money.total((sale.owed for sale in report.sales), report.currency),
        line_count=len(report.sales),
        is_final=is_final,
    )
