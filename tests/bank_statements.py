"""Statements in camt.053 as banks write them, made up: three versions, each in its own way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from xml.sax.saxutils import escape

IBAN = "DE89370400440532013000"
VERSIONS = ("02", "04", "08", "13")


@dataclass(frozen=True)
class Line:
    """One movement; `amount` below zero went out. `parts` are the amounts of a batch."""

    amount: str
    text: str = ""
    ref: str = ""
    structured: str = ""
    on: str = "2026-11-23"
    who: str = "Alice Listener"
    iban: str = "AT483200000012345864"
    status: str = "BOOK"
    is_reversal: bool = False
    parts: tuple[tuple[str, str], ...] = ()
    end_to_end: str = "NOTPROVIDED"
    batch: str = ""


def camt(
    lines: Sequence[Line],
    *,
    version: str = "08",
    opening: str = "100.00",
    closing: str | None = None,
    on: str = "2026-11-23",
    number: str = "2026/231",
    iban: str = IBAN,
    currency: str = "EUR",
) -> bytes:
    """A file of one statement; its closing balance is what the booked lines make it, unless told."""
    moved = sum((Decimal(line.amount) for line in lines if line.status == "BOOK"), Decimal())
    last = closing if closing is not None else str(Decimal(opening) + moved)
    entries = "\n".join(_entry(line, version, currency) for line in lines)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
<BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>{on}T21:00:00+01:00</CreDtTm></GrpHdr>
<Stmt>
<Id>{number}</Id>
<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>
{_balance("PRCD" if version == "02" else "OPBD", opening, on, currency)}
{_balance("CLBD", last, on, currency)}
{entries}
</Stmt>
</BkToCstmrStmt>
</Document>
""".encode()


def _balance(code: str, amount: str, on: str, currency: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount.lstrip("-")}</Amt>{_sign(amount)}<Dt><Dt>{on}</Dt></Dt></Bal>'
    )


def _sign(amount: str) -> str:
    return f"<CdtDbtInd>{'DBIT' if amount.startswith('-') else 'CRDT'}</CdtDbtInd>"


def _entry(line: Line, version: str, currency: str) -> str:
    is_new = int(version) >= 8
    status = f"<Cd>{line.status}</Cd>" if is_new else line.status
    day = f"<DtTm>{line.on}T08:30:00</DtTm>" if version == "13" else f"<Dt>{line.on}</Dt>"
    parts = line.parts or ((line.amount.lstrip("-"), line.text),)
    details = "".join(_details(line, amount, text, version, currency) for amount, text in parts)
    return f"""<Ntry>
<Amt Ccy="{currency}">{line.amount.lstrip("-")}</Amt>{_sign(line.amount)}
{"<RvslInd>true</RvslInd>" if line.is_reversal else ""}<Sts>{status}</Sts>
<BookgDt>{day}</BookgDt><ValDt><Dt>{line.on}</Dt></ValDt>
{f"<AcctSvcrRef>{line.ref}</AcctSvcrRef>" if line.ref else ""}
<NtryDtls>{_batch(line)}{details}</NtryDtls>
</Ntry>"""


def _batch(line: Line) -> str:
    return f"<Btch><PmtInfId>{line.batch}</PmtInfId></Btch>" if line.batch else ""


def _details(line: Line, amount: str, text: str, version: str, currency: str) -> str:
    party = "Cdtr" if line.amount.startswith("-") else "Dbtr"
    name = f"<Nm>{escape(line.who)}</Nm>"
    named = f"<Pty>{name}</Pty>" if int(version) >= 8 else name
    money = f'<Amt Ccy="{currency}">{amount}</Amt>'
    moved = f"<AmtDtls><TxAmt>{money}</TxAmt></AmtDtls>" if version == "02" else money
    structured = (
        f"<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp>"
        f"<Ref>{line.structured}</Ref></CdtrRefInf></Strd>"
        if line.structured
        else ""
    )
    # Banks break what the payer wrote into pieces of 35 letters.
    pieces = [text[start : start + 35] for start in range(0, len(text), 35)]
    unstructured = "".join(f"<Ustrd>{escape(piece)}</Ustrd>" for piece in pieces)
    return f"""<TxDtls><Refs><EndToEndId>{line.end_to_end}</EndToEndId></Refs>{moved}
<RltdPties><{party}>{named}</{party}><{party}Acct><Id><IBAN>{line.iban}</IBAN></Id></{party}Acct>
</RltdPties><RmtInf>{unstructured}{structured}</RmtInf></TxDtls>"""
