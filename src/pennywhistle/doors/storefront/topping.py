"""Topping up through a gateway: with a kept card, a new one, or a test card."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from pennywhistle.doors.storefront import pages
from pennywhistle.doors.storefront.answers import PERSONAL, for_listeners, go, person_of, show
from pennywhistle.doors.storefront.purse import (
    limits_for,
    onward,
    query_of,
    quote_id_of,
    show_wallet,
)
from pennywhistle.doors.storefront.visitor import Visit, tries_from, visit_of
from pennywhistle.doors.storefront.ways import TEST_GATEWAY, find_counter, let_counter_in
from pennywhistle.doors.storefront.words import declined, words_for
from pennywhistle.flows.keep_card import (
    begin_card,
    forget_card,
    get_card,
    means_of,
    take_card,
)
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.top_up_wallet import (
    Card,
    Gateway,
    GatewayError,
    Means,
    answer_bank,
    ask_about_top_up,
    top_up_wallet,
)
from pennywhistle.kit.money import Money, MoneyError
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.payments.top_ups.queries import get_top_up
from pennywhistle.shop.payments.top_ups.rules import TopUpTerms, UnknownTopUpError
from pennywhistle.shop.storefronts.rules import bonus_of


def _gateway(name: str) -> Gateway:
    """Raises `PaymentError` for one that is not set up here."""
    gateway = get_outfit().gateways.get(name)
    if gateway is None:
        raise PaymentError(gettext("This shop takes no cards at the moment."))
    return gateway


@require_POST
@for_listeners
def top_up(request: HttpRequest) -> HttpResponseBase:
    """Charge a card by the way that was chosen."""
    visit, person_id = visit_of(request), person_of(request)
    chosen = request.POST.get("way", TEST_GATEWAY)
    try:
        gateway, top_up_id = _gateway(chosen), UUID(request.POST.get("top_up", ""))
        amount = Money.parse(request.POST.get("amount", ""), visit.currency)
        done = top_up_wallet(
            top_up_id=top_up_id,
            person_id=person_id,
            amount=amount,
            card=_means(request, gateway, visit),
            gateway=gateway,
            now=visit.now,
            terms=TopUpTerms(
                bonus=bonus_of(amount=amount, gateway=chosen, prices=visit.shop.prices),
                voucher_class=settings.TOP_UP_CLASS,
            ),
            limits=limits_for(visit),
            tried_from=[tries_from(request)],
        )
    except (PaymentError, MoneyError) as error:
        return show_wallet(request, chosen=chosen, trouble=words_for(error))
    except ValueError:
        said = gettext("Load the page again, and try once more.")
        return show_wallet(request, chosen=chosen, trouble=said)
    except GatewayError:
        return _unanswered(request)
    if done.needs_answer:
        return go(f"/wallet/answer/{done.pk}/{query_of(request.POST)}")
    return _after_charge(request, chosen, done.state, done.decline_reason)


def _means(request: HttpRequest, gateway: Gateway, visit: Visit) -> Means:
    """What pays: a test number, a kept card, or the card that the browser has just handed over."""
    if gateway.name == TEST_GATEWAY:
        return Card(request.POST.get("card_number", ""))
    person_id, card_id = person_of(request), request.POST.get("card", "new")
    if card_id.isdecimal():
        return means_of(card=get_card(card_id=int(card_id), person_id=person_id))
    handed_over = request.POST.get("setup", "")
    if not handed_over:
        raise PaymentError(
            gettext("The card did not reach the card company. Load the page again and enter it.")
        )
    card = take_card(
        person_id=person_id,
        setup_handle=handed_over,
        is_kept=request.POST.get("keep") == "yes",
        gateway=gateway,
        tried_from=[tries_from(request)],
        now=visit.now,
    )
    return means_of(card=card)


def _unanswered(request: HttpRequest) -> HttpResponseBase:
    messages.warning(
        request, gettext("The card company did not answer. Nothing is lost: it is listed below.")
    )
    return go("/wallet/")


def _after_charge(request: HttpRequest, chosen: str, state: str, reason: str) -> HttpResponseBase:
    if state == "declined":
        return show_wallet(request, chosen=chosen, trouble=declined(reason))
    if state == "pending":
        messages.info(request, gettext("The bank takes its time. Your top-up is listed below."))
        return go("/wallet/")
    messages.success(request, gettext("Your wallet is topped up."))
    return go(onward(request))


@require_POST
@for_listeners
def hand_over(request: HttpRequest) -> HttpResponseBase:
    """The secret with which the browser hands a new card to the gateway; for the page's script."""
    try:
        secret = begin_card(
            person_id=person_of(request),
            reference=UUID(request.POST.get("top_up", "")),
            gateway=_gateway(request.POST.get("way", "")),
            tried_from=[tries_from(request)],
            now=visit_of(request).now,
        )
    except PaymentError as error:
        return _told(words_for(error))
    except (GatewayError, ValueError):
        return _told(gettext("The card company did not answer. Try again in a moment."))
    return JsonResponse({"secret": secret}, headers={"Cache-Control": PERSONAL})


