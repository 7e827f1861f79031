"""Counts that the processes of one machine keep together, each in a file of its own.

A process holds its file locked (`flock`) for as long as it lives, and writes each changed value to
its fixed place. Who wants the totals adds all files up. The file of a process that is gone is added
to `past.json`, its counts without its levels, and removed: so a killed process neither takes its
counts with it nor goes on showing work that nobody does any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import secrets
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pennywhistle.adapters.storage.arriving import arriving

log = logging.getLogger(__name__)

_SUFFIX = ".counts"
_PAST = "past.json"
_LOCK = "past.lock"
_VALUE = struct.Struct("=d")
# The names of a file's values stand before them, as one line of JSON filled up to this length.
_HEAD_BYTES = 16 * 1024


class SharedCounts:
    """Named numbers: counts only grow, levels go up and down with what their process does.

    Every method may be called from any thread. Counting never raises: work goes on where the disk
    is full, and the next change that can be written tells the whole value.
    """

    def __init__(self, folder: Path, *, counts: Sequence[str], levels: Sequence[str]) -> None:
        self._folder = folder
        self._counts = frozenset(counts)
        self._place = {name: at for at, name in enumerate((*counts, *levels))}
        self._lock = threading.Lock()
        self._values: list[float] = []
        self._descriptor: int | None = None
        self._pid = 0
        self._told = False

    def add(self, name: str, amount: float = 1) -> None:
        """Change a value of this process. Raises `KeyError` for a name that was not declared."""
        place = self._place[name]
        with self._lock:
            if self._pid != os.getpid():
                # The first count of this process, which may have been forked from another.
                self._pid, self._descriptor = os.getpid(), None
                self._values = [0.0] * len(self._place)
            self._values[place] += amount
            try:
                if self._descriptor is None:
                    self._descriptor = self._make_file()
                value = _VALUE.pack(self._values[place])
                os.pwrite(self._descriptor, value, _HEAD_BYTES + place * _VALUE.size)
            except OSError:
                if not self._told:
                    log.exception("counts cannot be written to %s", self._folder)
                self._told = True

    def totals(self) -> dict[str, float]:
        """Every declared name with its sum over all processes, living and gone.

        Raises OSError where the folder cannot be read.
        """
        sums: Counter[str] = Counter(dict.fromkeys(self._place, 0))
        self._folder.mkdir(parents=True, exist_ok=True)
        with _locked(self._folder / _LOCK):
            past, taken = self._read_past()
            gone = []
            for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
                if path.name in taken:
                    gone.append(path)  # A crash came between the adding and the removing.
                    continue
                values, has_ended = _read(path)
                if has_ended:
                    gone.append(path)
                    past.update({name: values[name] for name in values if name in self._counts})
                else:
                    sums.update(values)
            if gone:
                self._write_past(past, [path.name for path in gone])
                for path in gone:
                    path.unlink(missing_ok=True)
        sums.update(past)
        return {name: sums[name] for name in self._place}

    def close(self) -> None:
        """As the end of the process does: what was counted is of the past."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
            self._descriptor, self._pid = None, 0

    def _make_file(self) -> int:
        """A locked file with the values so far. It is locked before its head is whole."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with contextlib.ExitStack() as on_error:
            on_error.callback(os.close, descriptor)
            on_error.callback(path.unlink, missing_ok=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            head = json.dumps(list(self._place)).encode().ljust(_HEAD_BYTES)
            values = b"".join(_VALUE.pack(value) for value in self._values)
            os.pwrite(descriptor, head + values, 0)
            on_error.pop_all()
        return descriptor

    def _read_past(self) -> tuple[Counter[str], set[str]]:
        try:
            stored = json.loads((self._folder / _PAST).read_bytes())
        except FileNotFoundError:
            return Counter(), set()
        return Counter(stored["counts"]), set(stored["taken"])

    def _write_past(self, past: Mapping[str, float], taken: Sequence[str]) -> None:
        with arriving(self._folder / _PAST) as file:
            file.write(json.dumps({"counts": past, "taken": taken}).encode())


def _read(path: Path) -> tuple[dict[str, float], bool]:
    """A file's values by name, and whether its process is gone. One with half a head is being made."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            has_ended = True
        except BlockingIOError:
            has_ended = False
        data = os.pread(descriptor, 2 * _HEAD_BYTES, 0)
    finally:
        os.close(descriptor)
    head, values = data[:_HEAD_BYTES], data[_HEAD_BYTES:]
    if len(head) < _HEAD_BYTES:
        return {}, False
    whole = len(values) // _VALUE.size * _VALUE.size
    pairs = zip(json.loads(head), _VALUE.iter_unpack(values[:whole]), strict=False)
    return {name: value for name, (value,) in pairs}, has_ended


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
