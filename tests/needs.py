"""What the suite needs besides Python, and what of it is missing on this machine.

`python -m tests.needs` prints what is missing and exits with 1 if anything is.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

# What DDEX and others publish, read by tests where it lies: its licence keeps it out of the project.
PUBLISHED = Path(__file__).resolve().parents[2] / "shared" / "data" / "ddex"

# The names that distributions give to Chromium.
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

# Other people's decoders, by command, and Debian's package of each.
_DECODERS = {
    "flac": "flac",
    "lame": "lame",
    "mpg123": "mpg123",
    "opusdec": "opus-tools",
    "oggdec": "vorbis-tools",
    "wvunpack": "wavpack",
}


# What downloads are fetched, fronted and unpacked with, by command, and Debian's package of each.
_FETCHERS = {
    "curl": "curl",
    "nginx": "nginx",
    "unzip": "unzip",
    "7z": "7zip",
    "bsdtar": "libarchive-tools",
}
_SYSTEM_FOLDERS = "/usr/sbin"


def find_chromium() -> str | None:
    """The path of a Chromium that Playwright can drive, or None."""
    for name in _CHROMIUM_NAMES:
        if (path := shutil.which(name)) is not None:
            return path
    return None


def find_test_database_url() -> str | None:
    """The PostgreSQL that the suite may fill, as `tests/settings.py` reads it, or None."""
    return os.environ.get("PENNYWHISTLE_TEST_DATABASE_URL", "").strip() or None


def list_untested() -> list[str]:
    """A line for each part of the suite that cannot run here, and what would let it run."""
    untested = []
    if find_chromium() is None:
        untested.append("browser walks: no chromium; install it with apt-get install chromium")
    if find_test_database_url() is None and not os.environ.get("POSTGRESQL_FOLLOWS"):
        untested.append(
            "PostgreSQL: no server named; set PENNYWHISTLE_TEST_DATABASE_URL, or run .ci/run"
        )
    if missing := [name for name in _DECODERS if shutil.which(name) is None]:
        packages = " ".join(_DECODERS[name] for name in missing)
        untested.append(
            f"other decoders: no {', '.join(missing)}; install with apt-get install {packages}"
        )
    lacking = [
        name
        for name in _FETCHERS
        if shutil.which(name) is None and shutil.which(name, path=_SYSTEM_FOLDERS) is None
    ]
    if lacking:
        packages = " ".join(_FETCHERS[name] for name in lacking)
        untested.append(
            f"downloads: no {', '.join(lacking)}; install with apt-get install {packages}"
        )
    return untested


def list_unpublished() -> list[str]:
    """A line where material is missing that may not be in the project, and so is not asked for."""
    if PUBLISHED.is_dir():
        return []
    return ["messages and schemas that DDEX publishes: no ../shared/data/ddex beside the project"]


if __name__ == "__main__":
    for line in list_untested():
        print(f"NOT TESTED HERE: {line}", file=sys.stderr)
    sys.exit(1 if list_untested() else 0)
