"""The pinned requirements: every one hashed, none with an address, both lists in step."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.guards.house import ROOT

_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==(\S+)", flags=re.IGNORECASE)


def read_pins(text: str) -> dict[str, str]:
    """Name and version of every pin."""
    return {
        found.group(1).lower(): found.group(2)
        for line in text.splitlines()
        if (found := _PIN.match(line))
    }


def iterate_loose_requirements(text: str) -> Iterator[str]:
    """Every requirement that is not pinned and hashed, and every line with an address."""
    for entry in re.split(r"\n(?![ \t])", text.strip()):
        first = entry.partition("\n")[0]
        if first.startswith("#"):
            continue
        if "://" in entry or first.startswith("-"):
            yield f"an address or an option: {first}"
        elif not _PIN.match(first) or "--hash=sha256:" not in entry:
            yield f"not pinned and hashed: {first}"


def read_list(name: str) -> str:
    """One of the lists in `requirements/`."""
    return (ROOT / "requirements" / name).read_text(encoding="utf-8")


def test_every_requirement_is_pinned_and_hashed() -> None:
    for name in ("run.txt", "test.txt"):
        assert read_pins(read_list(name))
        assert list(iterate_loose_requirements(read_list(name))) == []


def test_the_tests_run_on_what_a_store_runs_on() -> None:
    run, test = read_pins(read_list("run.txt")), read_pins(read_list("test.txt"))
    assert {name: test.get(name) for name in run} == run


def test_everything_that_is_asked_for_is_pinned() -> None:
    for name in ("run", "test"):
        asked = re.findall(r"^[a-z0-9][a-z0-9-]*", read_list(f"{name}.in"), flags=re.MULTILINE)
        assert set(asked) - read_pins(read_list(f"{name}.txt")).keys() == set()


def test_loose_requirements_are_found() -> None:
    hashed = "a==1 \\\n    --hash=sha256:0f\n"
    assert list(iterate_loose_requirements(f"# made by hand\n{hashed}b==2 ; x\nc>=3\n")) == [
        "not pinned and hashed: b==2 ; x",
        "not pinned and hashed: c>=3",
    ]
    assert list(iterate_loose_requirements(f"{hashed}--index-url https://example.org\n")) != []
