"""A master is kept byte for byte under its hash, whole or not at all."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pennywhistle.adapters.storage.masters import (
    MasterChangedError,
    MasterDamagedError,
    MasterMissingError,
    MasterStore,
)

CONTENT = b"a master\n" * 300_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "delivered.flac"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def store(tmp_path: Path) -> MasterStore:
    return MasterStore(tmp_path / "masters")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_master_is_kept_byte_for_byte_under_its_hash(
    store: MasterStore, source: Path, tmp_path: Path
) -> None:
    store.keep(source=source, sha256=SHA256)
    kept = store.path(sha256=SHA256)
    assert kept == tmp_path / "masters" / SHA256[:2] / SHA256[2:4] / SHA256
    assert kept.read_bytes() == CONTENT
    assert source.read_bytes() == CONTENT
    assert store.holds(sha256=SHA256)


def test_keeping_a_master_again_touches_nothing(store: MasterStore, source: Path) -> None:
    store.keep(source=source, sha256=SHA256)
    before = store.path(sha256=SHA256).stat()
    store.keep(source=source, sha256=SHA256)
    after = store.path(sha256=SHA256).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_file_that_changed_since_it_was_hashed_is_not_kept(
    store: MasterStore, source: Path, tmp_path: Path
) -> None:
    source.write_bytes(CONTENT + b"!")
    with pytest.raises(MasterChangedError):
        store.keep(source=source, sha256=SHA256)
    assert _files(tmp_path / "masters") == []


def test_a_file_that_is_not_there_leaves_nothing_behind(store: MasterStore, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.keep(source=tmp_path / "nowhere.flac", sha256=SHA256)
    assert _files(tmp_path) == []


def test_a_missing_master_is_named(store: MasterStore) -> None:
    with pytest.raises(MasterMissingError, match=SHA256):
        store.path(sha256=SHA256)
    assert not store.holds(sha256=SHA256)


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", SHA256.upper(), SHA256[:-1], f"{SHA256}\n"]
)
def test_what_is_not_a_hash_names_no_file(store: MasterStore, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        store.path(sha256=name)


def test_two_deliveries_of_one_master_at_once_keep_it_once(
    store: MasterStore, source: Path, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(store.keep, source=source, sha256=SHA256) for _ in range(8)]
    for future in futures:
        future.result()
    assert _files(tmp_path / "masters") == [store.path(sha256=SHA256)]


def test_a_sweep_takes_what_a_crash_left_and_no_more(
    store: MasterStore, source: Path, tmp_path: Path
) -> None:
    store.keep(source=source, sha256=SHA256)
    folder = store.path(sha256=SHA256).parent
    old, young = folder / ".arriving-old", folder / ".arriving-young"
    for leftover, written_at in ((old, 1000), (young, 3000)):
        leftover.write_bytes(b"half")
        os.utime(leftover, (written_at, written_at))
    assert store.sweep(older_than=2000) == 1
    assert sorted(_files(tmp_path / "masters")) == sorted([young, store.path(sha256=SHA256)])


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_failure_on_the_way_leaves_nothing_and_a_second_try_completes(
    store: MasterStore, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        if call == "write":
            patch.setattr("hashlib.sha256", fail)
        elif call == "fsync":
            patch.setattr("os.fsync", fail)
        else:
            patch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="No space"):
            store.keep(source=source, sha256=SHA256)
    assert _files(tmp_path / "masters") == []
    store.keep(source=source, sha256=SHA256)
    assert store.path(sha256=SHA256).read_bytes() == CONTENT


def test_a_file_that_was_damaged_is_found_so_and_made_whole_by_keeping_it_again(
    store: MasterStore, source: Path
) -> None:
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    store.keep(source=source, sha256=sha256)
    store.check(sha256=sha256)
    kept = store.path(sha256=sha256)
    kept.chmod(0o600)
    kept.write_bytes(source.read_bytes()[:-1] + b"?")
    with pytest.raises(MasterDamagedError, match="ingest it again"):
        store.check(sha256=sha256)
    store.keep(source=source, sha256=sha256)
    store.check(sha256=sha256)
    assert store.path(sha256=sha256).read_bytes() == source.read_bytes()
