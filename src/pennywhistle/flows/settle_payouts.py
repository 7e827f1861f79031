"""End the payouts that a bank's statement tells of: those that left are paid, those that came back
are owed again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pennywhistle.kit.bank_statements import Statement
from pennywhistle.shop.payments.banking.rules import BankError, entry_keys
from pennywhistle.shop.royalties.payout_file_operations import book_payout, take_payout_back
from pennywhistle.shop.royalties.payout_file_queries import list_file_payouts
from pennywhistle.shop.royalties.payout_files import named_by, read_signs
from pennywhistle.shop.royalties.payout_queries import list_payouts_by_id
from pennywhistle.shop.royalties.payouts import PayoutError


@dataclass(frozen=True, slots=True)
class SettledPayouts:
    """How many payouts a statement newly told of, and what of it is for somebody to see to."""

    left_count: int
    returned_count: int
    troubles: tuple[str, ...]


def settle_payouts(*, statement: Statement, now: datetime) -> SettledPayouts:
    """Take in what a kept statement's entries say of payouts, in any order, overlapping, or again.

    Transaction: one for each payout; killed between them, the next import goes on.
    """
    named = named_by(entries=statement.entries)
    keys = entry_keys(iban=statement.iban, entries=statement.entries)
    files = list_file_payouts(file_ids=named)
    signs = read_signs(
        entries=dict(zip(keys, statement.entries, strict=True)),
        payouts=list_payouts_by_id(payout_ids=named),
        files=files,
    )
    left_count = returned_count = 0
    troubles = [sign.trouble for sign in signs if sign.trouble]
    for sign in signs:
        if sign.trouble:
            continue
        try:
            if sign.is_return:
                returned_count += take_payout_back(sign=sign, now=now)
            else:
                left_count += book_payout(sign=sign, now=now)
        except (PayoutError, BankError) as error:
            troubles.append(str(error))
    return SettledPayouts(left_count, returned_count, tuple(troubles))
