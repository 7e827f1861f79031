"""`docs/tags.md` says which tag stands where, as the writers have it."""

from __future__ import annotations

from tests.guards.tables import write_tables
from tests.guards.tags_table import PAGE, TABLES, table_of_tags


def test_the_table_of_tags_is_the_one_that_the_writers_use() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert write_tables(page, TABLES) == page
    assert table_of_tags() in page


def test_a_wrong_cell_is_found() -> None:
    page = PAGE.read_text(encoding="utf-8")
    wrong = page.replace("`TSRC`", "`TISR`", 1)
    assert wrong != page
    assert write_tables(wrong, TABLES) == page
