"""Files and functions stay small enough to be read at one sitting."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.guards.house import list_project_files, shown

FILE_LINES_MOST = 400
FUNCTION_LINES_MOST = 60

# What may be longer, and why.
LONGER_FILES: dict[str, str] = {}
LONGER_FUNCTIONS: dict[str, str] = {}


def iterate_long_functions(source: str) -> Iterator[tuple[str, int]]:
    """(name, lines) of each function beyond the limit, decorators and docstring included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            lines = (node.end_lineno or first) - first + 1
            if lines > FUNCTION_LINES_MOST:
                yield node.name, lines


def test_no_file_is_longer_than_the_limit() -> None:
    long = {
        name: lines
        for path in list_project_files(".py", ".js", ".sh")
        if "/migrations/" not in (name := shown(path))
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES_MOST
        and name not in LONGER_FILES
    }
    assert long == {}


def test_no_function_is_longer_than_the_limit() -> None:
    long = {
        name: lines
        for path in list_project_files(".py")
        for function, lines in iterate_long_functions(path.read_text(encoding="utf-8"))
        if (name := f"{shown(path)}:{function}") not in LONGER_FUNCTIONS
    }
    assert long == {}


def test_an_exception_that_is_no_longer_needed_is_found() -> None:
    needed = {
        shown(path)
        for path in list_project_files(".py", ".js", ".sh")
        if len(path.read_text(encoding="utf-8").splitlines()) > FILE_LINES_MOST
    } | {
        f"{shown(path)}:{function}"
        for path in list_project_files(".py")
        for function, _ in iterate_long_functions(path.read_text(encoding="utf-8"))
    }
    assert {*LONGER_FILES, *LONGER_FUNCTIONS} - needed == set()


def test_a_long_function_is_found() -> None:
    body = "    pass\n" * (FUNCTION_LINES_MOST - 1)
    assert list(iterate_long_functions(f"def fits():\n{body}")) == []
    found = list(iterate_long_functions(f"@cache\nasync def long():\n{body}"))
    assert found == [("long", FUNCTION_LINES_MOST + 1)]
