"""The table of `docs/tags.md`, from the one that the writers of tags use.

`python -m tests.guards.tags_table` (`make tables`) writes it into the page; a test finds a page
whose table is another.
"""

from __future__ import annotations

import re

from pennywhistle.adapters.tags.table import FREEFORM, TABLE, Family
from tests.guards.house import ROOT

PAGE = ROOT / "docs" / "tags.md"


def table_of_tags() -> str:
    """One row for each field, one column for each way of writing tags."""
    head = ["field", *(family.value for family in Family)]
    rows = [head, ["---"] * len(head)]
    for row in TABLE:
        names = (row.name(family).replace(FREEFORM, "----:") for family in Family)
        rows.append([row.meaning, *(f"`{name}`" if name else "–" for name in names)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def write_table(page: str) -> str:
    """The page with the table computed anew."""
    marked = r"(<!-- table: tags -->)\n.*?\n?(<!-- end -->)"
    return re.sub(
        marked, lambda found: f"{found[1]}\n{table_of_tags()}\n{found[2]}", page, flags=re.DOTALL
    )


if __name__ == "__main__":
    PAGE.write_text(write_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
