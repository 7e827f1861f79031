"""What the whole suite says at its end: nothing is passed over in silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.needs import find_chromium, list_untested


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser walks are skipped, and named below, where there is no Chromium."""
    if find_chromium() is not None:
        return
    for item in items:
        if item.get_closest_marker("browser") is not None:
            item.add_marker(pytest.mark.skip(reason="no chromium"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Just above pytest's own last line: what was not tested here, and what failed before."""
    for line in list_untested():
        terminalreporter.write_line(f"NOT TESTED HERE: {line}", yellow=True)
    checks = os.environ.get("CHECKS_FAILED")
    if checks and Path(checks).exists():
        for name in Path(checks).read_text(encoding="utf-8").splitlines():
            terminalreporter.write_line(f"FAILED BEFORE THE TESTS: {name}", red=True)
