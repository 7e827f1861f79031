"""What a listener is told of files that they call broken."""

from __future__ import annotations

from django.utils.translation import gettext

from pennywhistle.look import formats
from pennywhistle.shop.sales.aftercare import ReportFacts
from pennywhistle.shop.sales.bad_files import Answer, Held, Trouble


def trouble_titles() -> dict[Trouble, str]:
    """What can be wrong with a file, in the order in which it is asked."""
    return {
        Trouble.WILL_NOT_OPEN: gettext("It will not open or play"),
        Trouble.CUT_OFF: gettext("It stops before the end, or a piece is missing"),
        Trouble.NOISE: gettext("It crackles, skips or hums"),
        Trouble.SILENT: gettext("It is silent"),
        Trouble.WRONG_SONG: gettext("It is another song"),
        Trouble.OTHER: gettext("Something else"),
    }


def what_became_of(report: ReportFacts) -> str:
    """Where a report stands: what came back, or why a person looks at it first."""
    if report.credited is not None:
        said = gettext("%(price)s is back in your wallet.") % {
            "price": formats.money(report.credited)
        }
        return f"{said} {_answered(report)}".strip()
    if report.answer:
        return _answered(report)
    return _why_held(Held(report.held)) if report.held else gettext("The shop is looking at it.")


def _answered(report: ReportFacts) -> str:
    known = {
        Answer.MENDED: gettext("The file is mended, and can be bought again."),
        Answer.WITHDRAWN: gettext("It has been taken off the shelves."),
        Answer.NOTHING_WRONG: gettext("The shop found nothing wrong with the file."),
    }
    return known[Answer(report.answer)] if report.answer else ""


def _why_held(held: Held) -> str:
    known = {
        Held.TOO_LATE: gettext("You bought it a while ago, so the shop looks at it first."),
        Held.UPGRADED: gettext(
            "You bought a better file of this song for the difference, so the shop looks at both."
        ),
        Held.SHORTAGE: gettext(
            "Your wallet is short after your bank took a top-up back, so the shop looks at it first."
        ),
    }
    return known.get(held, gettext("You reported several files, so the shop looks at this first."))
