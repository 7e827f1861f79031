"""One listener's purchases, top-ups and troubles, and the ways to put things right."""

from __future__ import annotations

from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from pennywhistle.doors.desk import aftercare_words, words
from pennywhistle.doors.desk.access import UNCACHED, Visitor, for_the_operator, show
from pennywhistle.doors.desk.aftercare_forms import FindListenerForm, PayBackForm, RefundForm
from pennywhistle.doors.desk.aftercare_pages import (
    BoughtRow,
    ListenerFile,
    ListenersPage,
    PayBackRow,
    PurchaseRow,
    TopUpRow,
)
from pennywhistle.doors.desk.disputes import dispute_line
from pennywhistle.doors.desk.reports import report_row
from pennywhistle.doors.desk.shopfront import currency_of
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.pay_back_top_up import GatewayError, pay_back_top_up
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money, MoneyError
from pennywhistle.look import formats
from pennywhistle.shop.accounts.queries import find_person
from pennywhistle.shop.payments.gateways.circuits import GatewayClosedError
from pennywhistle.shop.payments.going_back.queries import (
    ReturnableTopUp,
    find_returnable_top_up,
    get_shortage,
    list_disputes,
    list_pay_backs,
    list_returnable_top_ups,
)
from pennywhistle.shop.payments.going_back.rules import PayBackFacts, PayBackState
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.sales.aftercare import SoldLine, list_reports_of_person, list_sold_to
from pennywhistle.shop.sales.refunds import RefundError, RefundReason


