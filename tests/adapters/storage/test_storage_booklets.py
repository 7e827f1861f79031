"""Booklets on disk: what is one, and that it is kept as it came."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pennywhistle.adapters.storage.booklets import (
    BOOKLET_BYTES_MAX,
    BookletMissingError,
    BookletRefusedError,
    BookletStore,
    check_booklet,
)

PDF = b"%PDF-1.7\n% a booklet\n"


def test_a_booklet_is_kept_byte_for_byte_and_once(tmp_path: Path) -> None:
    store = BookletStore(tmp_path)
    sha256 = store.keep(content=PDF)
    assert store.keep(content=PDF) == sha256
    assert store.path(sha256=sha256).read_bytes() == PDF


def test_a_booklet_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BookletMissingError, match="restore it from a backup"):
        BookletStore(tmp_path).path(sha256="ab" * 32)
    with pytest.raises(ValueError, match="not a SHA-256"):
        BookletStore(tmp_path).path(sha256="../../etc/passwd")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not a PDF"),
        (b"PK\x03\x04" + bytes(2_000), "not a PDF"),
        (bytes(1_100) + PDF, "not a PDF"),
        (PDF + bytes(BOOKLET_BYTES_MAX), "at most 50 MB"),
    ],
)
def test_what_is_no_booklet_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(BookletRefusedError, match=reason):
        check_booklet(content)


def test_a_pdf_behind_other_bytes_is_one_too() -> None:
    check_booklet(b"\xef\xbb\xbf" + PDF)


def test_what_a_crash_left_is_swept_once_it_is_old(tmp_path: Path) -> None:
    store = BookletStore(tmp_path)
    store.keep(content=PDF)
    left = tmp_path / "ab" / "cd" / ".arriving-left"
    left.parent.mkdir(parents=True)
    left.write_bytes(PDF)
    os.utime(left, (1, 1))
    assert store.sweep(older_than=time.time() - 3600) == 1
    assert not left.exists()
