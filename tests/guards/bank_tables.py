"""The worked tables of bank transfers, vouchers and gifts in `docs/money.md`, by the store's own rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.payments.banking.rules import EntryFacts, bank_transfers
from pennywhistle.shop.payments.codes.rules import (
    GiftFacts,
    VoucherFacts,
    gift_transfers,
    voucher_transfers,
)
from pennywhistle.shop.payments.codes.tries import PERSON_MISSES_FREE, Tries, opens_at
from pennywhistle.shop.payments.rules import bonus_at
from tests.guards.tables import markdown_table

_NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
_HEAD = "what happens | key | amount | leaves | for"
_CAME = Money.parse("19.50", "EUR")
_ENTRY = EntryFacts(key="KEY", is_credit=True, amount=_CAME, kept_at=_NOON, booked_on=_NOON.date())
_DECIDED = replace(_ENTRY, outcome="credited", decided_at=_NOON)
_GIFT = GiftFacts(
    id="ID",
    buyer_id=7,
    amount=Money.parse("5.00", "EUR"),
    greeting="",
    code_sha256="",
    bought_at=_NOON,
    redeemed_by=None,
    redeemed_at=None,
    taken_back_at=None,
)


def _rows(cases: Sequence[tuple[str, Sequence[TransferFacts]]]) -> list[tuple[str, ...]]:
    return [
        (
            "" if number else name,
            f"`{each.key}`",
            str(each.amount),
            f"`{each.debit}`",
            f"`{each.credit}`",
        )
        for name, transfers in cases
        for number, each in enumerate(transfers)
    ]


def table_of_bank_transfers() -> str:
    """20.00 was asked with a bonus of 2%, and 19.50 came: what it leaves, by whose it is."""
    bonus = bonus_at(amount=_CAME, percent=Fraction(2))
    cases = (
        ("it bears Alice's reference", replace(_DECIDED, person_id=7, bonus=bonus)),
        ("nobody has decided", _ENTRY),
        ("the operator gives it to Alice", replace(_DECIDED, person_id=7)),
        ("it goes back, or is the store's own", _DECIDED),
        ("it is a payout of Stripe", replace(_DECIDED, gateway="stripe")),
    )
    return markdown_table(
        _HEAD, _rows([(name, bank_transfers(facts=facts)) for name, facts in cases])
    )


def table_of_codes() -> str:
    """What a voucher and a gift leave in the books."""
    code_sha256 = "0123456789abcdef" * 4

    def voucher(
        *, is_free: bool = False, is_sold: bool = False, is_redeemed: bool = True
    ) -> list[TransferFacts]:
        facts = VoucherFacts(
            code_sha256=code_sha256,
            amount=Money.parse("5.00", "EUR"),
            is_free=is_free,
            issued_at=_NOON,
            sold_at=_NOON if is_sold else None,
            redeemed_by=8,
            redeemed_at=_NOON if is_redeemed else None,
        )
        return [
            replace(each, key=each.key.replace(facts.document, "voucher/HASH"))
            for each in voucher_transfers(facts=facts)
        ]

    cases = (
        ("a voucher that a till has sold", voucher(is_sold=True, is_redeemed=False)),
        ("sold and redeemed", voucher(is_sold=True)),
        ("redeemed, and no till told that it was sold", voucher()),
        ("a voucher that the store gave away", voucher(is_free=True)),
        ("a gift, bought", gift_transfers(facts=_GIFT)),
        (
            "bought and redeemed",
            gift_transfers(facts=replace(_GIFT, redeemed_by=8, redeemed_at=_NOON)),
        ),
        ("bought and taken back", gift_transfers(facts=replace(_GIFT, taken_back_at=_NOON))),
    )
    return markdown_table(_HEAD, _rows(cases))


def table_of_waits() -> str:
    """How long a person waits after so many wrong codes of a person."""
    counts = [PERSON_MISSES_FREE - 1, *range(PERSON_MISSES_FREE, PERSON_MISSES_FREE + 4), 15, 100]
    waits = [
        opens_at(tries=Tries(count, _NOON), free=PERSON_MISSES_FREE) - _NOON for count in counts
    ]
    return markdown_table(
        "wrong codes of a person | wait",
        [(count, _spell(wait)) for count, wait in zip(counts, waits, strict=True)],
    )


def _spell(wait: timedelta) -> str:
    minutes = wait // timedelta(minutes=1)
    if not minutes:
        return "none"
    if minutes == 1:
        return "a minute"
    return f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:g} hours"


TABLES: dict[str, Callable[[], str]] = {
    "bank transfers": table_of_bank_transfers,
    "codes": table_of_codes,
    "waits": table_of_waits,
}
