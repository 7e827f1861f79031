"""The tables of `docs/recipes.md` are what the table of recipes says."""

from __future__ import annotations

from tests.guards.recipe_tables import PAGE, TABLES
from tests.guards.tables import list_tables, write_tables


def test_the_published_tables_are_what_the_recipes_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert write_tables(page, TABLES) == page


def test_every_table_stands_in_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert set(list_tables(page)) == set(TABLES)


def test_a_wrong_word_in_a_table_is_found() -> None:
    page = PAGE.read_text(encoding="utf-8")
    wrong = page.replace("| `flac` | FLAC | lossless |", "| `flac` | FLAC | lossy |", 1)
    assert wrong != page
    assert write_tables(wrong, TABLES) == page
