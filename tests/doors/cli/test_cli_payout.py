"""Licensors are paid by command: terms, what is due, the file, and the statement that ends it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from pennywhistle.doors.cli.main import run
from pennywhistle.shop.royalties.payout_queries import list_payouts
from tests.bank_statements import IBAN, Line, camt
from tests.cast import Cast
from tests.flows.test_pay_out import sell_an_album

pytestmark = pytest.mark.django_db

Command = Callable[..., tuple[str, object]]


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: Settings
) -> Command:
    """Run the command's own entry with these words; all that it printed, and its exit status."""
    settings.BANK_IBAN, settings.BANK_HOLDER = IBAN, "Otto Operator"

    def type_it(*words: str) -> tuple[str, object]:
        monkeypatch.setattr(sys, "argv", ["pennywhistle", "payout", *words])
        status: object = 0
        try:
            run()
        except SystemExit as end:
            status = end.code or 0
        said = capsys.readouterr()
        return said.out + said.err, status

    return type_it


def test_a_licensor_is_paid_by_file_and_by_statement(
    cast: Cast, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell_an_album(cast)
    account = ("--holder", "Töne", "--iban", "AT483200000012345864", "--minimum", "0")
    assert "Meridian Society  no terms yet" in command("terms")[0]
    said, _ = command("terms", "--licensor", "Meridian Society", *account)
    assert "AT48…5864" in said
    assert "Banks read the holder as 'Toene'." in said
    assert "version 1" in command("terms", "--licensor", "Meridian Society")[0]
    assert "Meridian Society  monthly  due" in command("due")[0]
    assert command("make")[1] == 2
    assert "1 set aside" in command("make", "--all-due")[0]
    assert "0 set aside" in command("make", "--all-due")[0]
    first, second = tmp_path / "first.xml", tmp_path / "second.xml"
    (payout,) = list_payouts()
    said, _ = command("file", "--to", str(first))
    assert payout.reference in said
    file_id = command("files")[0].split()[0]
    assert command("file", "--to", str(second), "--again", file_id)[1] == 0
    assert second.read_bytes() == first.read_bytes()
    said, status = command("file", "--to", str(second))
    assert (file_id in said, status) == (True, 1)
    statement = tmp_path / "statement.xml"
    gone = Line(f"-{payout.amount.decimal:.2f}", end_to_end=payout.reference)
    less = Line("-9.99", end_to_end=payout.reference)
    statement.write_bytes(camt([gone, less]))
    monkeypatch.setattr(sys, "argv", ["pennywhistle", "bank", "import", str(statement)])
    run_import()
    assert "paid on 2026-11-23" in command("list")[0]


def run_import() -> None:
    """`bank import`, which ends well."""
    try:
        run()
    except SystemExit as end:
        assert not end.code
