"""What a figure is, and how it is printed."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    `value` is None where it could not be measured here; `against` then says what is missing. `goal`
    is a bound such as `≤ 1.3`, or empty where none is set, and `holds` whether it is kept (None
    without a goal or a value). `against` says what it was compared with and how.
    """

    figure: str
    value: float | None
    unit: str
    goal: str
    holds: bool | None
    against: str
    versions: dict[str, str]

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), ensure_ascii=False)


def at_most(
    name: str,
    value: float,
    bound: float | None,
    unit: str,
    against: str,
    others: Mapping[str, str] | None = None,
) -> Figure:
    """A figure that should be at most `bound`. `others` are versions of what it is held against."""
    goal = "" if bound is None else f"≤ {bound}"
    holds = None if bound is None else value <= bound
    return Figure(name, round(value, 3), unit, goal, holds, against, versions(others))


def at_least(
    name: str,
    value: float,
    bound: float | None,
    unit: str,
    against: str,
    others: Mapping[str, str] | None = None,
) -> Figure:
    """A figure that should be at least `bound`. `others` as for `at_most`."""
    goal = "" if bound is None else f"≥ {bound}"
    holds = None if bound is None else value >= bound
    return Figure(name, round(value, 3), unit, goal, holds, against, versions(others))


def exactly(
    name: str,
    value: float,
    wanted: float,
    unit: str,
    against: str,
    others: Mapping[str, str] | None = None,
) -> Figure:
    """A figure that should be this number. `others` as for `at_most`."""
    goal, holds = f"= {wanted}", value == wanted
    return Figure(name, value, unit, goal, holds, against, versions(others))


def not_measured(name: str, goal: str, unit: str, why: str) -> Figure:
    """A figure that cannot be measured on this machine. `why` says how it can."""
    return Figure(name, None, unit, goal, None, f"not measured: {why}", versions())


def versions(others: Mapping[str, str] | None = None) -> dict[str, str]:
    """Of Python, of the packages that figures depend on, and of `others`."""
    packages = ("django", "granian", "starlette", "imageio-ffmpeg")
    known = {"python": platform.python_version(), **{name: version(name) for name in packages}}
    return {**known, **(others or {})}
