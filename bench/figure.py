"""What a figure is, and how it is printed."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    `goal` is a bound such as `≤ 1.3`, or empty where none is set, and `holds` whether it is kept
    (None without a goal). `against` says what it was compared with and how.
    """

    figure: str
    value: float
    unit: str
    goal: str
    holds: bool | None
    against: str
    versions: dict[str, str]

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), ensure_ascii=False)


def at_most(name: str, value: float, bound: float | None, unit: str, against: str) -> Figure:
    """A figure that should be at most `bound`."""
    goal = "" if bound is None else f"≤ {bound}"
    holds = None if bound is None else value <= bound
    return Figure(name, round(value, 3), unit, goal, holds, against, versions())


def at_least(name: str, value: float, bound: float | None, unit: str, against: str) -> Figure:
    """A figure that should be at least `bound`."""
    goal = "" if bound is None else f"≥ {bound}"
    holds = None if bound is None else value >= bound
    return Figure(name, round(value, 3), unit, goal, holds, against, versions())


def versions(*extra: str) -> dict[str, str]:
    """Of Python and of the packages that figures depend on."""
    packages = ("django", "granian", "starlette", "imageio-ffmpeg", *extra)
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}
