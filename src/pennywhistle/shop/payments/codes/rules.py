"""Codes worth money: vouchers of the store, and gifts out of one wallet into another. Pure.

| transfer | when | from | to |
|---|---|---|---|
| `voucher/HASH/sold` | a till tells that it was sold | `clearing/voucher/CUR` | `vouchers/CUR` |
| `voucher/HASH` | it is redeemed, and was sold | `vouchers/CUR` | `wallet/PERSON/CUR` |
| `voucher/HASH` | and no till told that it was sold | `clearing/voucher/CUR` | `wallet/PERSON/CUR` |
| `voucher/HASH` | and the store gave it away | `promotions/CUR` | `wallet/PERSON/CUR` |
| `gift/ID` | it is bought | `wallet/BUYER/CUR` | `gifts/CUR` |
| `gift/ID/redeemed` | whoever has the code redeems it | `gifts/CUR` | `wallet/PERSON/CUR` |
| `gift/ID/taken-back`, reverses it | its buyer takes it back, unused | `gifts/CUR` | `wallet/BUYER/CUR` |

A gift that was paid for has no end. German law lets such a claim lapse three years after the end of
the year it arose in, and its courts refuse shorter terms (§§ 195, 199, 307 BGB:
https://www.gesetze-im-internet.de/bgb/__195.html); the store lets none lapse at all.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from pennywhistle.kit.ids import PAPER_ALPHABET, VOUCHER_CODE_LETTERS, spell_voucher_code
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.rules import (
    PaymentError,
    credit_transfer,
    promotions_code,
    wallet_code,
)
from pennywhistle.shop.payments.top_ups.rules import TopUpLimits

# Gifts of one buyer that are neither redeemed nor taken back.
GIFTS_OPEN_MOST = 20
GREETING_LETTERS_MOST = 120


class UnspendableVoucherError(PaymentError):
    """Vouchers that nobody could ever redeem; `field` is `currency` or `expires_at`."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)


class VoucherRefusedError(PaymentError):
    """A code that is unknown, used, out of date, or of another currency."""


class CodeTakenError(PaymentError):
    """A code for a new voucher that another voucher has."""


class UnknownCodeError(VoucherRefusedError):
    """A code that was never given out."""


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
class VoucherFacts:
    """A voucher as its transfers are made from it; `sold_at` as for `models.Voucher`."""

    code_sha256: str
    amount: Money
    is_free: bool
    issued_at: datetime
    sold_at: datetime | None
    redeemed_by: int | None
    redeemed_at: datetime | None

    @property
    def document(self) -> str:
        """What its transfers are filed under."""
        return voucher_document(code_sha256=self.code_sha256)


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


def check_gift(*, amount: Money, greeting: str, open_count: int, limits: TopUpLimits) -> None:
    """Raise `GiftRefusedError` for a gift that cannot be bought."""
    if not limits.least <= amount <= limits.most or not amount.is_whole_minor:
        raise GiftOutOfRangeError(least=limits.least, most=limits.most)
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


def voucher_document(*, code_sha256: str) -> str:
    """The ledger's reference of a voucher."""
    return f"voucher/{code_sha256[:32]}"


def fold_code(code: str) -> str:
    """A voucher code as it is hashed: capitals, no dashes or spaces."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def code_sha256(code: str) -> str:
    """The fingerprint under which a voucher is kept."""
    return hashlib.sha256(fold_code(code).encode()).hexdigest()


def check_batch(
    *,
    currency: str,
    sold_in: Collection[str],
    expires_at: datetime | None,
    now: datetime,
) -> None:
    """Raise `UnspendableVoucherError` for an end that is past, or a currency no shop sells in."""
    if expires_at is not None and expires_at <= now:
        said = f"vouchers that end on {expires_at:%Y-%m-%d} are past: choose a later day"
        raise UnspendableVoucherError("expires_at", said)
    if currency not in sold_in:
        known = ", ".join(sold_in) or "no currency yet: open a storefront first"
        said = f"nothing is sold in {currency} here; the store sells in {known}"
        raise UnspendableVoucherError("currency", said)


def check_voucher(
    *, currency: str, accepted: Collection[str], expires_at: datetime | None, now: datetime
) -> None:
    """Raise `VoucherRefusedError` for a voucher that is out of date, or of a currency that is not
    `accepted`: the wallet's, or for who has none yet, each that the shop sells in."""
    if expires_at is not None and now >= expires_at:
        raise VoucherRefusedError(f"This voucher ended on {expires_at:%d %B %Y}.")
    if currency not in accepted:
        said = " or ".join(sorted(accepted))
        raise VoucherRefusedError(f"This voucher is in {currency}, and your wallet is in {said}.")


def voucher_transfers(*, facts: VoucherFacts) -> list[TransferFacts]:
    """Every transfer that a voucher must have by now, in the order in which they are posted."""
    currency = facts.amount.currency
    redeemed = credit_transfer(
        person_id=facts.redeemed_by or 0,
        gateway="voucher",
        amount=facts.amount,
        reason="voucher",
        document=facts.document,
        posted_at=facts.redeemed_at or facts.issued_at,
    )
    transfers = []
    if facts.sold_at is not None:
        sold = replace(
            redeemed,
            key=f"{facts.document}/sold",
            credit=vouchers_code(currency=currency),
            posted_at=facts.sold_at,
        )
        transfers.append(sold)
        redeemed = replace(redeemed, debit=sold.credit)
    elif facts.is_free:
        redeemed = replace(redeemed, debit=promotions_code(currency=currency))
    return transfers if facts.redeemed_at is None else [*transfers, redeemed]


def vouchers_code(*, currency: str) -> str:
    """The ledger account of vouchers that are sold and not redeemed."""
    return f"vouchers/{currency}"
