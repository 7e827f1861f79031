"""What the whole suite says at its end: nothing is passed over in silence."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.needs import find_chromium, list_unpublished, list_untested

# The longest that an encode, which nobody waits for any more, may still take at the suite's end.
ENCODE_SECONDS_MOST = 60


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Before the database is dropped, encodes that a test left to themselves come to their end."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("encode-"):
            thread.join(ENCODE_SECONDS_MOST)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser walks are skipped, and named below, where there is no Chromium."""
    if find_chromium() is not None:
        return
    for item in items:
        if item.get_closest_marker("browser") is not None:
            item.add_marker(pytest.mark.skip(reason="no chromium"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Just above pytest's own last line: what was not tested here, and what failed before."""
    for line in (*list_untested(), *list_unpublished()):
        terminalreporter.write_line(f"NOT TESTED HERE: {line}", yellow=True)
    checks = os.environ.get("CHECKS_FAILED")
    if checks and Path(checks).exists():
        for name in Path(checks).read_text(encoding="utf-8").splitlines():
            terminalreporter.write_line(f"FAILED BEFORE THE TESTS: {name}", red=True)
