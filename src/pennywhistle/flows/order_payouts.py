"""Order payouts from the bank: one file of payments in pain.001 of all that no file holds yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pennywhistle.adapters.banks.pain import VERSIONS, PaymentFormError, write_pain
from pennywhistle.flows.issue_statement import name_statement
from pennywhistle.flows.outfit import BankAccount
from pennywhistle.shop.royalties.payout_file_operations import make_file
from pennywhistle.shop.royalties.payout_file_queries import get_file, list_files, list_unsent
from pennywhistle.shop.royalties.payout_files import FileFacts, NothingToSendError, Sender
from pennywhistle.shop.royalties.payout_terms import HOLDER_LETTERS_MOST, spell_for_banks
from pennywhistle.shop.royalties.payouts import PayoutError, PayoutFacts
from pennywhistle.shop.royalties.queries import list_statements

__all__ = ["VERSIONS", "OrderedPayouts", "order_payouts", "write_again"]


class NoAccountError(PayoutError):
    """A store that has named no account that payouts could leave from."""


@dataclass(frozen=True, slots=True)
class OrderedPayouts:
    """A file, its bytes, and the licensors whose payouts wait for their terms."""

    file: FileFacts
    data: bytes
    left_out: tuple[str, ...] = ()

    @property
    def file_name(self) -> str:
        """`payouts-2026-12-01-0193B2….xml`."""
        return f"payouts-{self.file.made_at:%Y-%m-%d}-{self.file.contents.reference}.xml"


def order_payouts(
    *,
    file_id: UUID,
    account: BankAccount | None,
    version: str,
    execute_on: date,
    now: datetime,
) -> OrderedPayouts:
    """Put all payouts on their way that stand in no file yet into a new one, once under that id.

    Killed after its transaction (one of its own), the file is there: `write_again` gives its bytes.
    Raises `NoAccountError`, `NothingToSendError`, `PaymentFormError`.
    """
    if account is None or not account.iban:
        raise NoAccountError(
            "no account is set to pay from: set PENNYWHISTLE_BANK_IBAN and _HOLDER"
        )
    if version not in VERSIONS:
        raise PaymentFormError(
            f"there is no version {version}; choose one of {', '.join(VERSIONS)}"
        )
    debtor = spell_for_banks(text=account.holder, letters_most=HOLDER_LETTERS_MOST)
    try:
        file = make_file(
            file_id=file_id,
            version=version,
            sender=Sender(debtor, account.iban, account.bic),
            execute_on=execute_on,
            text_of=_text_of,
            now=now,
        )
    except NothingToSendError as error:
        last = next(iter(list_files()), None)
        hint = f"; the last file is {last.id}, and can be written again" if last else ""
        raise NothingToSendError(f"{error}{hint}") from None
    left_out = tuple(sorted({each.licensor for each in list_unsent()}))
    return OrderedPayouts(file, write_pain(file=file.contents), left_out)


def write_again(*, file_id: UUID) -> OrderedPayouts:
    """A file that was made before: the same bytes. Reads only. Raises `UnknownFileError`."""
    file = get_file(file_id=file_id)
    return OrderedPayouts(file, write_pain(file=file.contents))


def _text_of(payout: PayoutFacts) -> str:
    """What the payee reads: the newest statement that was issued by then, by its name. One query."""
    for statement in list_statements(licensor_id=payout.licensor_id):
        if statement.issued_at <= payout.made_at and (
            statement.total.currency == payout.amount.currency
        ):
            name = name_statement(
                licensor=payout.licensor,
                period=statement.period,
                currency=statement.total.currency,
            )
            return f"Royalties, {name}"
    return f"Royalties of {payout.licensor}"
