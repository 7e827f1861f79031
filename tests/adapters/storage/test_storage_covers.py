"""A cover is kept as delivered, with the sizes that pages show beside it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pennywhistle.adapters.storage.covers import CoverMissingError, CoverStore

SHA256 = hashlib.sha256(b"picture").hexdigest()


def test_a_cover_is_kept_with_its_sizes(tmp_path: Path) -> None:
    store = CoverStore(tmp_path)
    assert store.keep(content=b"picture", sizes={"small": b"s", "large": b"l"}) == SHA256
    assert store.path(sha256=SHA256).read_bytes() == b"picture"
    assert store.path(sha256=SHA256, size="small").read_bytes() == b"s"
    assert store.path(sha256=SHA256, size="large").name == f"{SHA256}-large.jpg"
    assert store.holds(sha256=SHA256)


def test_keeping_a_cover_again_completes_what_is_missing(tmp_path: Path) -> None:
    store = CoverStore(tmp_path)
    store.keep(content=b"picture", sizes={"small": b"s", "large": b"l"})
    before = store.path(sha256=SHA256).stat().st_ino
    store.path(sha256=SHA256, size="large").unlink()
    store.keep(content=b"picture", sizes={"small": b"s", "large": b"l"})
    assert store.path(sha256=SHA256, size="large").read_bytes() == b"l"
    assert store.path(sha256=SHA256).stat().st_ino == before


def test_a_cover_is_not_there_before_its_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = CoverStore(tmp_path)
    moves: list[bool] = []
    real = Path.replace

    def replace_and_look(path: Path, to: Path) -> Path:
        moves.append(store.holds(sha256=SHA256))
        return real(path, to)

    monkeypatch.setattr(Path, "replace", replace_and_look)
    store.keep(content=b"picture", sizes={"small": b"s", "large": b"l"})
    assert moves == [False, False, False]


def test_a_missing_cover_is_named(tmp_path: Path) -> None:
    with pytest.raises(CoverMissingError, match=f"{SHA256}-small.jpg"):
        CoverStore(tmp_path).path(sha256=SHA256, size="small")


def test_a_size_is_never_a_path(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not the name of a size"):
        CoverStore(tmp_path).path(sha256=SHA256, size="../../x")
