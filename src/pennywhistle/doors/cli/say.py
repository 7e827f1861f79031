"""How the command speaks: the errors that it turns into words, and the clock times it reads."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from pennywhistle.kit.money import MoneyError
from pennywhistle.kit.territory import UnknownCountryError
from pennywhistle.shop.accounts.rules import AlreadySignedUpError, UnknownPersonError
from pennywhistle.shop.catalogue.rules import CatalogueError
from pennywhistle.shop.ledger.rules import LedgerError
from pennywhistle.shop.licensing.rules import LicensingError
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.royalties.rules import RoyaltyError
from pennywhistle.shop.sales.rules import SaleError
from pennywhistle.shop.storefronts.rules import NoStorefrontError

# Raised on purpose, with what was wrong and what to do; anything else is a defect.
HOUSE_ERRORS = (
    AlreadySignedUpError,
    CatalogueError,
    LedgerError,
    LicensingError,
    MoneyError,
    NoStorefrontError,
    PaymentError,
    RoyaltyError,
    SaleError,
    UnknownCountryError,
    UnknownPersonError,
)


def read_instant(text: str) -> datetime:
    """`2026-11-24` or `2026-11-24T12:00`, in UTC unless it says otherwise."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a date; write 2026-11-24 or 2026-11-24T12:00"
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
