"""Files that their buyers call broken: what was said, what the store found, and the answer."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from pennywhistle.doors.desk import aftercare_words, words
from pennywhistle.doors.desk.access import Visitor, for_the_operator, go, show
from pennywhistle.doors.desk.aftercare_forms import AnswerForm
from pennywhistle.doors.desk.aftercare_pages import ReportPage, ReportRow, ReportsPage
from pennywhistle.flows.answer_report import ReportAnswer, answer_report
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.shop.sales.aftercare import ReportFacts, get_report, list_reports
from pennywhistle.shop.sales.bad_files import Answer
from pennywhistle.shop.sales.refunds import RefundError, UnknownSaleLineError


@require_safe
@for_the_operator
def listing(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """What waits for an answer, and what was answered."""
    page = ReportsPage(
        waiting=[report_row(one) for one in list_reports(is_answered=False)],
        answered=[report_row(one) for one in list_reports(is_answered=True)],
    )
    return show(request, visitor, "reports", page)


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_operator
def report(request: HttpRequest, visitor: Visitor, report_id: int) -> HttpResponse:
    """One report; posted, the answer to it."""
    try:
        facts = get_report(report_id=report_id)
    except UnknownSaleLineError:
        raise Http404 from None
    is_credited = facts.credited is not None
    if request.method != "POST":
        form = AnswerForm(is_credited=is_credited)
        return show(request, visitor, "report", _page(facts, form))
    form = AnswerForm(request.POST, is_credited=is_credited)
    if not form.is_valid():
        return show(request, visitor, "report", _page(facts, form), status=422)
    try:
        answer_report(
            report_id=facts.id,
            decision=ReportAnswer(
                answer=Answer(form.cleaned_data["answer"]),
                words=form.cleaned_data["words"],
                gives_back=form.cleaned_data.get("gives_back", False),
                may_claim=form.may_claim,
            ),
            answered_by=visitor.person_id,
            outfit=get_outfit(),
            now=visitor.now,
        )
    except RefundError as error:
        form.add_error(None, words.sentence(error))
        return show(request, visitor, "report", _page(facts, form), status=409)
    messages.success(request, gettext("Answered. The listener sees it in their library."))
    return go("desk-reports")


def report_row(facts: ReportFacts) -> ReportRow:
    """A report in a list."""
    return ReportRow(
        url=reverse("desk-report", args=[facts.id]),
        title=facts.line.title,
        recipe=facts.line.recipe,
        trouble=aftercare_words.trouble(facts.trouble),
        words=facts.words,
        listener=facts.email,
        listener_url=f"{reverse('desk-listeners')}?email={facts.email}",
        reported_at=facts.reported_at,
        state=aftercare_words.report_state(facts),
        credited=facts.credited,
    )


def _page(facts: ReportFacts, form: AnswerForm) -> ReportPage:
    return ReportPage(
        report=report_row(facts),
        artist=facts.line.artist,
        price=facts.line.gross,
        bought_at=facts.line.purchased_at,
        why_held=aftercare_words.why_held(facts.held),
        findings=aftercare_words.findings(facts),
        examined_at=facts.examined_at,
        url=reverse("desk-report", args=[facts.id]),
        form=None if facts.answer else form,
        answer=aftercare_words.answers()[Answer(facts.answer)] if facts.answer else "",
        answer_words=facts.answer_words,
        answered_at=facts.answered_at,
    )
