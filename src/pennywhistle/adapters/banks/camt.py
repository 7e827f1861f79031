"""Bank statements in camt.053, of every version, by lxml.

Versions differ in few places, so elements are told by their local names:
https://www.iso20022.org/catalogue-messages/iso-20022-messages-archive?search=camt.053

The file is a stranger's: no document type, no entities, no network; its size, depth and number of
elements are limited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from lxml import etree

from pennywhistle.adapters.xml.strangers import XmlRefusedError, read_tree
from pennywhistle.kit.bank_statements import Statement, StatementEntry
from pennywhistle.kit.money import Money, MoneyError

FILE_BYTES_MOST = 16_000_000
DEPTH_MOST = 32
NODES_MOST = 1_000_000
STATEMENTS_MOST = 100
TEXT_LETTERS_MOST = 2_000

_NAMESPACE = re.compile(r"camt\.053\.001\.\d\d$")

# Opening booked, or what the statement before closed with: the same amount.
_OPENINGS = ("OPBD", "PRCD")
_CLOSING = "CLBD"


class StatementUnreadableError(ValueError):
    """A file that is no statement, or a broken one: where in it, and why."""


@dataclass(frozen=True, slots=True)
class _Balance:
    amount: Money
    on: date


def read_camt(data: bytes) -> list[Statement]:
    """The statements of a file. Raises `StatementUnreadableError`.

    Entries that are not booked (pending, for information) are left out: they come again.
    """
    if len(data) > FILE_BYTES_MOST:
        raise StatementUnreadableError(
            f"the file has {len(data):,} bytes, and at most {FILE_BYTES_MOST:,} are read: ask the "
            "bank for shorter periods"
        )
    try:
        root = read_tree(data, what="statement", depth_most=DEPTH_MOST, nodes_most=NODES_MOST)
    except XmlRefusedError as error:
        raise StatementUnreadableError(str(error)) from None
    namespace = etree.QName(root).namespace or ""
    if not _NAMESPACE.search(namespace):
        said = namespace.rpartition(":")[2] or etree.QName(root).localname
        raise _unreadable(root, f"this is {said!r}, and not a statement in camt.053")
    statements = list(_below(root, "BkToCstmrStmt", "Stmt"))
    if not statements:
        raise _unreadable(root, "there is no statement in it")
    if len(statements) > STATEMENTS_MOST:
        raise _unreadable(root, f"more than {STATEMENTS_MOST} statements in one file")
    return [_statement(node) for node in statements]


def _statement(node: etree._Element) -> Statement:
    balances = _balances(node)
    opening = next((balances[code] for code in _OPENINGS if code in balances), None)
    closing = balances.get(_CLOSING)
    if opening is None or closing is None:
        raise _unreadable(node, "it lacks its opening (OPBD) or its closing balance (CLBD)")
    currency = closing.amount.currency
    if opening.amount.currency != currency:
        raise _unreadable(node, "its two balances are in different currencies")
    return Statement(
        iban=_account(node),
        reference=_text(node, "Id")[:35],
        opening=opening.amount,
        closing=closing.amount,
        closing_on=closing.on,
        entries=tuple(
            entry for entry_node in _below(node, "Ntry") for entry in _entries(entry_node)
        ),
    )


def _account(node: etree._Element) -> str:
    number = _text(node, "Acct", "Id", "IBAN") or _text(node, "Acct", "Id", "Othr", "Id")
    squeezed = re.sub(r"\s", "", number).upper()
    if not squeezed or len(squeezed) > 34:
        raise _unreadable(node, "it does not say of which account it is")
    return squeezed


def _balances(node: etree._Element) -> dict[str, _Balance]:
    """The first balance of each kind: statements of several pages repeat them, as interim ones."""
    found: dict[str, _Balance] = {}
    for balance in _below(node, "Bal"):
        code = _text(balance, "Tp", "CdOrPrtry", "Cd")
        amount = _amount(balance)
        signed = amount if _is_credit(balance) else -amount
        found.setdefault(code, _Balance(signed, _day(balance, "Dt")))
    return found


def _entries(node: etree._Element) -> Iterator[StatementEntry]:
    """An entry as one, or its transactions where it is a batch whose amounts are all told."""
    if (_text(node, "Sts", "Cd") or _text(node, "Sts")) != "BOOK":
        return
    amount, details = _amount(node), list(_below(node, "NtryDtls", "TxDtls"))
    parts = [_part_amount(detail, amount.currency) for detail in details]
    told = [part for part in parts if part is not None]
    is_batch = len(details) > 1 and len(told) == len(details)
    if is_batch and Money.total(told, amount.currency) == amount:
        for number, (detail, part) in enumerate(zip(details, told, strict=True), start=1):
            if part.micros:
                yield _entry(node, [detail], part, number)
    elif amount.micros:
        yield _entry(node, details, amount, 1)


def _part_amount(detail: etree._Element, currency: str) -> Money | None:
    """What one transaction of a batch moved, in the account's currency; None where it is not told.

    Before version 4 it stands in `AmtDtls/TxAmt`.
    """
    for path in (("Amt",), ("AmtDtls", "TxAmt", "Amt")):
        found = next(_below(detail, *path), None)
        if found is not None and found.get("Ccy") == currency:
            return _money(found)
    return None


def _entry(
    node: etree._Element, details: list[etree._Element], amount: Money, part: int
) -> StatementEntry:
    is_credit = _is_credit(node)
    bank_ref = _first(details, ("Refs", "AcctSvcrRef")) if len(details) == 1 else ""
    party = "Dbtr" if is_credit else "Cdtr"
    # From version 8 on a party's name stands one level deeper.
    name = _first(details, ("RltdPties", party, "Nm"), ("RltdPties", party, "Pty", "Nm"))
    texts = [text for detail in details for text in _texts(detail, "RmtInf", "Ustrd")]
    structured = [
        text for detail in details for text in _texts(detail, "RmtInf", "Strd", "CdtrRefInf", "Ref")
    ]
    return StatementEntry(
        is_credit=is_credit,
        is_reversal=_text(node, "RvslInd") in ("true", "1"),
        amount=amount,
        booked_on=_day(node, "BookgDt"),
        bank_ref=bank_ref or _text(node, "AcctSvcrRef"),
        part=part,
        end_to_end_ref=_first(details, ("Refs", "EndToEndId")),
        counterparty=name,
        counterparty_iban=_first(details, ("RltdPties", f"{party}Acct", "Id", "IBAN")),
        structured_ref=" ".join(structured)[:TEXT_LETTERS_MOST],
        batch_refs=_batch_refs(node, details),
        text=" ".join(texts)[:TEXT_LETTERS_MOST] or _text(node, "AddtlNtryInf"),
    )


def _batch_refs(node: etree._Element, details: list[etree._Element]) -> tuple[str, ...]:
    """What the order was called that this is the whole of: by the batch, or by its transactions."""
    kinds = ("PmtInfId", "MsgId")
    found = [text for kind in kinds for text in _texts(node, "NtryDtls", "Btch", kind)]
    found += [text for kind in kinds if (text := _first(details, ("Refs", kind)))]
    return tuple(dict.fromkeys(found))


def _is_credit(node: etree._Element) -> bool:
    said = _text(node, "CdtDbtInd")
    if said not in ("CRDT", "DBIT"):
        raise _unreadable(node, f"CdtDbtInd is {said!r}, and not CRDT or DBIT")
    return said == "CRDT"


def _amount(node: etree._Element) -> Money:
    found = next(_below(node, "Amt"), None)
    if found is None:
        raise _unreadable(node, "its amount is missing")
    return _money(found)


def _money(node: etree._Element) -> Money:
    text, currency = (node.text or "").strip(), node.get("Ccy", "")
    try:
        amount = Money.parse(text, currency)
        if not Decimal(text).is_signed():
            return amount
    except (MoneyError, InvalidOperation):
        pass
    raise _unreadable(node, f"{text[:40]!r} {currency[:3]!r} is not an amount")


def _day(node: etree._Element, name: str) -> date:
    text = _text(node, name, "Dt") or _text(node, name, "DtTm")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise _unreadable(node, f"{name} is {text[:40]!r}, and not a day") from None


def _first(details: list[etree._Element], *paths: tuple[str, ...]) -> str:
    for detail in details:
        for path in paths:
            if text := _text(detail, *path):
                return text
    return ""


def _text(node: etree._Element, *path: str) -> str:
    return next(_texts(node, *path), "")


def _texts(node: etree._Element, *path: str) -> Iterator[str]:
    for found in _below(node, *path):
        if text := " ".join((found.text or "").split()):
            yield text[:TEXT_LETTERS_MOST]


def _below(node: etree._Element, *path: str) -> Iterator[etree._Element]:
    """The elements at the end of a path of local names."""
    name, *rest = path
    for child in node:
        if isinstance(child.tag, str) and etree.QName(child).localname == name:
            if rest:
                yield from _below(child, *rest)
            else:
                yield child


def _unreadable(node: etree._Element, why: str) -> StatementUnreadableError:
    return StatementUnreadableError(f"line {node.sourceline}: {why}")
