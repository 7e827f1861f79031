"""The operator answers a report of a broken file: mended, withdrawn, or nothing wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from pennywhistle.adapters.storage.masters import MasterMissingError
from pennywhistle.flows.examine_report import wanted_of
from pennywhistle.flows.issue_paper import issue_credit_notes
from pennywhistle.flows.outfit import Outfit
from pennywhistle.flows.refund_purchase import give_back, hold_wallet_of
from pennywhistle.flows.withdraw_release import withdraw_release
from pennywhistle.shop.catalogue.queries import get_track
from pennywhistle.shop.sales.aftercare import ReportFacts, get_report
from pennywhistle.shop.sales.bad_files import Answer, ReportError
from pennywhistle.shop.sales.operations import store_answer
from pennywhistle.shop.sales.refunds import NOTE_LENGTH_MOST, RefundReason


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """What the operator decides. `words` are told to the listener; `gives_back` pays back what was
    not paid back yet; `may_claim` says whether this listener's next reports are paid back at once,
    None leaves that as it is."""

    answer: Answer
    words: str = ""
    gives_back: bool = False
    may_claim: bool | None = None


def answer_report(
    *, report_id: int, decision: ReportAnswer, answered_by: int, outfit: Outfit, now: datetime
) -> ReportFacts:
    """Do what was decided, then keep it, the first time.

    `MENDED` lets the next download encode the file afresh, `WITHDRAWN` takes the release off the
    shelves. Both come first, so that a rerun after a kill does them again and nothing is kept that
    was not done. Transactions: a release's, then one of its own, durable. Raises `ReportError`,
    `UnknownSaleLineError`, `UpgradedLineError`.
    """
    if len(decision.words) > NOTE_LENGTH_MOST:
        raise ReportError(f"Write the answer in {NOTE_LENGTH_MOST} letters or fewer.")
    report = get_report(report_id=report_id)
    if report.answer:
        return report
    if decision.answer is Answer.MENDED:
        _encode_afresh(report, outfit)
    elif decision.answer is Answer.WITHDRAWN:
        release = get_track(track_id=report.line.track_id).release
        withdraw_release(name=release.slug)
    with transaction.atomic(durable=True):
        hold_wallet_of(line=report.line)
        if decision.gives_back:
            give_back(
                lines=[report.line],
                reason=RefundReason.BAD_FILE,
                note="",
                refunded_by=answered_by,
                now=now,
            )
        store_answer(
            report_id=report_id,
            answer=decision.answer,
            words=decision.words,
            may_claim=decision.may_claim,
            by=answered_by,
            now=now,
        )
    if decision.gives_back:
        issue_credit_notes(purchase_id=report.purchase_id, now=now)
    return get_report(report_id=report_id)


def _encode_afresh(report: ReportFacts, outfit: Outfit) -> None:
    """Forget the file in the cache; a master that is gone cannot be called mended."""
    try:
        wanted = wanted_of(report=report, outfit=outfit)
    except MasterMissingError as error:
        raise ReportError(
            f"The master of this file is gone ({error}); nothing is mended before it is back."
        ) from error
    outfit.renditions.discard(**wanted.file)
