"""Buyers that are businesses: their number by its form, and what this store can do for them.

A business of the store's own country pays like everybody and has its name and number on its papers
(article 226 of Directive 2006/112/EC). One of another member state that gives its number would owe
the tax itself: reverse charge, articles 44 and 196. That needs the number looked up at VIES when it
is used, papers without tax that say so, and a recapitulative statement (article 262). The store does
none of it, so it refuses the number rather than charge tax it does not owe: a store may take for a
consumer whoever gives no number (article 18(2) of Implementing Regulation (EU) 282/2011).
https://eur-lex.europa.eu/eli/dir/2006/112 https://eur-lex.europa.eu/eli/reg_impl/2011/282
"""

from __future__ import annotations

from collections.abc import Collection

from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from pennywhistle.kit.lines import clean_line, clean_lines
from pennywhistle.shop.sales.papers import Buyer
from pennywhistle.shop.sales.rules import SaleError
from pennywhistle.shop.sales.vat import Seller

NAME_LENGTH_MOST = 120
ADDRESS_LENGTH_MOST = 300

# Greece writes its numbers with a prefix of its own.
_GREEK_PREFIX = "EL"


class BusinessError(SaleError):
    """A business that papers cannot be made out to, with what to do. `field` is what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class VatNumberError(BusinessError):
    """What is no VAT number of the EU by its form."""


class ReverseChargeError(BusinessError):
    """A number of another member state, or a store that has not told where it is."""


class BusinessAbroadError(SaleError):
    """A sale to a business of `country` that would be taxed elsewhere, as a consumer's is."""

    def __init__(self, *, country: str) -> None:
        self.country = country
        super().__init__(
            f"Your receipts are made out to a business of {country}, and this purchase would not be "
            "taxed there. Take the business off your receipts to buy for yourself."
        )


def country_of_number(vat_number: str) -> str:
    """`GR` of `EL094259216`, for a number that `check_business` has let pass."""
    prefix = vat_number[:2]
    return "GR" if prefix == _GREEK_PREFIX else prefix


def check_taxed_at_home(*, vat_number: str, tax_countries: Collection[str]) -> None:
    """Raise `BusinessAbroadError` for a sale to a business whose tax is not owed to its country.

    `vat_number` is empty for a consumer, `tax_countries` whom the tax of each line is owed to. What a
    business buys is taxed where it is established, wherever it is bought (article 44): a buyer in
    another country, by all evidence, is a consumer or owes what this store does not count.
    """
    country = country_of_number(vat_number)
    if country and set(tax_countries) != {country}:
        raise BusinessAbroadError(country=country)


def check_business(*, name: str, address: str, vat_number: str, seller: Seller) -> Buyer:
    """Whom papers are to be made out to, its number in its shortest form, and its name and address
    without what cannot be seen. Raises `BusinessError`."""
    name, address = clean_line(name), clean_lines(address)
    for field, text, most in (
        ("name", name, NAME_LENGTH_MOST),
        ("address", address, ADDRESS_LENGTH_MOST),
    ):
        if not text or len(text) > most:
            raise BusinessError(field, f"Write the {field} in 1 to {most} letters.")
    try:
        number = vat.validate(vat_number)
    except ValidationError:
        raise VatNumberError(
            "vat_number",
            "This is not a VAT number of the EU. Write it with its country, such as IE6388047V.",
        ) from None
    if country_of_number(number) != seller.country:
        raise ReverseChargeError(
            "vat_number",
            "This shop makes papers out to businesses of its own country alone. A business of "
            "another would have to be charged without tax, which this shop does not do yet.",
        )
    return Buyer(name, address, number)
