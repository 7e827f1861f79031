"""Statements are imported and transfers decided on by command; vouchers are printed as cards."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from pennywhistle.doors.cli.main import run
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.shop.payments.codes.queries import list_voucher_batches
from pennywhistle.shop.payments.queries import get_wallet_balance
from tests.bank_statements import IBAN, Line, camt
from tests.cast import Cast, euros

pytestmark = pytest.mark.django_db

Command = Callable[..., tuple[str, object]]


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Settings
) -> Command:
    """Run the command's own entry with these words; all that it printed, and its exit status."""
    settings.BANK_IBAN = IBAN

    def type_it(*words: str) -> tuple[str, object]:
        monkeypatch.setattr(sys, "argv", ["pennywhistle", *words])
        status: object = 0
        try:
            run()
        except SystemExit as end:
            status = end.code or 0
        said = capsys.readouterr()
        return said.out + said.err, status

    return type_it


def test_statements_are_imported_listed_checked_and_decided_on(
    cast: Cast, command: Command, tmp_path: Path
) -> None:
    first, later = tmp_path / "first.xml", tmp_path / "later.xml"
    first.write_bytes(camt([Line("5.00", "for songs"), Line("6.00", "?"), Line("7.00", "mine")]))
    later.write_bytes(camt([], opening="130.00", on="2026-11-25", number="later"))
    bad = tmp_path / "bad.xml"
    bad.write_text("IBAN;Amount")
    said, status = command("bank", "import", str(first), str(bad), str(later))
    assert status == 1
    assert "3 new; 0 credited" in said
    assert "bad.xml: line 1: this is not well-formed XML" in said
    assert "imported before" in command("bank", "import", str(first))[0]
    said, status = command("bank", "check")
    assert status == 1
    assert "18.00 EUR in 3 entries is nobody's yet" in said
    assert "MISSING  12.00 EUR between 2026-11-23 and 2026-11-25" in said
    numbers = re.findall(r"^(\d+)  ", command("bank", "list", "--unclaimed")[0], re.MULTILINE)
    assert len(numbers) == 3
    assert (
        "credited  alice@example.org" in command("bank", "assign", numbers[0], cast.alice.email)[0]
    )
    assert "returned" in command("bank", "return", numbers[1], "--note", "unknown")[0]
    assert "ours" in command("bank", "own", numbers[2])[0]
    said, status = command("bank", "own", numbers[0])
    assert (said.startswith("pennywhistle: Entry"), status) == (True, 1)
    assert command("bank", "list", "--unclaimed")[0] == ""
    assert get_wallet_balance(person_id=cast.alice.pk, currency="EUR") == euros("5.00")
    assert verify_books().findings == ()


def test_vouchers_that_are_given_away_are_printed_as_cards(
    cast: Cast, command: Command, tmp_path: Path
) -> None:
    cards = tmp_path / "cards.pdf"
    words = ("voucher", "issue", "5.00", "--count", "3", "--free", "--pdf", str(cards))
    said, _ = command(*words)
    assert len(said.split()) == 3
    assert cards.read_bytes().startswith(b"%PDF")
    assert [batch.is_free for batch in list_voucher_batches()] == [True]
    with contextlib.suppress(SystemExit):
        said, status = command(*words)
        assert status != 0
        assert "is there already" in re.sub(r"\s+", " ", said)
    assert sum(batch.count for batch in list_voucher_batches()) == 3
