"""No file names a folder of some machine, or the host of a package registry."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.guards.house import list_project_files, shown

# Written in pieces, so that this file does not say what it looks for.
_FOLDERS = ("ro" + "ot", "wo" + "rk", "ho" + "me", "Us" + "ers")
_HOSTS = (
    "pyp" + "i.org",
    "pythonho" + "sted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "yarn" + "pkg.com",
    "cra" + "tes.io",
    "deb." + "debian.org",
)
FORBIDDEN = re.compile(
    rf"(?<![\w.$/}}-])/(?:{'|'.join(_FOLDERS)})/\w|{'|'.join(map(re.escape, _HOSTS))}"
    r"|\b[A-Z]:\\\\?Users"
)


def iterate_private_words(text: str) -> Iterator[str]:
    """`line 3: …` for each line that says what no file should."""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := FORBIDDEN.search(line):
            yield f"line {number}: {found.group()}"


def test_no_file_names_a_machines_folder_or_a_registry() -> None:
    found = []
    for path in list_project_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # A picture.
        found += [f"{shown(path)}, {line}" for line in iterate_private_words(text)]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "cd /ro" + "ot/store",
        "'/ho" + "me/alice/music'",
        "see /wo" + "rk/main",
        "open /Us" + "ers/alice",
        "--index-url https://pyp" + "i.org/simple",
        "https://registry.npm" + "js.org/htmx",
    ],
)
def test_what_no_file_should_say_is_found(text: str) -> None:
    assert list(iterate_private_words(f"first\n{text}")) != []


@pytest.mark.parametrize(
    "text", ["/var/lib/pennywhistle", "href='/ho" + "me'", "frame/wo" + "rk/er"]
)
def test_what_a_file_may_say_is_left_alone(text: str) -> None:
    assert list(iterate_private_words(text)) == []
