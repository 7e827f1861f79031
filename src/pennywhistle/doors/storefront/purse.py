"""The wallet: what is in it, what came and went, and the ways to fill it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from pennywhistle.doors.storefront import pages
from pennywhistle.doors.storefront.answers import PERSONAL, for_listeners, go, person_of, show
from pennywhistle.doors.storefront.visitor import Visit, tries_from, visit_of
from pennywhistle.doors.storefront.ways import let_counter_in, list_ways
from pennywhistle.doors.storefront.words import declined, movement, words_for
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.redeem_voucher import CODE_LETTERS_MOST, Redeemed, redeem_voucher
from pennywhistle.flows.settle_shortage import settle_shortage
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.look import formats
from pennywhistle.shop.ledger.queries import Movement
from pennywhistle.shop.payments.banking.queries import list_waiting_slips
from pennywhistle.shop.payments.banking.rules import spell_reference
from pennywhistle.shop.payments.going_back.queries import ShutWallet, find_shut_wallet
from pennywhistle.shop.payments.queries import (
    get_wallet_balance,
    list_other_wallets,
    list_wallet_movements,
)
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.payments.top_ups.queries import list_unsettled_top_ups
from pennywhistle.shop.payments.top_ups.rules import TopUpLimits, limits_of
from pennywhistle.shop.sales.queries import get_quote
from pennywhistle.shop.sales.rules import QuoteNotYoursError


@require_safe
@for_listeners
def wallet(request: HttpRequest) -> HttpResponseBase:
    """The wallet's page. A card's square leads here with the code that it bears."""
    return show_wallet(request, voucher_code=request.GET.get("code", "")[:CODE_LETTERS_MOST])


@require_POST
@for_listeners
def redeem(request: HttpRequest) -> HttpResponseBase:
    """Redeem a voucher's code."""
    visit, code = visit_of(request), request.POST.get("code", "").strip()
    try:
        redeemed = redeem_voucher(
            code=code,
            person_id=person_of(request),
            domain=visit.domain,
            now=visit.now,
            tried_from=[tries_from(request)],
        )
    except PaymentError as error:
        return show_wallet(request, voucher_code=code, voucher_trouble=words_for(error))
    messages.success(request, _told(redeemed) % {"worth": formats.money(redeemed.worth)})
    return go(onward(request))


def _told(redeemed: Redeemed) -> str:
    if redeemed.is_gift:
        return (
            gettext("The gift put %(worth)s into your wallet.")
            if redeemed.is_first
            else gettext("You redeemed this gift before: its %(worth)s went into your wallet then.")
        )
    return (
        gettext("The voucher put %(worth)s into your wallet.")
        if redeemed.is_first
        else gettext("You redeemed this voucher before: its %(worth)s went into your wallet then.")
    )


@require_POST
@for_listeners
def settle(request: HttpRequest) -> HttpResponseBase:
    """Make good what is missing, out of the wallet."""
    visit = visit_of(request)
    try:
        settled = settle_shortage(
            person_id=person_of(request), currency=visit.currency, now=visit.now
        )
    except PaymentError as error:
        return show_wallet(request, trouble=gettext(str(error)))
    if settled:
        said = gettext("%(amount)s is settled. You can buy again.")
        messages.success(request, said % {"amount": formats.money(settled)})
    return go(onward(request))


def limits_for(visit: Visit) -> TopUpLimits:
    """What a top-up or a gift may be in the visitor's currency."""
    return limits_of(currency=visit.currency, own=settings.TOP_UPS)


def onward(request: HttpRequest) -> str:
    """Back to the till, if that is where the visitor came from."""
    quote_id = quote_id_of(request.POST.get("for", ""))
    return f"/checkout/{quote_id}/" if quote_id else "/wallet/"


def query_of(asked: Mapping[str, str]) -> str:
    """What takes the offer at the till along to the next page."""
    quote_id = quote_id_of(asked.get("for", ""))
    return f"?for={quote_id}" if quote_id else ""


