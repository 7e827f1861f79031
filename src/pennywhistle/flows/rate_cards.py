"""What price codes in messages mean: a card for each sender, as the operator agreed it.

A file in JSON, `PENNYWHISTLE_DDEX_SENDERS`:

    {"PADPIDA2026010101Q": {
        "licensor": "Quay Lane Records", "kind": "label", "base": "net-of-tax", "currency": "EUR",
        "document": "Distribution agreement of 2026-01-02", "uses": ["DOWNLOAD", "PREVIEW"],
        "codes": {"QL1": {"rate": "65%", "floor": "0.20"}, "": {"rate": "70%"}}}}

The code `""` is what holds of a deal that names none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pennywhistle.flows.grant_licence import parse_rate
from pennywhistle.kit.deals import Deal
from pennywhistle.kit.money import Money, MoneyError
from pennywhistle.shop.licensing.rules import LicensingError, Use

FILE_BYTES_MOST = 1_000_000


class RateCardError(ValueError):
    """A file of rate cards that cannot be read, a sender without a card, a code that is not on it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one code asks for a song."""

    rate: Fraction
    floor: Money | None


@dataclass(frozen=True, slots=True)
class RateCard:
    """What was agreed with a sender."""

    sender: str
    licensor: str
    kind: str
    base: str
    document: str
    uses: frozenset[Use]
    codes: dict[str, Rate]

    def code_of(self, deal: Deal) -> str:
        """The code that a deal is paid by. Raises `RateCardError` where none is agreed."""
        codes = {price.code for price in deal.prices if price.code} or {""}
        if any(price.amount for price in deal.prices):
            raise RateCardError(
                "it asks for an amount, and prices are agreed by code here: put its price on the "
                f"rate card of {self.licensor} and have the code sent"
            )
        known = sorted(codes & self.codes.keys())
        if len(codes) > 1 or not known:
            said = " and ".join(repr(code) for code in sorted(codes))
            raise RateCardError(
                f"its price code {said} is not on the rate card of {self.licensor}: add it there"
            )
        return known[0]


def read_rate_cards(*, path: Path | None) -> dict[str, RateCard]:
    """The cards by sender. Raises `RateCardError`."""
    if path is None:
        raise RateCardError(
            "no sender of messages is agreed with: set PENNYWHISTLE_DDEX_SENDERS to a file of rate "
            "cards, as docs/ddex.md shows"
        )
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(FILE_BYTES_MOST))
        return {sender: _card(sender, card) for sender, card in said.items()}
    except OSError as error:
        raise RateCardError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, LicensingError, MoneyError) as error:
        raise RateCardError(
            f"{path} is no file of rate cards ({type(error).__name__}: {error}); docs/ddex.md shows one"
        ) from None


def _card(sender: str, card: dict[str, Any]) -> RateCard:
    return RateCard(
        sender=sender,
        licensor=str(card["licensor"]),
        kind=str(card["kind"]),
        base=str(card.get("base", "net-of-tax")),
        document=str(card["document"]),
        uses=frozenset(Use(use) for use in card.get("uses", ["DOWNLOAD"])),
        codes={code: _rate(rate, card) for code, rate in card["codes"].items()},
    )


def _rate(rate: dict[str, str], card: dict[str, Any]) -> Rate:
    floor = rate.get("floor", "")
    return Rate(parse_rate(rate["rate"]), Money.parse(floor, card["currency"]) if floor else None)