def _told(trouble: str) -> JsonResponse:
    return JsonResponse({"trouble": trouble}, status=422, headers={"Cache-Control": PERSONAL})


@require_http_methods(["GET", "HEAD", "POST"])
@for_listeners
def answer(request: HttpRequest, top_up_id: UUID) -> HttpResponseBase:
    """Where the listener answers the bank; afterwards, what became of the top-up."""
    person_id, now = person_of(request), visit_of(request).now
    try:
        known = get_top_up(top_up_id=top_up_id)
        gateway = _gateway(known.gateway)
        if request.method == "POST" and "answer" in request.POST:
            is_accepted = request.POST["answer"] == "yes"
            answer_bank(
                top_up_id=top_up_id,
                person_id=person_id,
                is_accepted=is_accepted,
                gateway=gateway,
                now=now,
            )
        charge = ask_about_top_up(
            top_up_id=top_up_id, person_id=person_id, gateway=gateway, now=now
        )
    except UnknownTopUpError:
        return go("/wallet/")
    except PaymentError as error:
        return show_wallet(request, trouble=words_for(error))
    except GatewayError:
        return _unanswered(request)
    if charge is not None and charge.state == "action":
        return _ask(request, top_up_id, charge.amount, known.gateway, charge.client_secret)
    done = get_top_up(top_up_id=top_up_id)
    if request.method != "POST":
        return go("/wallet/")
    return _after_charge(request, known.gateway, done.state, done.decline_reason)


def _ask(
    request: HttpRequest, top_up_id: UUID, amount: Money, gateway: str, secret: str
) -> HttpResponseBase:
    asked = request.POST if request.method == "POST" else request.GET
    quote_id, counter = quote_id_of(asked.get("for", "")), find_counter(gateway)
    page = pages.AnswerPage(
        top_up_id=str(top_up_id),
        amount=amount,
        quote_id=str(quote_id) if quote_id else "",
        script_url=counter.script_url if counter else "",
        public_key=counter.public_key if counter else "",
        client_secret=secret,
    )
    return let_counter_in(show(request, "answer", page, cache=PERSONAL), gateway)


@require_POST
@for_listeners
def forget(request: HttpRequest, card_id: int) -> HttpResponseBase:
    """Have a kept card forgotten."""
    person_id, now = person_of(request), visit_of(request).now
    try:
        card = get_card(card_id=card_id, person_id=person_id)
        gateway = _gateway(card.gateway)
        forget_card(card_id=card_id, person_id=person_id, gateway=gateway, now=now)
    except PaymentError as error:
        return show_wallet(request, trouble=words_for(error))
    except GatewayError:
        said = gettext("The card company did not answer. Try again in a moment.")
        return show_wallet(request, trouble=said)
    messages.success(request, gettext("The card is forgotten."))
    return go("/wallet/")
