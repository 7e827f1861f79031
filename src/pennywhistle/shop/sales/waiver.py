"""The right of withdrawal, and giving it up before a download begins.

A consumer in the EU may withdraw from a purchase made at a distance for 14 days. For digital content
the right ends when the download begins, if the buyer asked for that beforehand, expressly, said that
they know it, and was sent a confirmation: article 16(m) of Directive 2011/83/EU,
https://eur-lex.europa.eu/eli/dir/2011/83. The EEA has the same by its agreement; the United Kingdom
by regulation 37 of https://www.legislation.gov.uk/uksi/2013/3134.
"""

from __future__ import annotations

from pennywhistle.shop.sales.rules import SaleError
from pennywhistle.shop.sales.vat import EU

# The version of the words that a buyer agrees to; the words are the counter's. Change the words,
# and the version changes with them: a purchase stores it.
WAIVER_TEXT = "2026-11"

# EU law reaches its outermost regions and Åland (article 355 of the Treaty on the Functioning of the
# European Union), whatever their taxes.
_WHERE_IT_IS_ASKED = EU | {"AX", "GF", "GP", "MF", "MQ", "RE", "YT"} | {"IS", "LI", "NO"} | {"GB"}


class WaiverMissingError(SaleError):
    """A purchase of a buyer who has not given up the right of withdrawal, where they have it."""


def needs_waiver(*, territory: str) -> bool:
    """Whether a buyer there has a right of withdrawal that a download would have to wait for."""
    return territory in _WHERE_IT_IS_ASKED


def check_waiver(*, territory: str, waiver_text: str) -> None:
    """Raise `WaiverMissingError` where the right was not given up in the words of today."""
    if needs_waiver(territory=territory) and waiver_text != WAIVER_TEXT:
        raise WaiverMissingError(
            "A download cannot begin while you may still withdraw from the purchase. Tick that you "
            "want it at once, and buy again."
        )
