"""Who is at the counter: the shop they see, where they are, what they carry, and the page's frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from pennywhistle.doors.storefront import carrying
from pennywhistle.doors.storefront.words import words_for
from pennywhistle.flows.gather_evidence import gather_evidence, visitor_address, with_card
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.kit.addresses import subscriber_of
from pennywhistle.kit.clock import utc_now
from pennywhistle.look.frame import BARE_FRAME, HAS_DESK, Frame, LicenceLine
from pennywhistle.shop.licensing.notice import list_notice
from pennywhistle.shop.payments.codes.tries import address_subject
from pennywhistle.shop.payments.queries import find_wallet_currency, get_wallet_balance
from pennywhistle.shop.sales.rules import Evidence, TerritoryUnknownError, decide_territory
from pennywhistle.shop.sales.vat import Seller
from pennywhistle.shop.storefronts.queries import Shopfront, get_shopfront
from pennywhistle.shop.storefronts.rules import NoStorefrontError

_ON_REQUEST = "_pennywhistle_visit"
_FRAME_ON_REQUEST = "_pennywhistle_frame"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, as the pages need to know it.

    `territory` is None where it cannot be told, and `territory_trouble` then says why. `person_id`
    and `listener` are None for a visitor who has not signed in. `wallet_currency` is None for who
    has no wallet yet; `shop` shows prices in it, else in the currency chosen, where it sells in that.
    """

    now: datetime
    domain: str
    shop: Shopfront
    evidence: tuple[Evidence, ...]
    territory: str | None
    territory_trouble: str
    person_id: int | None
    listener: str | None
    is_staff: bool
    basket: tuple[BasketItem, ...]
    seller: Seller
    promotion_code: str = ""
    wallet_currency: str | None = None

    @property
    def sells_here(self) -> bool:
        """True where this shop sells in the visitor's country at all."""
        return self.territory is not None and self.territory in self.shop.territories

    @property
    def currency(self) -> str:
        """What the visitor's wallet holds, or would."""
        return self.wallet_currency or self.shop.currency


def visit_of(request: HttpRequest) -> Visit:
    """The visit of this request; the first call costs a query, and three more for who signed in.

    Raises `NoStorefrontError` in a store without a storefront.
    """
    known = getattr(request, _ON_REQUEST, None)
    if not isinstance(known, Visit):
        known = _open_visit(request)
        setattr(request, _ON_REQUEST, known)
    return known


def _open_visit(request: HttpRequest) -> Visit:
    now = utc_now()
    domain, _ = split_domain_port(request.get_host())
    person = request.user if request.user.is_authenticated else None
    wallet = find_wallet_currency(person_id=person.pk) if person else None
    shop = get_shopfront(domain=domain, now=now, currency=wallet or carrying.currency(request))
    declared = carrying.country(request) or (person.country if person else "")
    evidence = gather_evidence(
        address=address_of(request),
        declared=declared,
        local_country=settings.LOCAL_COUNTRY,
        phone_prefix=carrying.phone_prefix(request),
    )
    territory, trouble = _where(evidence, shop)
    if territory is None and person is not None:
        evidence = [*with_card(evidence=evidence, person_id=person.pk)]
        territory, trouble = _where(evidence, shop)
    return Visit(
        now=now,
        domain=domain,
        shop=shop,
        evidence=tuple(evidence),
        territory=territory,
        territory_trouble=trouble,
        person_id=person.pk if person else None,
        listener=person.email if person else None,
        is_staff=bool(person and (person.is_staff or request.session.get(HAS_DESK))),
        basket=carrying.basket(request),
        seller=settings.SELLER,
        promotion_code=carrying.promotion_code(request),
        wallet_currency=wallet,
    )


def _where(evidence: Sequence[Evidence], shop: Shopfront) -> tuple[str | None, str]:
    """The country, or None and why it cannot be told."""
    try:
        return decide_territory(evidence=evidence, needed=shop.evidence_needed), ""
    except TerritoryUnknownError as error:
        return None, words_for(error)


def address_of(request: HttpRequest) -> str:
    """The visitor's address, as `visitor_address` has it."""
    return visitor_address(
        nearest=str(request.META.get("REMOTE_ADDR", "")),
        forwarded_for=str(request.META.get("HTTP_X_FORWARDED_FOR", "")),
        trusted=settings.TRUSTED_PROXIES,
    )


def tries_from(request: HttpRequest) -> str:
    """What tries of codes from the visitor's address (of IPv6, its /64) are counted under: a hash that
    nobody turns back."""
    subscriber = subscriber_of(address_of(request))
    digest = salted_hmac("code tries", subscriber, algorithm="sha256")
    return address_subject(digest=digest.hexdigest())


def frame(request: HttpRequest) -> dict[str, Frame]:
    """The context processor that gives every template its frame under the name `shop`."""
    known = getattr(request, _FRAME_ON_REQUEST, None)
    if not isinstance(known, Frame):
        try:
            known = _frame_of(visit_of(request), carrying.query(request))
        except NoStorefrontError:
            known = BARE_FRAME
        setattr(request, _FRAME_ON_REQUEST, known)
    return {"shop": known}


def _frame_of(visit: Visit, query: str) -> Frame:
    balance = None
    if visit.person_id is not None:
        balance = get_wallet_balance(person_id=visit.person_id, currency=visit.currency)
    rights = {"RECORDING": gettext("recordings"), "WORK": gettext("songs")}
    return Frame(
        name=visit.shop.name,
        operator=visit.shop.imprint,
        country=visit.territory,
        basket_count=len(visit.basket),
        listener=visit.listener,
        is_staff=visit.is_staff,
        balance=balance,
        licences=tuple(
            LicenceLine(line.licensor, rights.get(line.right, line.right), line.document_reference)
            for line in list_notice(territory=visit.territory, instant=visit.now)
        ),
        query=query,
        currency=visit.shop.currency,
        currencies=visit.shop.currencies,
        currency_is_fixed=visit.wallet_currency is not None,
    )
