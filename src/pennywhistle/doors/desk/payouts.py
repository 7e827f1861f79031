"""Paying licensors: who is due, files of payments for the bank, and what became of each payout."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from pennywhistle.doors.desk import words
from pennywhistle.doors.desk.access import UNCACHED, Visitor, for_the_operator, go, show
from pennywhistle.doors.desk.payout_pages import (
    FileLine,
    PayoutLine,
    PayoutsPage,
    TermsForm,
    TermsLine,
)
from pennywhistle.doors.desk.words import Badge
from pennywhistle.flows.agree_on_payouts import TermsRequest, agree_on_payouts
from pennywhistle.flows.order_payouts import VERSIONS, OrderedPayouts, order_payouts, write_again
from pennywhistle.flows.outfit import get_bank_account
from pennywhistle.flows.pay_out import pay_out_due
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.licensing.queries import list_licensors
from pennywhistle.shop.royalties.payout_file_queries import list_files
from pennywhistle.shop.royalties.payout_files import FileHead, UnknownFileError
from pennywhistle.shop.royalties.payout_queries import list_payouts
from pennywhistle.shop.royalties.payout_terms import PayoutTermsError
from pennywhistle.shop.royalties.payout_terms_queries import Standing, list_standings
from pennywhistle.shop.royalties.payouts import PayoutError, PayoutFacts


@require_safe
@for_the_operator
def listing(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Who is due, what is on its way, and what was sent."""
    return _show(request, visitor, _form(None))


@require_POST
@for_the_operator
def terms(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Agree with a licensor on where and when they are paid."""
    form = _form(request)
    if not form.is_valid():
        return _show(request, visitor, form, status=422)
    asked = TermsRequest(**form.cleaned_data)
    try:
        agreed = agree_on_payouts(request=asked, agreed_by=visitor.person_id, now=visitor.now)
    except PayoutTermsError as error:
        form.add_error(None, words.sentence(error))
        return _show(request, visitor, form, status=422)
    messages.success(
        request,
        gettext("%(licensor)s is paid to %(account)s; banks read the holder as %(holder)s.")
        % {
            "licensor": asked.licensor,
            "account": agreed.masked_iban,
            "holder": agreed.spelled_holder,
        },
    )
    return go("desk-payouts")


@require_POST
@for_the_operator
def make_due(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Set aside everything that is due."""
    made = pay_out_due(new_payout_id=lambda: new_id(now=visitor.now), now=visitor.now).made
    count = len(made)
    said = ngettext("%(count)s payout was set aside.", "%(count)s payouts were set aside.", count)
    messages.success(request, said % {"count": count})
    return go("desk-payouts")


@require_POST
@for_the_operator
def make_file(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """A file of all payouts that stand in none yet."""
    try:
        ordered = order_payouts(
            file_id=new_id(now=visitor.now),
            account=get_bank_account(),
            version=VERSIONS[0],
            execute_on=visitor.now.date(),
            now=visitor.now,
        )
    except PayoutError as error:
        messages.error(request, words.sentence(error))
        return go("desk-payouts")
    return _download(ordered)


@require_safe
@for_the_operator
def file(request: HttpRequest, visitor: Visitor, file_id: UUID) -> HttpResponse:
    """A file that was made before."""
    try:
        return _download(write_again(file_id=file_id))
    except UnknownFileError:
        raise Http404 from None


def _download(ordered: OrderedPayouts) -> HttpResponse:
    answer = HttpResponse(ordered.data, content_type="application/xml")
    answer["Content-Disposition"] = f'attachment; filename="{ordered.file_name}"'
    answer["Cache-Control"] = UNCACHED
    return answer


def _form(request: HttpRequest | None) -> TermsForm:
    return TermsForm(
        None if request is None else request.POST, licensors=[who.name for who in list_licensors()]
    )


def _show(
    request: HttpRequest, visitor: Visitor, form: TermsForm, *, status: int = 200
) -> HttpResponse:
    payouts = list_payouts()
    page = PayoutsPage(
        form=form,
        terms=[_terms_line(each) for each in list_standings(now=visitor.now)],
        payouts=[_payout_line(each) for each in payouts],
        files=[_file_line(each) for each in list_files()],
        can_send=any(each.is_open and each.file_id is None for each in payouts),
    )
    return show(request, visitor, "payouts", page, status=status)


def _terms_line(standing: Standing) -> TermsLine:
    terms = standing.terms
    return TermsLine(
        licensor=standing.licensor,
        url=reverse("desk-licensor", args=[terms.licensor_id]),
        holder=terms.holder,
        account=terms.masked_iban,
        minimum=terms.minimum,
        schedule=terms.schedule,
        payable=standing.payable,
        state=Badge(gettext("due"), "copper") if standing.is_due else Badge(gettext("not due")),
    )


def _payout_line(payout: PayoutFacts) -> PayoutLine:
    if payout.returned_at is not None:
        state = Badge(gettext("came back: owed again"), "wrong")
    elif payout.ended_at is None:
        state = Badge(gettext("in a file") if payout.file_id else gettext("set aside"), "copper")
    else:
        state = Badge(gettext("paid"), "good") if payout.is_paid else Badge(gettext("called off"))
    return PayoutLine(payout.made_at, payout.licensor, payout.amount, state, payout.booked_on)


def _file_line(head: FileHead) -> FileLine:
    return FileLine(
        url=reverse("desk-payout-file", args=[head.id]),
        made_at=head.made_at,
        payment_count=head.payment_count,
        total=head.total,
        open_count=head.open_count,
    )
