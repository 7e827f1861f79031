"""Seals, proofs and exports by command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.kit import check_proof
from pennywhistle.kit.clock import month_period, utc_now
from pennywhistle.shop.ledger.seal_queries import list_seals
from pennywhistle.shop.sales.models import Purchase, SaleLine
from tests.cast import Cast, fill_wallet, quote
from tests.doors.cli.test_cli import Command, command

__all__ = ["command"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def month(cast: Cast) -> str:
    """The month in which Alice bought; its statement was issued three days ago."""
    now = utc_now()
    bought = now - timedelta(days=40)
    fill_wallet(cast.alice, "5.00", now=bought)
    buy_basket(quote_id=quote(cast, now=bought).id, person_id=cast.alice.pk, now=bought)
    month = f"{bought:%Y-%m}"
    issue_statement(
        licensor_name="Meridian Society", period=month_period(month), now=now - timedelta(days=3)
    )
    return month


def test_days_are_sealed_and_listed(command: Command, month: str) -> None:
    assert command("seal", "list").out == ""
    sealed = command("seal", "days")
    chains = [stored.chain for stored in list_seals()]
    assert sealed.out.endswith(f"{len(chains)} days sealed.\n")
    assert command("seal", "days").out == "0 days sealed.\n"
    lines = command("seal", "list", "--limit", "3").out.splitlines()
    assert [line.split()[1] for line in lines] == chains[-3:]


def test_a_receipt_and_a_statement_are_proven(
    command: Command, month: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command("seal", "days")
    chain = list_seals()[-1].chain
    out = str(tmp_path / "proof.json")
    receipt = command("proof", "--receipt", str(Purchase.objects.get().pk), "--out", out)
    assert receipt.out.startswith(f"{out}: 16 entries, and ")
    assert check_proof.main([out, "--root", chain]) == 0
    capsys.readouterr()
    words = ("proof", "--licensor", "Meridian Society", "--period", month, "--out", out)
    assert command(*words).out.startswith(f"{out}: 4 entries")
    line = SaleLine.objects.order_by("pk")[0].document
    assert command(*words, "--line", line).out.startswith(f"{out}: 2 entries")
    assert check_proof.main([out, "--root", chain]) == 0


def test_a_proof_of_what_is_not_there_is_refused_in_a_line(command: Command, month: str) -> None:
    for words, why in (
        (("--receipt", "999"), "there is no purchase 999"),
        (("--receipt", str(Purchase.objects.get().pk)), "is not sealed yet"),
        (("--licensor", "Nobody", "--period", month), "Nobody"),
        (("--licensor", "Lantern Records", "--period", month), "no statement over EUR"),
        (("--licensor", "Lantern Records", "--period", "soon"), "not a month"),
        ((), "give --receipt"),
    ):
        said = command("proof", *words)
        assert said.status != 0
        assert why in said.err
        assert "Traceback" not in said.err


def test_bean_check_accepts_what_is_exported(command: Command, month: str, tmp_path: Path) -> None:
    tomorrow = f"{utc_now() + timedelta(days=1):%Y-%m-%d}"
    span = ("--from", f"{month}-01", "--to", tomorrow, "--out", str(tmp_path))
    written = command("books", "export", "--format", "beancount", *span).out.strip()
    bean_check = shutil.which("bean-check") or str(Path(sys.executable).with_name("bean-check"))
    said = subprocess.run([bean_check, written], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_tables_are_exported(command: Command, month: str, tmp_path: Path) -> None:
    tomorrow = f"{utc_now() + timedelta(days=1):%Y-%m-%d}"
    span = ("--from", f"{month}-01", "--to", tomorrow, "--out", str(tmp_path))
    paths = command("books", "export", "--format", "csv", *span).out.split()
    assert [Path(path).name.partition("-2")[0] for path in paths] == ["transfers", "trial-balance"]
    assert len(Path(paths[0]).read_text().splitlines()) == 1 + 1 + 3 * 4
    backwards = ("--from", tomorrow, "--to", f"{month}-01")
    assert "must end after" in command("books", "export", "--format", "csv", *backwards).err


def test_a_proof_is_plain_json(command: Command, month: str, tmp_path: Path) -> None:
    command("seal", "days")
    out = tmp_path / "proof.json"
    command("proof", "--receipt", str(Purchase.objects.get().pk), "--out", str(out))
    made = json.loads(out.read_text())
    assert set(made) == {"format", "about", "seals", "entries"}
