"""`docs/operating.md` names every setting and every command."""

from __future__ import annotations

import re
from typing import Any

import typer

from pennywhistle.doors.cli.main import app
from tests.guards.house import PACKAGE, ROOT

GUIDE = ROOT / "docs" / "operating.md"
_SETTING = re.compile(r"\bPENNYWHISTLE_[A-Z]+(?:_[A-Z]+)*\b")


def read_settings(source: str) -> set[str]:
    """The names of settings in quotes: what the code reads, not what its comments tell of."""
    return {
        name for quoted in re.findall(r'"([A-Z_]+)"', source) for name in _SETTING.findall(quoted)
    }


def list_commands(command: Any, name: str) -> list[str]:
    """`pennywhistle licence grant`, for every command that does something."""
    below = getattr(command, "commands", None)
    if below is None:
        return [name]
    return [
        found
        for word, child in sorted(below.items())
        if not child.hidden
        for found in list_commands(child, f"{name} {word}")
    ]


def list_unnamed(names: set[str], guide: str) -> list[str]:
    """Those that the guide does not name, as code, word for word."""
    fences = re.compile(r"^```.*?\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
    said = re.findall(r"`([^`\n]+)`", fences.sub("", guide))
    said += [line.strip() for block in fences.findall(guide) for line in block.splitlines()]
    return sorted(
        name
        for name in names
        if not any(re.match(rf"{re.escape(name)}(?![\w-])", words) for words in said)
    )


def the_settings() -> set[str]:
    """Every setting that the package reads."""
    return {
        name
        for path in PACKAGE.rglob("*.py")
        for name in read_settings(path.read_text(encoding="utf-8"))
    }


def the_commands() -> set[str]:
    """Every command of the command line."""
    return set(list_commands(typer.main.get_command(app), "pennywhistle"))


def test_the_guide_names_every_setting() -> None:
    assert "PENNYWHISTLE_HOME" in the_settings()
    assert list_unnamed(the_settings(), GUIDE.read_text(encoding="utf-8")) == []


def test_the_guide_names_every_command() -> None:
    assert "pennywhistle licence grant" in the_commands()
    assert list_unnamed(the_commands(), GUIDE.read_text(encoding="utf-8")) == []


def test_the_guide_names_no_setting_that_is_not_read() -> None:
    said = set(_SETTING.findall(GUIDE.read_text(encoding="utf-8")))
    assert said - the_settings() - {"PENNYWHISTLE_TEST_DATABASE_URL"} == set()


def test_the_guide_tables_no_command_that_is_not_there() -> None:
    rows = re.findall(
        r"^\| `(pennywhistle [^`]+)` \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert "pennywhistle payout make" in rows
    assert set(rows) - the_commands() == set()


def test_a_setting_that_the_guide_forgets_is_found() -> None:
    read = read_settings('FANS = env_int("PENNYWHISTLE_FANS", 2)  # not PENNYWHISTLE_WORDS')
    assert read == {"PENNYWHISTLE_FANS"}
    assert list_unnamed(read, "`PENNYWHISTLE_FANS_MOST` and PENNYWHISTLE_FANS") == [
        "PENNYWHISTLE_FANS"
    ]
    assert list_unnamed(read, "| `PENNYWHISTLE_FANS` | 2 |") == []


def test_a_command_that_the_guide_forgets_is_found() -> None:
    shop = typer.Typer()

    @shop.command()
    def sweep() -> None: ...

    @shop.command()
    def sweep_all() -> None: ...

    names = set(list_commands(typer.main.get_command(shop), "shop"))
    assert names == {"shop sweep", "shop sweep-all"}
    assert list_unnamed(names, "Run `shop sweep-all --now`.") == ["shop sweep"]
