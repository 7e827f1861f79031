"""Running an ffmpeg: started, watched, bounded, and gone when its caller is done with it.

Encoding and analysing both come here, so that what a hostile file may do is decided in one place.
"""

from __future__ import annotations

import contextlib
import os
import resource
import selectors
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RUN_SECONDS_MAX = 1800
# A program that says nothing for so long hangs.
SILENCE_SECONDS_MAX = 120
WRITTEN_BYTES_MAX = 8_000_000_000
_READ_BYTES = 256 * 1024
# An encoder hands over every packet at once, for the sake of the first ones. Once these have passed,
# it is left alone for a moment behind a short read, so that packets gather in the pipe.
_EAGER_READS = 16
_WORTH_WAKING_BYTES = 32 * 1024
_PAUSE_SECONDS = 0.005
_PIPE_BYTES = 1024 * 1024
_LAST_WORDS_BYTES = 8000
_WAIT_AFTER_END_SECONDS = 30


class ProcessFailedError(RuntimeError):
    """A program that does not start, or ran over a limit."""


class ProcessOverLimitError(ProcessFailedError):
    """A program that took too long."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be run. `about` names in errors what it works on.

    It reads the files `reads` and writes into the folder `writes`, and needs no other file.
    """

    command: tuple[str, ...]
    about: str
    reads: tuple[Path, ...]
    writes: Path | None = None


class Process:
    """A running program. `code`, `cpu_ms` and the whole of `last_words` are there after `output`."""

    def __init__(self, run: Run, started: subprocess.Popen[bytes]) -> None:
        self._run = run
        self._started = started
        self._last_words = b""
        self.code: int | None = None
        self.cpu_ms = 0

    @property
    def last_words(self) -> str:
        """The end of what it wrote to its standard error."""
        return self._last_words.decode("utf-8", "replace").strip()

    def output(self) -> Iterator[bytes]:
        """What it writes to its standard output, as it comes, until it has ended.

        How it ended is for the caller to judge by `code`, which is negative for a signal. Raises
        `ProcessOverLimitError` past a limit of time.
        """
        assert self._started.stdout is not None
        assert self._started.stderr is not None
        out, err = self._started.stdout.fileno(), self._started.stderr.fileno()
        _widen(out)
        ends_by, reads = time.monotonic() + RUN_SECONDS_MAX, 0
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            selector.register(err, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(SILENCE_SECONDS_MAX)
                if not ready or time.monotonic() > ends_by:
                    raise ProcessOverLimitError(f"working on {self._run.about} took too long")
                for key, _ in ready:
                    data = os.read(key.fd, _READ_BYTES)
                    if not data:
                        selector.unregister(key.fd)
                    elif key.fd == err:
                        self._last_words = (self._last_words + data)[-_LAST_WORDS_BYTES:]
                    else:
                        yield data
                        reads += 1
                        if reads > _EAGER_READS and len(data) < _WORTH_WAKING_BYTES:
                            time.sleep(_PAUSE_SECONDS)
        self._wait()

    def _wait(self) -> None:
        """Until it has ended. It has closed its ends of the pipes, so that is soon."""
        ends_by = time.monotonic() + _WAIT_AFTER_END_SECONDS
        while True:
            pid, status, used = os.wait4(self._started.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > ends_by:
                raise ProcessOverLimitError(f"working on {self._run.about} does not end")
            time.sleep(_PAUSE_SECONDS / 10)
        self.code = self._started.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_ms = round((used.ru_utime + used.ru_stime) * 1000)


@contextlib.contextmanager
def running(run: Run) -> Iterator[Process]:
    """Run a program that does not outlive the block. Raises `ProcessFailedError`."""
    try:
        started = subprocess.Popen(
            run.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
    except OSError as error:
        raise ProcessFailedError(f"the encoder does not start: {error}") from error
    try:
        _limit(started.pid)
        yield Process(run, started)
    finally:
        if started.poll() is None:
            started.kill()
        started.wait(_WAIT_AFTER_END_SECONDS)
        for pipe in (started.stdout, started.stderr):
            if pipe is not None:
                pipe.close()


def _limit(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_CPU, (RUN_SECONDS_MAX, RUN_SECONDS_MAX))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (WRITTEN_BYTES_MAX, WRITTEN_BYTES_MAX))


def _widen(pipe: int) -> None:
    """A larger pipe wakes both ends less often. Not every system has it, and none needs it."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