def quote_id_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def show_wallet(
    request: HttpRequest,
    *,
    voucher_code: str = "",
    voucher_trouble: str = "",
    chosen: str = "",
    trouble: str = "",
) -> HttpResponseBase:
    """The wallet's page. `trouble` is what went wrong with the chosen way to pay."""
    visit, person_id = visit_of(request), person_of(request)
    currency = visit.currency
    balance = get_wallet_balance(person_id=person_id, currency=currency)
    asked = request.POST if request.method == "POST" else request.GET
    quote_id = quote_id_of(asked.get("for", ""))
    shut = find_shut_wallet(person_id=person_id, currency=currency, least=limits_for(visit).least)
    ways = list_ways(visit=visit, person_id=person_id, chosen=chosen, trouble=trouble)
    gateways = {way.gateway for way in ways}
    if shut is not None and not shut.most:
        ways = ()  # It holds what is missing: more would be money that nobody can use.
    page = pages.WalletPage(
        balance=balance,
        movements=_movements(list_wallet_movements(person_id=person_id, currency=currency)),
        top_ups=(
            *_top_ups(person_id, quote_id, visit),
            *_transfers(person_id, query_of(asked), visit),
        ),
        amounts=limits_for(visit).suggested if shut is None else (shut.most,),
        shut=_shut(shut),
        elsewhere=tuple(list_other_wallets(person_id=person_id, currency=currency)),
        top_up_id=str(new_id(now=visit.now)),
        ways=ways,
        is_out_of_order=not get_outfit().gateways.keys() <= gateways,
        trouble="" if any(way.trouble for way in ways) else trouble,
        voucher_code=voucher_code,
        voucher_trouble=voucher_trouble,
        quote_id=str(quote_id) if quote_id else "",
        amount_wanted=_wanted(quote_id, person_id, balance, visit),
    )
    is_wrong = voucher_trouble or trouble
    answer = show(request, "wallet", page, cache=PERSONAL, status=422 if is_wrong else 200)
    return let_counter_in(answer, *(way.gateway for way in ways))


def _shut(shut: ShutWallet | None) -> pages.ShutWallet | None:
    if shut is None:
        return None
    return pages.ShutWallet(
        missing=shut.missing, can_settle=not shut.is_undecided and not shut.most, most=shut.most
    )


def _top_ups(person_id: int, quote_id: UUID | None, visit: Visit) -> tuple[pages.PendingTopUp, ...]:
    onward = f"?for={quote_id}" if quote_id else ""
    waiting = gettext("The bank has not answered yet.")
    asking = gettext("Your bank wants an answer from you.")
    return tuple(
        pages.PendingTopUp(
            id=str(row.pk),
            at=row.created_at,
            amount=Money(row.amount_micros, row.currency),
            state="declined" if row.state == "declined" else "pending",
            text=declined(row.decline_reason) or (asking if row.needs_answer else waiting),
            answer_url=f"/wallet/answer/{row.pk}/{onward}" if row.needs_answer else "",
        )
        for row in list_unsettled_top_ups(person_id=person_id, now=visit.now)
    )


def _transfers(person_id: int, query: str, visit: Visit) -> Iterator[pages.PendingTopUp]:
    """Bank transfers for which the shop waits."""
    for slip in list_waiting_slips(person_id=person_id, now=visit.now):
        spelled = spell_reference(reference=slip.reference)
        yield pages.PendingTopUp(
            id=slip.id,
            at=slip.created_at,
            amount=slip.amount,
            state="pending",
            text=gettext("Your bank transfer %(reference)s") % {"reference": spelled},
            answer_url=f"/wallet/bank/{slip.id}/{query}",
        )


def _wanted(quote_id: UUID | None, person_id: int, balance: Money, visit: Visit) -> Money | None:
    """What the wallet lacks for an offer that still stands."""
    if quote_id is None:
        return None
    try:
        quote = get_quote(quote_id=quote_id, person_id=person_id)
    except QuoteNotYoursError:
        return None
    stands = not quote.is_consumed and visit.now < quote.expires_at
    return quote.total - balance if stands and balance < quote.total else None


def _movements(rows: Iterable[Movement]) -> tuple[pages.WalletMovement, ...]:
    """The wallet's book, the songs of one purchase drawn together into one line."""
    drawn: dict[str, tuple[datetime, str, Money, int]] = {}
    for row in rows:
        purchase = row.document.rpartition("/")[0]
        key = purchase if row.reason == "sale" else row.key
        at, reason, amount, count = drawn.get(
            key, (row.posted_at, row.reason, Money.zero(row.amount.currency), 0)
        )
        drawn[key] = (at, reason, amount + row.amount, count + 1)
    return tuple(
        pages.WalletMovement(
            at=at,
            text=_songs(count, amount) if reason == "sale" else movement(reason),
            amount=amount,
        )
        for at, reason, amount, count in drawn.values()
    )


def _songs(count: int, amount: Money) -> str:
    """Songs that were bought, or whose money came back."""
    told = (
        ngettext("%(count)s song", "%(count)s songs", count)
        if amount.micros < 0
        else ngettext("%(count)s song given back", "%(count)s songs given back", count)
    )
    return told % {"count": count}
