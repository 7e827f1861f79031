"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

TEMPORARY_PREFIX = ".arriving-"


@contextmanager
def arriving(final: Path) -> Iterator[IO[bytes]]:
    """A file beside `final` that is forced to the disk and becomes `final` if the block ends well.

    If it does not, the file is gone; a crash leaves it under a temporary name, for `sweep`. The
    folders down to `final` are made where they are missing.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=final.parent, prefix=TEMPORARY_PREFIX, delete=False) as file:
        temporary = Path(file.name)
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            temporary.chmod(0o444)
            temporary.replace(final)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    for folder in final.parents[:3]:
        _sync_folder(folder)


def sweep(root: Path, *, older_than: float) -> int:
    """Remove what crashes left below `root`: temporary files last written before `older_than`,
    in seconds since the epoch. Younger ones may belong to a copy that is still running. Returns
    how many.
    """
    removed = 0
    for leftover in root.glob(f"??/??/{TEMPORARY_PREFIX}*"):
        with suppress(FileNotFoundError):
            if leftover.stat().st_mtime < older_than:
                leftover.unlink()
                removed += 1
    return removed


def _sync_folder(folder: Path) -> None:
    """Force a folder's new names to the disk, or a power cut could lose them."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
