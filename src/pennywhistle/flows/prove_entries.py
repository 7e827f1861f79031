"""Prove to a listener, or to a licensor, what the books held when their day was sealed.

A proof is an object of plain values for JSON, which `kit/check_proof.py` checks offline; what it
says, and what it is worth, is told in `docs/proofs.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from pennywhistle.flows.sealed_entries import iterate_entries, leaf_of
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.merkle import Tree, paths_of
from pennywhistle.shop.ledger.queries import books_as_of_one_instant, list_days_moved
from pennywhistle.shop.ledger.seal_queries import find_seal, list_seals
from pennywhistle.shop.ledger.seals import SealFacts, day_of, period_of
from pennywhistle.shop.licensing.queries import find_licensor
from pennywhistle.shop.royalties.queries import StatementFacts, get_statement
from pennywhistle.shop.royalties.rules import payable_code
from pennywhistle.shop.sales.aftercare import list_lines, list_refunds
from pennywhistle.shop.sales.refunds import refund_document

FORMAT = "pennywhistle proof 1"

# Entries of one tree whose hashes are held in memory to find the ways up: some 200 MB for a moment.
LEAVES_MOST = 2_000_000

# Entries of a day that are gone through while a page waits: some five seconds.
LEAVES_MOST_ON_A_PAGE = 100_000

# Entries of one proof, and seals of one proof: more is too much for one file.
ENTRIES_MOST = 100_000
SEALS_MOST = 5_000

Entry = dict[str, str]
Proof = dict[str, object]


class ProofError(Exception):
    """A proof that cannot be made, and why."""


class NotSealedError(ProofError):
    """Something that happened on a day which is not sealed yet."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Which entries of one tree of a day are to be proven."""

    day: date
    tree: str
    is_wanted: Callable[[Entry], bool]


class ProofState(Enum):
    """Whether something can be proven."""

    NOT_YET = "its day is not sealed yet"
    READY = "it can be proven while a page waits"
    TOO_LONG = "its day is too long for a page: that is for the command"


def find_proof_state(*, instant: datetime) -> ProofState:
    """Whether what happened then can be proven by now. One query."""
    stored = find_seal(day=day_of(instant))
    if stored is None:
        return ProofState.NOT_YET
    count = stored.facts.transfers.count + stored.facts.documents.count
    return ProofState.READY if count <= LEAVES_MOST_ON_A_PAGE else ProofState.TOO_LONG


def find_statement_proof_state(*, statement: StatementFacts) -> ProofState:
    """Whether a statement can be proven by now. Two queries."""
    issued_on = find_seal(day=day_of(statement.issued_at))
    if issued_on is None:
        return ProofState.NOT_YET
    seals = _seals_since(day_of(statement.period.starts_at))
    counts = [
        seal.transfers.count
        for seal in seals.values()
        if period_of(seal.day).starts_at in statement.period
    ]
    count = sum(counts) + issued_on.facts.documents.count
    return ProofState.READY if count <= LEAVES_MOST_ON_A_PAGE else ProofState.TOO_LONG


def prove_purchase(*, purchase_id: int) -> Proof:
    """Everything that the books hold of a purchase: its lines and papers of that day, and each
    transfer; and of what was given back, as far as those days are sealed.

    Raises `ProofError` where there is no such purchase, `NotSealedError` before its day is sealed.
    """
    with books_as_of_one_instant():
        lines = list_lines(purchase_id=purchase_id)
        if not lines:
            raise ProofError(f"there is no purchase {purchase_id}")
        sold = {line.document for line in lines}
        day = day_of(lines[0].purchased_at)
        papers = {f"purchase/{purchase_id}"}
        wanted = [
            _Wanted(day, "transfers", lambda entry: entry["document"] in sold),
            _Wanted(day, "documents", lambda entry: entry.get("document") in sold | papers),
        ]
        refunds = list_refunds(sale_line_ids=[line.id for line in lines]).values()
        sealed = [one for one in refunds if find_seal(day=day_of(one.refunded_at)) is not None]
        for refunded_on in sorted({day_of(refund.refunded_at) for refund in sealed}):
            wanted += _given_back(refunded_on, {refund.sale_document for refund in sealed})
        total = Money.total((line.gross for line in lines), lines[0].gross.currency)
        return _prove(
            {
                "what": "purchase",
                "number": str(purchase_id),
                "bought_at": f"{lines[0].purchased_at:%Y-%m-%d %H:%M:%S} UTC",
                "paid": f"{total.decimal:.6f} {total.currency}",
                "lines": str(len(lines)),
            },
            wanted,
        )


