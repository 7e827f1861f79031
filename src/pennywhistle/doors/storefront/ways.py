"""The ways to fill a wallet, as its page offers them: those that can be asked now, best first."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django.conf import settings
from django.http import HttpResponseBase
from django.utils.translation import gettext

from pennywhistle.doors.storefront import pages
from pennywhistle.doors.storefront.visitor import Visit
from pennywhistle.flows.keep_card import CardCounter, find_card_counter
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.watch_gateways import list_ways_to_pay
from pennywhistle.look import formats
from pennywhistle.shop.payments.banking.rules import CURRENCY
from pennywhistle.shop.payments.banking.rules import GATEWAY as BANK
from pennywhistle.shop.payments.gateways.queries import CardFacts, list_cards
from pennywhistle.shop.storefronts.rules import percent_text

TEST_GATEWAY = "sandbox"

# How cards are called by those who issue them; another is called by its own word.
_BRANDS = {
    "amex": "American Express",
    "diners": "Diners Club",
    "discover": "Discover",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}


def list_ways(
    *, visit: Visit, person_id: int, chosen: str = "", trouble: str = ""
) -> tuple[pages.WayToPay, ...]:
    """The ways to pay. `trouble` is what went wrong with the one that was chosen. Two queries."""
    gateways = get_outfit().gateways
    kept = list_cards(person_id=person_id)
    ways = []
    for name in list_ways_to_pay(gateways=gateways):
        counter = find_card_counter(gateway=gateways[name])
        ways.append(
            pages.WayToPay(
                gateway=name,
                bonus_text=_bonus_text(visit, name),
                trouble=trouble if name == chosen else "",
                cards=tuple(_card_row(card) for card in kept if card.gateway == name),
                script_url=counter.script_url if counter else "",
                public_key=counter.public_key if counter else "",
                test_cards=_test_cards() if name == TEST_GATEWAY else (),
            )
        )
    if get_outfit().bank is not None and visit.currency == CURRENCY:
        said = trouble if chosen == BANK else ""
        ways.append(pages.WayToPay(BANK, bonus_text=_bonus_text(visit, BANK), trouble=said))
    return tuple(sorted(ways, key=lambda way: settings.GATEWAYS.index(way.gateway)))


def find_counter(gateway: str) -> CardCounter | None:
    """Where a browser hands a card to that gateway, or None."""
    known = get_outfit().gateways.get(gateway)
    return find_card_counter(gateway=known) if known is not None else None


def let_counter_in(response: HttpResponseBase, *names: str) -> HttpResponseBase:
    """Let the scripts of those gateways run on this page, from their own hosts and no others."""
    allowed: dict[str, list[str]] = {}
    for name in names:
        counter = find_counter(name)
        for directive, hosts in (counter.hosts if counter else {}).items():
            allowed.setdefault(directive, ["'self'"]).extend(hosts)
    if allowed:
        vars(response)["_csp_update"] = allowed  # As `csp.decorators.csp_update` does.
    return response


def _bonus_text(visit: Visit, gateway: str) -> str:
    return percent_in_words(visit.shop.prices.bonuses.get(gateway, Fraction(0)))


def percent_in_words(percent: Fraction) -> str:
    """What the shop adds to a top-up; nothing for nothing."""
    if not percent:
        return ""
    return gettext("The shop adds %(percent)s to what you pay in.") % {
        "percent": formats.percent(Decimal(percent_text(percent)))
    }


def _card_row(card: CardFacts) -> pages.KeptCardRow:
    text = gettext("%(brand)s ending in %(last4)s, good until %(month)02d/%(year)d")
    return pages.KeptCardRow(
        card.id,
        text
        % {
            "brand": _BRANDS.get(card.brand, card.brand.title()),
            "last4": card.last4,
            "month": card.expires_month,
            "year": card.expires_year,
        },
    )


def _test_cards() -> tuple[pages.TestCard, ...]:
    """The sandbox gateway's numbers."""
    return (
        pages.TestCard("4242 4242 4242 4242", gettext("pays at once")),
        pages.TestCard("4000 0000 0000 0002", gettext("is declined")),
        pages.TestCard("4000 0000 0000 9995", gettext("has too little on it")),
        pages.TestCard("4000 0000 0000 0077", gettext("pays after a few seconds")),
        pages.TestCard("4000 0000 0000 0341", gettext("is declined after a few seconds")),
        pages.TestCard("4000 0000 0000 3220", gettext("asks you first")),
        pages.TestCard("4000 0027 6000 0016", gettext("pays at once, from Germany")),
        pages.TestCard("4000 0000 0000 1976", gettext("pays, and its bank asks why")),
        pages.TestCard("4000 0000 0000 2685", gettext("pays, is disputed, and the shop wins")),
        pages.TestCard("4000 0000 0000 0259", gettext("pays, is disputed, and the shop loses")),
    )
