"""The table of `docs/tags.md`, from the one that the writers of tags use.

`python -m tests.guards.tags_table` (`make tables`) writes it into the page; a test finds a page
whose table is another.
"""

from __future__ import annotations

from pennywhistle.adapters.tags.table import FREEFORM, TABLE, Family
from tests.guards.house import ROOT
from tests.guards.tables import markdown_table, rewrite

PAGE = ROOT / "docs" / "tags.md"


def table_of_tags() -> str:
    """One row for each field, one column for each way of writing tags."""
    rows = []
    for row in TABLE:
        names = (row.name(family).replace(FREEFORM, "----:") for family in Family)
        rows.append([row.meaning, *(f"`{name}`" if name else "–" for name in names)])
    return markdown_table(" | ".join(["field", *(family.value for family in Family)]), rows)


TABLES = {"tags": table_of_tags}


if __name__ == "__main__":
    rewrite(PAGE, TABLES)
