"""The benches can be listed and named; their figures have the form that the README quotes."""

from __future__ import annotations

import importlib
import json

import pytest

from bench.__main__ import BENCHES, main
from bench.figure import at_least, at_most


def test_without_a_name_the_benches_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == [name for name, _, _ in BENCHES]


def test_a_name_that_is_none_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["nonsense"]) == 2
    assert "no figure is called nonsense; there are: encode" in capsys.readouterr().out


def test_every_bench_can_be_run() -> None:
    for _, module, _ in BENCHES:
        assert callable(importlib.import_module(module).run)


def test_a_figure_says_whether_its_goal_holds() -> None:
    assert at_most("f", 1.3, 1.3, "ratio", "x").holds is True
    assert at_most("f", 1.31, 1.3, "ratio", "x").holds is False
    assert at_least("f", 0.89, 0.9, "ratio", "x").holds is False
    assert at_least("f", 5, None, "ratio", "x").holds is None


def test_a_figure_is_one_line_of_json_in_the_promised_form() -> None:
    line = at_most("first byte", 1.23456, 1.3, "ratio", "bare").as_json()
    read = json.loads(line)
    assert list(read) == ["figure", "value", "unit", "goal", "holds", "against", "versions"]
    assert (read["value"], read["goal"]) == (1.235, "≤ 1.3")
    assert "django" in read["versions"]
    assert "\n" not in line
