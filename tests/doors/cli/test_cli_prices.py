"""The commands of prices, as an operator types them."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from pennywhistle.doors.cli.main import app
from pennywhistle.shop.pricing.rules import PriceTooLowError
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["prices", *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_a_price_list_is_set_and_shown_in_each_currency(cast: Cast) -> None:
    run("set", "--lossy", "0.04", "--album-lossy", "5", "--tiers", "20=5", "--bonuses", "bank=2.5")
    run("set", "--currency", "GBP", "--lossy", "0.03", "--lossless", "0.02", "--floor", "0.08")
    said = run("show")
    for line in (
        "a lossy megabyte: 0.04 EUR",
        "a reduced megabyte: 0.02 EUR",
        "a whole release as lossy, at the most: 5.00 EUR",
        "discounts by what was spent: 20=5",
        "bonuses on top-ups: bank=2.5",
        "a track, at the least: 0.08 GBP",
    ):
        assert line in said


def test_a_price_is_asked_and_what_it_needs_is_said(cast: Cast) -> None:
    assert "a track 0.01 EUR, the whole 0.03 EUR, at least" in run("lowest", "ann-piper-reels")
    said = run("ask", "ZZPEN2600001", "named", "0.20", "--scope", "track", "--suggested", "1")
    assert "tax 0% to 27%" in said
    with pytest.raises(PriceTooLowError, match="at least 0.03 EUR"):
        run("ask", "ann-piper-reels", "fixed", "0.02")


def test_a_code_is_made_and_stopped_and_a_rate_is_kept(cast: Cast) -> None:
    assert "SPRING takes off 10%." in run("code", "spring", "10%", "--label", "Lantern")
    assert "no longer lowers" in run("end-code", "spring")
    said = run("rate", "eur", "gbp", "6/7", "--day", "2026-09-30", "--source", "ECB")
    assert said == "1 EUR is 6/7 GBP on 2026-09-30, by ECB.\n"