def _given_back(day: date, sold: Collection[str]) -> list[_Wanted]:
    given_back = {refund_document(sale_document=document) for document in sold}
    return [
        _Wanted(day, "transfers", lambda entry: entry["document"] in given_back),
        _Wanted(
            day,
            "documents",
            lambda entry: entry["kind"] == "refund" and entry["sale_line"] in sold,
        ),
    ]


def prove_statement(*, statement_id: int, sale_line: str | None = None) -> Proof:
    """A statement as it was issued, and each transfer that it lists; or those of one sale line.

    Raises `UnknownStatementError`, `NotSealedError`, `ProofError` for one that is too long.
    """
    with books_as_of_one_instant():
        statement = get_statement(statement_id=statement_id)
        licensor = find_licensor(licensor_id=statement.licensor_id)
        currency, period = statement.total.currency, statement.period
        account = payable_code(licensor_id=statement.licensor_id, currency=currency)

        def is_listed(entry: Entry) -> bool:
            of_line = sale_line is None or sale_line in _lines_named(entry)
            return (
                of_line
                and entry["reason"] == "royalty"
                and account
                in (
                    entry["debit"],
                    entry["credit"],
                )
            )

        def is_statement(entry: Entry) -> bool:
            return entry.get("csv_sha256") == statement.csv_sha256

        days = list_days_moved(code=account, within=period, reason="royalty")
        wanted = [_Wanted(day, "transfers", is_listed) for day in days]
        wanted.append(_Wanted(day_of(statement.issued_at), "documents", is_statement))
        return _prove(
            {
                "what": "statement",
                "licensor": licensor.name if licensor else "",
                "month": f"{period.starts_at:%Y-%m}",
                "total": f"{statement.total.decimal:.6f} {currency}",
                "lines": str(statement.line_count),
            },
            wanted,
        )


def _lines_named(entry: Entry) -> Collection[str]:
    """The sale line that a transfer is of, or takes back."""
    return entry["document"], entry["reverses"].partition("/royalty/")[0]


def _prove(about: Entry, wanted: Sequence[_Wanted]) -> Proof:
    """The proof that all of `wanted` is in the sealed trees, with every seal from the first day on."""
    seals = _seals_since(min(each.day for each in wanted))
    entries: list[Proof] = []
    for each in wanted:
        seal = seals.get(each.day)
        if seal is None:
            raise NotSealedError(
                f"{each.day} is not sealed yet: that is done an hour after the day's end, UTC"
            )
        entries += _collect(each, seal)
        if len(entries) > ENTRIES_MOST:
            raise ProofError(f"more than {ENTRIES_MOST} entries: ask for one line at a time")
    return {
        "format": FORMAT,
        "about": about,
        "seals": [seal.as_published() for seal in seals.values()],
        "entries": entries,
    }


def _seals_since(day: date) -> dict[date, SealFacts]:
    seals = [stored.facts for stored in list_seals(since=day, limit=SEALS_MOST)]
    return {seal.day: seal for seal in seals}


def _collect(wanted: _Wanted, seal: SealFacts) -> list[Proof]:
    """Each wanted entry with its place in the tree and the way up from there."""
    tree, leaves, found = Tree(), [], {}
    entries = iterate_entries(day=wanted.day, tree=wanted.tree, form=seal.form)
    for index, entry in enumerate(entries):
        if index == LEAVES_MOST:
            raise ProofError(f"{wanted.day} has more than {LEAVES_MOST} entries")
        leaf = leaf_of(entry)
        tree.add(leaf)
        leaves.append(leaf)
        if wanted.is_wanted(entry):
            found[index] = entry
    if tree.root != seal.trees[wanted.tree].root:
        raise ProofError(
            f"the books of {wanted.day} are not as they were sealed: run `pennywhistle verify-books`"
        )
    return [
        {
            "day": wanted.day.isoformat(),
            "tree": wanted.tree,
            "index": str(index),
            "entry": found[index],
            "path": path,
        }
        for index, path in paths_of(leaves, found).items()
    ]