@require_safe
@for_the_operator
def listeners(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Ask for a listener by mail address, and show what can be put right."""
    return _show(request, visitor, request.GET.get("email", ""))


@require_POST
@for_the_operator
def refund(request: HttpRequest, visitor: Visitor, purchase_id: int) -> HttpResponse:
    """Give back the lines that were ticked, into the wallet."""
    email = request.POST.get("email", "")
    person = find_person(email=email)
    sold = [] if person is None else list_sold_to(person_id=person.pk)
    lines = [one for one in sold if one.purchase_id == purchase_id]
    if not lines:
        raise Http404
    form = _refund_form(lines, request)
    if not form.is_valid():
        return _show(request, visitor, email, refunding=(purchase_id, form))
    try:
        done = refund_purchase(
            purchase_id=purchase_id,
            numbers=form.cleaned_data["numbers"],
            reason=RefundReason(form.cleaned_data["reason"]),
            note=form.cleaned_data["note"],
            refunded_by=visitor.person_id,
            now=visitor.now,
        )
    except RefundError as error:
        form.add_error(None, words.sentence(error))
        return _show(request, visitor, email, refunding=(purchase_id, form))
    total = Money.total((one.amount for one in done), done[0].amount.currency)
    messages.success(
        request,
        gettext("%(amount)s went back into the wallet.") % {"amount": formats.money(total)},
    )
    return _back(email)


@require_POST
@for_the_operator
def pay_back(request: HttpRequest, visitor: Visitor, top_up_id: UUID) -> HttpResponse:
    """Give what is left of a top-up back to its card."""
    email, form = request.POST.get("email", ""), PayBackForm(request.POST)
    top_up = find_returnable_top_up(top_up_id=top_up_id)
    if top_up is None:
        raise Http404
    if not form.is_valid():
        return _show(request, visitor, email, paying=(str(top_up_id), form))
    try:
        facts = pay_back_top_up(
            pay_back_id=form.cleaned_data["once"],
            top_up_id=top_up_id,
            amount=Money.parse(form.cleaned_data["amount"], top_up.amount.currency),
            asked_by=visitor.person_id,
            gateways=get_outfit().gateways,
            now=visitor.now,
        )
    except (GatewayError, GatewayClosedError):
        said = gettext("The gateway gave no answer. The money is set aside, and it is asked again.")
        messages.warning(request, said)
    except (PaymentError, MoneyError) as error:
        form.add_error("amount", words.sentence(error))
        return _show(request, visitor, email, paying=(str(top_up_id), form))
    else:
        _tell(request, facts)
    return _back(email)


def _tell(request: HttpRequest, facts: PayBackFacts) -> None:
    amount = {"amount": formats.money(facts.amount)}
    if facts.state is PayBackState.DECLINED:
        said = gettext("The gateway declined: %(why)s") % {"why": facts.decline_reason}
        messages.error(request, said)
    elif facts.state is PayBackState.PENDING:
        messages.info(request, gettext("%(amount)s is on its way to the card.") % amount)
    else:
        messages.success(request, gettext("%(amount)s went back to the card.") % amount)


def _back(email: str) -> HttpResponse:
    answer = redirect(f"{reverse('desk-listeners')}?{urlencode({'email': email})}")
    answer.status_code = 303
    answer["Cache-Control"] = UNCACHED
    return answer


def _show(
    request: HttpRequest,
    visitor: Visitor,
    email: str,
    *,
    refunding: tuple[int, RefundForm] | None = None,
    paying: tuple[str, PayBackForm] | None = None,
) -> HttpResponse:
    """The page; a form that was not taken stands in its place with what is wrong."""
    form = FindListenerForm({"email": email}) if email else FindListenerForm()
    person = find_person(email=email) if email else None
    if email and person is None:
        form.add_error("email", gettext("Nobody has signed up under this address."))
    listener = None
    if person is not None:
        currency = currency_of(request) or "EUR"
        listener = ListenerFile(
            email=person.email,
            balance=get_wallet_balance(person_id=person.pk, currency=currency),
            shortage=get_shortage(person_id=person.pk, currency=currency),
            purchases=_purchases(list_sold_to(person_id=person.pk), refunding),
            top_ups=_top_ups(list_returnable_top_ups(person_id=person.pk), visitor, paying),
            pay_backs=[_pay_back_row(one) for one in list_pay_backs(person_id=person.pk)],
            disputes=[dispute_line(row) for row in list_disputes(person_id=person.pk)],
            reports=[report_row(one) for one in list_reports_of_person(person_id=person.pk)],
        )
    is_wrong = form.errors or refunding or paying
    return show(
        request,
        visitor,
        "listeners",
        ListenersPage(form, listener),
        status=422 if is_wrong else 200,
    )


def _purchases(sold: list[SoldLine], refunding: tuple[int, RefundForm] | None) -> list[PurchaseRow]:
    rows = []
    for purchase_id, group in groupby(sold, key=lambda one: one.purchase_id):
        lines = list(group)
        form = refunding[1] if refunding and refunding[0] == purchase_id else _refund_form(lines)
        rows.append(
            PurchaseRow(
                id=purchase_id,
                bought_at=lines[0].line.purchased_at,
                total=Money.total((one.line.gross for one in lines), lines[0].line.gross.currency),
                lines=[_bought_row(one) for one in lines],
                form=form if any(one.refund is None for one in lines) else None,
                url=reverse("desk-refund", args=[purchase_id]),
            )
        )
    return rows


def _refund_form(lines: list[SoldLine], request: HttpRequest | None = None) -> RefundForm:
    standing = [
        (one.line.number, f"{one.line.title}, {formats.money(one.line.gross)}")
        for one in lines
        if one.refund is None
    ]
    prefix = f"refund-{lines[0].purchase_id}"
    data = None if request is None else request.POST
    return RefundForm(data, lines=standing, prefix=prefix)


def _bought_row(one: SoldLine) -> BoughtRow:
    why = ""
    if one.refund is not None:
        reason = aftercare_words.refund_reasons()[RefundReason(one.refund.reason)]
        why = f"{reason}: {one.refund.note}" if one.refund.note else reason
    return BoughtRow(
        number=one.line.number,
        title=one.line.title,
        artist=one.line.artist,
        recipe=one.line.recipe,
        gross=one.line.gross,
        refunded_at=None if one.refund is None else one.refund.refunded_at,
        why=why,
    )


def _top_ups(
    top_ups: list[ReturnableTopUp], visitor: Visitor, paying: tuple[str, PayBackForm] | None
) -> list[TopUpRow]:
    rows = []
    for one in top_ups:
        fresh = {"once": new_id(now=visitor.now), "amount": formats.amount_to_type(one.most)}
        form = PayBackForm(initial=fresh, auto_id=f"pay-back-{one.id}-%s")
        if paying and paying[0] == one.id:
            form = paying[1]
        rows.append(
            TopUpRow(
                gateway=one.gateway,
                amount=one.amount,
                arrived_at=one.arrived_at,
                most=one.most,
                form=form if one.most and one.gateway in get_outfit().gateways else None,
                url=reverse("desk-pay-back", args=[one.id]),
            )
        )
    return rows


def _pay_back_row(facts: PayBackFacts) -> PayBackRow:
    return PayBackRow(
        amount=facts.amount,
        gateway=facts.gateway,
        asked_at=facts.created_at,
        state=aftercare_words.pay_back_state(facts.state),
        why=facts.decline_reason,
    )
