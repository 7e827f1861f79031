"""`pennywhistle tax`: what it writes, and what it says."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import typer
from pytest_django.fixtures import Settings

from pennywhistle.doors.cli import tax
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.kit.clock import Quarter, utc_now
from pennywhistle.shop.sales.vat import Seller
from tests.cast import Cast, fill_wallet, quote


@pytest.fixture
def sold(cast: Cast, settings: Settings) -> Cast:
    """Alice in Germany bought from a store in Ireland."""
    settings.SELLER = Seller("IE")
    fill_wallet(cast.alice, "5.00")
    offer = quote(cast, now=utc_now())
    buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=utc_now())
    return cast


def test_a_quarter_is_written_and_told(
    sold: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quarter = Quarter.of(utc_now())
    tax.oss(quarter=str(quarter), out=tmp_path / "new")
    with (tmp_path / "new" / f"vat-{quarter}.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["return"], row["country"], row["vat_eur"]) == ("oss", "DE", "0.06")
    said = capsys.readouterr().out
    assert "oss" in said
    assert "The quarter is not over" in said


def test_thresholds_are_told_for_this_year_and_the_last(
    sold: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    tax.thresholds()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith(f"{utc_now().year}: 0.3")
    assert lines[0].endswith("(0%), below")


def test_what_is_no_quarter_is_refused(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="2026-Q4"):
        tax.oss(quarter="autumn", out=tmp_path)
