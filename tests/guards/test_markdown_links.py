"""Every link from one of the project's pages to another leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from tests.guards.house import list_project_files, shown

_LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|(?:src|href)=\"([^\"]+)\"")
_FENCE = re.compile(r"^(```|~~~).*?^\1", flags=re.MULTILINE | re.DOTALL)


def anchor_of(heading: str) -> str:
    """The anchor that GitHub and Forgejo give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def list_anchors(page: Path) -> set[str]:
    """Every anchor of a page."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return {anchor_of(each) for each in re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)}


def iterate_dead_links(page: Path) -> Iterator[str]:
    """Each link of the page to a file or a heading that is not there."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for pair in _LINK.findall(text):
        link = unquote("".join(pair))
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        lost = anchor and target.suffix == ".md" and target.exists()
        if not target.exists() or (lost and anchor not in list_anchors(target)):
            yield link


def test_every_link_between_pages_leads_somewhere() -> None:
    dead = {
        shown(page): found
        for page in list_project_files(".md")
        if (found := list(iterate_dead_links(page)))
    }
    assert dead == {}


def test_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# The price, made\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](gone.md) ![c](<gone.png>) [d](there.md#the-price-made) "
        '[e](there.md#a-price) [f](#here) <img src="gone.svg"> [g](https://example.org/x)\n'
        "# Here\n```\n[h](gone.txt)\n```\n",
        encoding="utf-8",
    )
    assert list(iterate_dead_links(page)) == [
        "gone.md",
        "gone.png",
        "there.md#a-price",
        "gone.svg",
    ]
