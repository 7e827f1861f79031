"""The desk's words for what has gone wrong."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext

from pennywhistle.doors.desk.aftercare_pages import Finding
from pennywhistle.doors.desk.words import Badge
from pennywhistle.look import formats
from pennywhistle.shop.payments.going_back.rules import DisputeStage, PayBackState
from pennywhistle.shop.sales.aftercare import ReportFacts
from pennywhistle.shop.sales.bad_files import Answer, Held, Trouble
from pennywhistle.shop.sales.refunds import RefundReason


def trouble(value: str) -> str:
    """What a listener chose."""
    known = {
        Trouble.WILL_NOT_OPEN: gettext("will not open or play"),
        Trouble.CUT_OFF: gettext("cut off, or a piece missing"),
        Trouble.NOISE: gettext("crackles, skips or hums"),
        Trouble.SILENT: gettext("silent"),
        Trouble.WRONG_SONG: gettext("another song"),
        Trouble.OTHER: gettext("something else"),
    }
    return known[Trouble(value)]


def why_held(value: str) -> str:
    """Which limit kept a report from being paid back at once."""
    known = {
        Held.TRUST_ENDED: gettext("you ended this listener's automatic credits"),
        Held.SHORTAGE: gettext("a dispute left the wallet short"),
        Held.UPGRADED: gettext("an upgrade of this file stands: give that back first"),
        Held.TOO_LATE: gettext("bought too long ago"),
        Held.TOO_MANY: gettext("too many credits within thirty days"),
        Held.TOO_MUCH: gettext("too much credited within thirty days"),
        Held.TOO_LARGE_A_SHARE: gettext("too large a share of what this listener bought"),
    }
    return known[Held(value)] if value else ""


def answers() -> dict[Answer, str]:
    """What the operator can answer, in the order in which it is offered."""
    return {
        Answer.MENDED: gettext("Mended: the next download is encoded afresh"),
        Answer.WITHDRAWN: gettext("The master is bad: take the release off the shelves"),
        Answer.NOTHING_WRONG: gettext("Nothing is wrong with the file"),
    }


def report_state(report: ReportFacts) -> Badge:
    """Whether a report waits for a hand, and what it was answered."""
    if not report.answer:
        held = Badge(gettext("waits for you"), "copper")
        return held if report.credited is None else Badge(gettext("paid back"), "good")
    known = {
        Answer.MENDED: Badge(gettext("mended"), "good"),
        Answer.WITHDRAWN: Badge(gettext("withdrawn"), "wrong"),
        Answer.NOTHING_WRONG: Badge(gettext("nothing wrong")),
    }
    return known[Answer(report.answer)]


def findings(report: ReportFacts) -> list[Finding]:
    """What the store found out about a reported file."""
    found = report.findings
    states = {
        "whole": Finding("", gettext("whole: its bytes are those of its hash"), "good"),
        "damaged": Finding("", gettext("damaged: its bytes are not those of its hash"), "wrong"),
        "missing": Finding("", gettext("missing: restore it from a backup"), "wrong"),
        "absent": Finding("", gettext("not in the cache now; it can be encoded again"), "plain"),
    }
    told = []
    for key, name in (
        ("master", gettext("Master")),
        ("cached", gettext("File in the cache")),
    ):
        if key in found:
            state = states[found[key]]
            told.append(Finding(name, state.text, state.tone))
    for key, name in (
        ("rendition", gettext("SHA-256 of the file")),
        ("encoder", gettext("Encoder")),
    ):
        if key in found:
            told.append(Finding(name, found[key]))
    if "made_at" in found:
        made_at = datetime.fromisoformat(found["made_at"])
        told.append(Finding(gettext("Made last"), formats.moment(made_at)))
    return told


def refund_reasons() -> dict[RefundReason, str]:
    """Why an operator gives something back."""
    return {
        RefundReason.MISTAKE: gettext("a mistake of ours"),
        RefundReason.WITHDRAWAL: gettext("the right of withdrawal"),
        RefundReason.BAD_FILE: gettext("a bad file"),
        RefundReason.GOODWILL: gettext("goodwill"),
    }


def pay_back_state(state: PayBackState) -> Badge:
    """Where a pay-back stands."""
    known = {
        PayBackState.PENDING: Badge(gettext("on its way"), "copper"),
        PayBackState.SUCCEEDED: Badge(gettext("paid back"), "good"),
        PayBackState.DECLINED: Badge(gettext("declined"), "wrong"),
        PayBackState.RETURNED: Badge(gettext("came back"), "wrong"),
    }
    return known[state]


def dispute_stage(stage: DisputeStage) -> Badge:
    """Where a dispute stands."""
    known = {
        DisputeStage.INQUIRY: Badge(gettext("the bank asks")),
        DisputeStage.OPEN: Badge(gettext("open"), "copper"),
        DisputeStage.WON: Badge(gettext("won"), "good"),
        DisputeStage.LOST: Badge(gettext("lost"), "wrong"),
    }
    return known[stage]
