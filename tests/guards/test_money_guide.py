"""The worked tables of `docs/money.md` are what the rules make."""

from __future__ import annotations

from pennywhistle.demo.seed import SHOP
from pennywhistle.kit.money import Money
from tests.guards.money_tables import CURRENCY, PAGE, PRICES, TABLES
from tests.guards.tables import list_tables, write_tables


def test_the_worked_tables_are_what_the_rules_make() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert write_tables(page, TABLES) == page


def test_every_worked_table_stands_in_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert sorted(list_tables(page)) == sorted(TABLES)


def test_the_worked_prices_are_the_demo_shops() -> None:
    said = (SHOP.lossy_per_mb, SHOP.lossless_per_mb, SHOP.floor_per_track)
    used = (PRICES.lossy_per_mb, PRICES.lossless_per_mb, PRICES.floor_per_track)
    assert tuple(Money.parse(each, CURRENCY) for each in said) == used


def test_a_wrong_figure_in_a_table_is_found() -> None:
    page = PAGE.read_text(encoding="utf-8")
    wrong = page.replace("**0.26 EUR**", "**0.25 EUR**", 1)
    assert wrong != page
    assert write_tables(wrong, TABLES) == page
