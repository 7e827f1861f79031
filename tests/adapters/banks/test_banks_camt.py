"""Statements of several versions are read alike; what is none is refused, with the line and why."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.adapters.banks import camt as camt_reader
from pennywhistle.adapters.banks.camt import StatementUnreadableError, read_camt
from tests.bank_statements import IBAN, VERSIONS, Line, camt
from tests.cast import euros

LINES = (
    Line("25.00", "For the penny shop RF26 K7QM 2D9X HV", ref="B1"),
    Line("-40.00", "Rent", who="Landlord & Sons", ref="B2"),
    Line("7.50", structured="RF26K7QM2D9XHV", ref="B3"),
)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_says_the_same(version: str) -> None:
    (statement,) = read_camt(camt(LINES, version=version))
    assert statement.iban == IBAN
    assert (statement.opening, statement.closing) == (euros("100.00"), euros("92.50"))
    assert statement.closing_on == date(2026, 11, 23)
    first, rent, last = statement.entries
    assert (first.is_credit, first.amount, first.bank_ref) == (True, euros("25.00"), "B1")
    assert (first.counterparty, first.counterparty_iban) == (
        "Alice Listener",
        "AT483200000012345864",
    )
    assert first.text == "For the penny shop RF26 K7QM 2D9X H V"
    assert (rent.is_credit, rent.signed_micros) == (False, -40_000_000)
    assert rent.counterparty == "Landlord & Sons"
    assert (last.structured_ref, last.booked_on) == ("RF26K7QM2D9XHV", date(2026, 11, 23))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_batch_is_told_transaction_by_transaction(version: str) -> None:
    batch = Line("12.00", ref="B9", parts=(("5.00", "RF26K7QM2D9XHV"), ("7.00", "another")))
    (statement,) = read_camt(camt([batch], version=version))
    assert [(one.amount, one.part, one.text) for one in statement.entries] == [
        (euros("5.00"), 1, "RF26K7QM2D9XHV"),
        (euros("7.00"), 2, "another"),
    ]


def test_a_batch_whose_parts_do_not_come_to_its_amount_stays_one() -> None:
    batch = Line("12.00", parts=(("5.00", "RF26K7QM2D9XHV"), ("6.00", "another")))
    (statement,) = read_camt(camt([batch]))
    assert [one.amount for one in statement.entries] == [euros("12.00")]


def test_what_is_not_booked_is_left_out() -> None:
    lines = (Line("5.00", status="PDNG"), Line("6.00"), Line("7.00", status="INFO"))
    (statement,) = read_camt(camt(lines))
    assert [one.amount for one in statement.entries] == [euros("6.00")]


GOOD = camt(LINES).decode()
HOSTILE = {
    "empty": (b"", "line 1"),
    "not xml": (b"IBAN;Amount\nDE89;5.00\n", "line 1: this is not well-formed XML"),
    "cut off": (GOOD[:900].encode(), "this is not well-formed XML"),
    "another message": (
        b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.08"/>',
        r"'camt.052.001.08', and not a statement",
    ),
    "a page": (b"<html><body/></html>", "'html', and not a statement"),
    "an entity": (
        GOOD.replace(
            "<Document", '<!DOCTYPE Document [<!ENTITY x "5.00">]>\n<Document', 1
        ).encode(),
        "line 3: it declares a document type",
    ),
    "a file of the machine": (
        GOOD.replace(
            "<Document",
            '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document',
            1,
        )
        .replace("Rent", "&x;")
        .encode(),
        "it declares a document type",
    ),
    "a billion laughs": (
        (
            '<!DOCTYPE d [<!ENTITY a "ha">'
            + "".join(
                f'<!ENTITY {after} "{f"&{before};" * 10}">'
                for before, after in zip("abcdefgh", "bcdefghi", strict=True)
            )
            + "]>"
            + GOOD.partition("\n")[2].replace("Rent", "&i;")
        ).encode(),
        r"document type|not well-formed XML",
    ),
    "no balances": (GOOD.replace("CLBD", "ITBD").encode(), "closing balance"),
    "no account": (GOOD.replace(IBAN, "").encode(), "of which account"),
    "an amount of letters": (GOOD.replace(">25.00<", ">2x<").encode(), "line 11: '2x' 'EUR'"),
    "an amount below zero": (GOOD.replace(">25.00<", ">-25.00<").encode(), "is not an amount"),
    "no sign": (GOOD.replace("DBIT", "BOTH").encode(), "'BOTH', and not CRDT or DBIT"),
    "no day": (GOOD.replace("<Dt>2026-11-23</Dt>", "<Dt>today</Dt>").encode(), "not a day"),
    "too deep": (
        GOOD.replace("Rent", "<x>" * 40 + "</x>" * 40).encode(),
        "more than 32 deep",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_statement_is_refused_with_the_line_and_why(kind: str) -> None:
    data, said = HOSTILE[kind]
    with pytest.raises(StatementUnreadableError, match=said) as refused:
        read_camt(data)
    assert str(refused.value).startswith("line ")


def test_a_file_beyond_the_limits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camt_reader, "NODES_MOST", 20)
    with pytest.raises(StatementUnreadableError, match="more than 20 elements"):
        read_camt(camt(LINES))
    monkeypatch.setattr(camt_reader, "FILE_BYTES_MOST", 100)
    with pytest.raises(StatementUnreadableError, match="at most 100 are read"):
        read_camt(camt(LINES))


@given(data=st.data())
def test_a_statement_with_bytes_changed_is_read_or_refused_and_never_stumbled_over(
    data: st.DataObject,
) -> None:
    broken = bytearray(camt(LINES))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(broken) - 1))
        broken[at : at + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    try:
        read_camt(bytes(broken))
    except StatementUnreadableError as error:
        assert str(error).startswith("line ")
