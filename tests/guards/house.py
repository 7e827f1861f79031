"""The project's own files, as the guards read them."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "pennywhistle"


def list_project_files(*suffixes: str) -> list[Path]:
    """Every file that is in the project or about to be, by suffix (`.py`), or all of them.

    Git says which these are: what it is told to ignore is not the project's.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    paths = [ROOT / name for name in sorted(set(listed.split("\0"))) if name]
    return [path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes)]


def shown(path: Path) -> str:
    """The path as a person would write it, from the project's folder on."""
    return path.relative_to(ROOT).as_posix()
