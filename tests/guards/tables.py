"""Tables of a page that are made by the house itself, between `<!-- table: NAME -->` and `<!-- end -->`.

A test finds a page whose tables are not any more what the house makes; `make tables` writes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

MARK = r"<!-- table: ([a-z ]+) -->"

Tables = Mapping[str, Callable[[], str]]


def markdown_table(head: str, rows: Iterable[Iterable[object]]) -> str:
    """A table of these rows; `head` has its columns as they stand in the page, `a | b`."""
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|" + "---|" * columns]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join(lines)


def list_tables(page: str) -> list[str]:
    """The names of a page's tables, in their order."""
    return re.findall(MARK, page)


def write_tables(page: str, tables: Tables) -> str:
    """The page with its tables made anew."""

    def made(found: re.Match[str]) -> str:
        return f"{found[1]}\n{tables[found[2]]()}\n{found[3]}"

    return re.sub(rf"({MARK})\n.*?\n?(<!-- end -->)", made, page, flags=re.DOTALL)


def rewrite(page: Path, tables: Tables) -> None:
    """Write a page's tables into it."""
    page.write_text(write_tables(page.read_text(encoding="utf-8"), tables), encoding="utf-8")
