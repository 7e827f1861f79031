"""What a recount of the books has to say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.royalties.rules import AccrualFacts


@dataclass(frozen=True, slots=True)
class Finding:
    """One wrong row: where it is and what is wrong with it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class BooksReport:
    """What was counted, and what is wrong; right is an empty `findings`."""

    transfer_count: int
    account_count: int
    sale_line_count: int
    moved: dict[str, Money]
    findings: tuple[Finding, ...]


def compare(
    facts: TransferFacts | AccrualFacts, asked: TransferFacts | AccrualFacts | None
) -> Iterator[str]:
    """What a stored row says otherwise than its document asks for."""
    if asked is None:
        yield f"no document explains it: there is no {facts.document} that asks for it"
        return
    for field in fields(facts):
        stored, due = getattr(facts, field.name), getattr(asked, field.name)
        if str(stored) != str(due):
            yield f"its {field.name} is {stored}, and its document asks for {due}"
