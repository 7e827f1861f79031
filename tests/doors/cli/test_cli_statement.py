"""Statements as sales reports, by command."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from pennywhistle.flows.buy_basket import buy_basket
from tests.cast import NOW, Cast, fill_wallet, quote
from tests.doors.cli.test_cli import Command, command

__all__ = ["command"]

pytestmark = pytest.mark.django_db

ASK = ("statement", "--licensor", "Meridian Society", "--period", "2026-11", "--dsr")
THEIRS = ("--party-id", "PADPIDA2007061301U")


@pytest.fixture(autouse=True)
def _sold(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)


def test_a_sales_report_is_written_and_its_total_told(
    command: Command, settings: Settings, tmp_path: Path
) -> None:
    settings.DDEX_PARTY_ID = "PADPIDA2026112401P"
    said = command(*ASK, *THEIRS, "--out", str(tmp_path))
    (path,) = tmp_path.iterdir()
    assert "_PADPIDA2026112401P_The-Whistle-Stop-works-EUR_2026-11_DE_1of1_" in path.name
    assert said.out.startswith(f"{path}: 3 lines, ")
    text = path.read_bytes().decode()
    assert text.startswith("HEAD\tdsrf/\tBasicAudioProfile\t1.2\t")
    assert text.endswith("\nFOOT\t15\t15\t1\t3\t3\n")


def test_the_stores_name_in_ddexs_list_may_be_another(
    command: Command, settings: Settings, tmp_path: Path
) -> None:
    settings.DDEX_PARTY_ID = "PADPIDA2026112401P"
    settings.DDEX_PARTY_NAME = "Penny Music_Trading Ltd."
    command(*ASK, *THEIRS, "--out", str(tmp_path))
    (path,) = tmp_path.iterdir()
    assert "_Penny-Music-Trading-Ltd.-works-EUR_" in path.name
    assert "\tPenny Music_Trading Ltd.\t" in path.read_text()


@pytest.mark.parametrize(
    ("own", "theirs", "lacks"),
    [
        ("", "PADPIDA2007061301U", "set PENNYWHISTLE_DDEX_PARTY_ID"),
        ("PADPIDA2026112401P", "", "give it with --party-id"),
        ("PADPIDA2026112401P", "Meridian", "'Meridian' is no DDEX party id"),
    ],
)
def test_without_the_parties_ids_nothing_is_written(
    command: Command, settings: Settings, tmp_path: Path, own: str, theirs: str, lacks: str
) -> None:
    settings.DDEX_PARTY_ID = own
    said = command(*ASK, "--party-id", theirs, "--out", str(tmp_path))
    assert said.status == 1
    assert lacks in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_month_without_sales_gives_no_report(
    command: Command, settings: Settings, tmp_path: Path
) -> None:
    settings.DDEX_PARTY_ID = "PADPIDA2026112401P"
    ask = ("statement", "--licensor", "Meridian Society", "--period", "2026-10", "--dsr")
    said = command(*ask, *THEIRS, "--out", str(tmp_path))
    assert said.out.startswith("Nothing has accrued to Meridian Society in 2026-10;")
    assert list(tmp_path.iterdir()) == []
