"""Tax, shares and the right of withdrawal in the words of the counter."""

from __future__ import annotations

from django.utils.translation import gettext

from pennywhistle.look import formats
from pennywhistle.shop.royalties.pennies import Share, ShareKind
from pennywhistle.shop.sales.papers import TaxSum


def waiver(version: str) -> str:
    """The words by which a buyer gives up the right of withdrawal, by their version."""
    known = {
        "2026-11": gettext(
            "I want my download to begin at once, and I know that I can then no longer withdraw "
            "from this purchase within 14 days."
        )
    }
    return known.get(version, version)


def share(kind: ShareKind) -> str:
    """Whom a share of a price is for."""
    known = {
        ShareKind.RECORDING: gettext("Who recorded it"),
        ShareKind.WORK: gettext("Who wrote it"),
        ShareKind.TAX: gettext("Tax"),
        ShareKind.STORE: gettext("The shop"),
    }
    return known[kind]


def share_note(one: Share) -> str:
    """Which party that is: the licensor by its name, the country of a tax."""
    if one.kind is ShareKind.TAX:
        return formats.country(one.name)
    known = {
        "society": gettext("%(name)s, a society of authors"),
        "label": gettext("%(name)s, the label, which pays its artists"),
        "artist": gettext("%(name)s, the artist"),
        "publisher": gettext("%(name)s, the publisher"),
    }
    return known.get(one.licensor_kind, "%(name)s") % {"name": one.name} if one.name else ""


def card_fees() -> str:
    """Why no card fee stands among the shares."""
    return gettext(
        "What a card or a bank charges is paid once for each top-up, out of the shop's part; it "
        "is not taken from this purchase."
    )


def tax_name(tax: TaxSum) -> str:
    """`19% VAT, Germany`, as a receipt calls it."""
    if not tax.country:
        return gettext("No VAT")
    return gettext("%(rate)s VAT, %(country)s") % {
        "rate": formats.percent(tax.percent),
        "country": formats.country(tax.country),
    }
