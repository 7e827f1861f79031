"""Gift codes: money out of one wallet, behind a code, into another. Pure.

| transfer | when | from | to |
|---|---|---|---|
| `gift/ID` | it is bought | `wallet/BUYER/CUR` | `gifts/CUR` |
| `gift/ID/redeemed` | whoever has the code redeems it | `gifts/CUR` | `wallet/PERSON/CUR` |
| `gift/ID/taken-back`, reverses it | its buyer takes it back, unused | `gifts/CUR` | `wallet/BUYER/CUR` |

A gift that was paid for has no end. German law lets such a claim lapse three years after the end of
the year it arose in, and its courts refuse shorter terms (§§ 195, 199, 307 BGB:
https://www.gesetze-im-internet.de/bgb/__195.html); the store lets none lapse at all.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from pennywhistle.kit.ids import PAPER_ALPHABET, VOUCHER_CODE_LETTERS, spell_voucher_code
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.rules import (
    TOP_UP_LEAST,
    TOP_UP_MOST,
    PaymentError,
    wallet_code,
)

# Gifts of one buyer that are neither redeemed nor taken back.
GIFTS_OPEN_MOST = 20
GREETING_LETTERS_MOST = 120


class GiftRefusedError(PaymentError):
    """A gift that cannot be bought or taken back, with what to do."""


class GiftOutOfRangeError(GiftRefusedError):
    """A gift of less than `least`, or more than `most`."""

    def __init__(self, *, least: Money, most: Money) -> None:
        self.least, self.most = least, most
        super().__init__(f"A gift is worth between {least} and {most}, in whole cents.")


class UnknownGiftError(PaymentError):
    """A gift that is none of this person's."""


@dataclass(frozen=True, slots=True)
class GiftFacts:
    """A gift as its transfers and its page are made from it."""

    id: str
    buyer_id: int
    amount: Money
    greeting: str
    code_sha256: str
    bought_at: datetime
    redeemed_by: int | None
    redeemed_at: datetime | None
    taken_back_at: datetime | None

    @property
    def document(self) -> str:
        """What its transfers are filed under."""
        return f"gift/{self.id}"

    @property
    def is_open(self) -> bool:
        """True while its code is worth something."""
        return self.redeemed_at is None and self.taken_back_at is None


def gift_code(*, gift_id: str, secret: str) -> str:
    """The code of a gift, made of its id by the store's secret: about 78 bits, sixteen letters that
    are not mistaken for one another."""
    digest = hmac.digest(secret.encode(), f"gift {gift_id}".encode(), "sha256")
    number = int.from_bytes(digest)
    letters = []
    for _ in range(VOUCHER_CODE_LETTERS):
        number, index = divmod(number, len(PAPER_ALPHABET))
        letters.append(PAPER_ALPHABET[index])
    return spell_voucher_code(letters="".join(letters))


def check_gift(*, amount: Money, greeting: str, open_count: int) -> None:
    """Raise `GiftRefusedError` for a gift that cannot be bought."""
    least, most = (Money.parse(text, amount.currency) for text in (TOP_UP_LEAST, TOP_UP_MOST))
    if not least <= amount <= most or not amount.is_whole_minor:
        raise GiftOutOfRangeError(least=least, most=most)
    if len(greeting) > GREETING_LETTERS_MOST:
        raise GiftRefusedError(f"A greeting has at most {GREETING_LETTERS_MOST} letters.")
    if open_count >= GIFTS_OPEN_MOST:
        raise GiftRefusedError(
            f"{open_count} of your gifts wait to be redeemed. Take one back, or wait until one is."
        )


def gift_transfers(*, facts: GiftFacts) -> list[TransferFacts]:
    """Every transfer that a gift must have by now, in the order in which they are posted."""
    currency = facts.amount.currency
    bought = TransferFacts(
        key=facts.document,
        debit=wallet_code(person_id=facts.buyer_id, currency=currency),
        credit=gifts_code(currency=currency),
        amount=facts.amount,
        reason="gift",
        document=facts.document,
        posted_at=facts.bought_at,
    )
    if facts.redeemed_at is not None:
        redeemed = TransferFacts(
            key=f"{facts.document}/redeemed",
            debit=bought.credit,
            credit=wallet_code(person_id=facts.redeemed_by or 0, currency=currency),
            amount=facts.amount,
            reason="gift",
            document=facts.document,
            posted_at=facts.redeemed_at,
        )
        return [bought, redeemed]
    if facts.taken_back_at is not None:
        taken_back = TransferFacts(
            key=f"{facts.document}/taken-back",
            debit=bought.credit,
            credit=bought.debit,
            amount=facts.amount,
            reason="gift",
            document=facts.document,
            posted_at=facts.taken_back_at,
            reverses_key=bought.key,
        )
        return [bought, taken_back]
    return [bought]


def gifts_code(*, currency: str) -> str:
    """The ledger account of gifts that are bought and not redeemed."""
    return f"gifts/{currency}"
