"""Running an ffmpeg: started, watched, confined, and gone when its caller is done with it.

Encoding and analysing both come here, so that what a hostile file may do is decided in one place. The
programs are started by a small process beside this one: see `host.py`, and `confine.py` for what
they may do.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import logging
import os
import re
import select
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pennywhistle.adapters.audio import host as host_program
from pennywhistle.adapters.audio.binary import ffmpeg_path

log = logging.getLogger(__name__)

RUN_SECONDS_MAX = 1800
# A program that says nothing for so long hangs, unless it writes into a file.
SILENCE_SECONDS_MAX = 120
WRITTEN_BYTES_MAX = 8_000_000_000
# Address space. Eight seconds of 5.1 at 192 kHz and 24 bits into each codec do with 0.45 GB of it, six
# hours into ALAC with 0.6 GB, and a spectrogram of many threads with 1 GB.
MEMORY_BYTES_MAX = 2_000_000_000
_READ_BYTES = 256 * 1024
# An encoder hands over every packet at once, for the sake of the first ones. Once these have passed,
# it is left alone for a moment behind a short read, so that packets gather in the pipe, and steps back
# behind encoders that have their first packets still to make. Passing on sixteen each, eight encoders
# that began together were in the way of each other's first.
_EAGER_READS = 4
_WORTH_WAKING_BYTES = 32 * 1024
# The first pauses are short: somebody waits for the music. Later ones let more gather.
_PAUSE_SECONDS, _PAUSE_SECONDS_MAX, _PAUSES_GROW = 0.005, 0.02, 1.2
_PIPE_BYTES = 1024 * 1024
_LAST_WORDS_BYTES = 8000
# A cover inside a master is not decoded, and need not be: ffmpeg says so at every master that has one.
_OF_PICTURES = re.compile(
    r"^.*Codec \((?:mjpeg|png|bmp|gif|webp|tiff)\) not on whitelist.*"
    r"(?:\n *Last message repeated.*)?(?:\n|\Z)",
    re.MULTILINE,
)
_HOST_STARTS_SECONDS_MAX = 30
# Taking an order is a few system calls to a host. One that leaves its orders lying for so long hangs.
_HOST_TAKES_SECONDS_MAX = 10
_HOST_TRIES = 2
_WAIT_AFTER_END_SECONDS = 30
# What Python's audit hooks hear when a program is started here.
AUDIT_EVENT = "pennywhistle.process"


class ProcessFailedError(RuntimeError):
    """A program that does not start, or ran over a limit."""


class ProcessOverLimitError(ProcessFailedError):
    """A program that took too long."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is to be run. `about` names in errors what it works on.

    It can read the files `reads`, or what lies in the folders among them, and write into the folder
    `writes`; every other file is refused to it. It starts in the folder `inside`. `niceness` is 0 for
    what somebody waits for, up to 19. Its standard input is empty, unless it `is_told` something.
    """

    command: tuple[str, ...]
    about: str
    reads: tuple[Path, ...]
    writes: Path | None = None
    inside: Path = Path("/")
    niceness: int = 0
    is_told: bool = False
    memory_bytes_max: int = MEMORY_BYTES_MAX
    cpu_seconds_max: int = RUN_SECONDS_MAX


class Process:
    """A running program. `code`, `cpu_ms` and the whole of `last_words` are there after `output`."""

    def __init__(
        self, run: Run, out: int, err: int, line: socket.socket, told_by: BinaryIO | None
    ) -> None:
        self._run = run
        self._told_by = told_by
        self._out = out
        self._err = err
        self._line = line
        self._last_words = b""
        self.code: int | None = None
        self.cpu_ms = 0

    @property
    def last_words(self) -> str:
        """The end of what it wrote to its standard error, but for what it says of pictures inside."""
        return _OF_PICTURES.sub("", self._last_words.decode("utf-8", "replace")).strip()

    def tell(self, words: bytes) -> None:
        """All that its standard input will ever hold. Raises OSError where it has ended."""
        assert self._told_by is not None, "its standard input is empty"
        with self._told_by:
            self._told_by.write(words)

    def has_ended(self) -> bool:
        """Whether it, or its host, is gone. Not to be asked once `output` has been."""
        return bool(select.select([self._line], [], [], 0)[0])

    def output(self, hear: Callable[[bytes], object] | None = None) -> Iterator[bytes]:
        """What it writes to its standard output, as it comes, until it has ended.

        `hear` is given all that it writes to its standard error, as it comes.
        How it ended is for the caller to judge by `code`, which is negative for a signal. Raises
        `ProcessOverLimitError` past a limit of time, `ProcessFailedError` where it did not start.
        """
        ends_by, reads = time.monotonic() + RUN_SECONDS_MAX, 0
        pause_seconds = _PAUSE_SECONDS
        silence_seconds_max = SILENCE_SECONDS_MAX if self._run.writes is None else RUN_SECONDS_MAX
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            selector.register(self._err, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(silence_seconds_max)
                if not ready or time.monotonic() > ends_by:
                    raise ProcessOverLimitError(f"working on {self._run.about} took too long")
                for key, _ in ready:
                    data = os.read(key.fd, _READ_BYTES)
                    if not data:
                        selector.unregister(key.fd)
                    elif key.fd == self._err:
                        self._last_words = (self._last_words + data)[-_LAST_WORDS_BYTES:]
                        if hear is not None:
                            hear(data)
                    else:
                        yield data
                        reads += 1
                        if reads == _EAGER_READS:
                            self.to_background()
                        if reads > _EAGER_READS and len(data) < _WORTH_WAKING_BYTES:
                            time.sleep(pause_seconds)
                            pause_seconds = min(_PAUSE_SECONDS_MAX, pause_seconds * _PAUSES_GROW)
        self._hear_the_end()

    def to_background(self) -> None:
        """From now on, let what others wait for go first."""
        with contextlib.suppress(OSError):
            self._line.sendall(host_program.TO_BACKGROUND)

    def _hear_the_end(self) -> None:
        """Until it has ended. It has closed its ends of the pipes, so that is soon."""
        ended = self._told()
        if ended is None:
            raise ProcessFailedError(
                f"working on {self._run.about} broke off: the encoders' host has ended"
            )
        if "failed" in ended:
            raise ProcessFailedError(f"the encoder does not start: {ended['failed']}")
        self.code, self.cpu_ms = ended["code"], ended["cpu_ms"]

    def _told(self) -> dict[str, Any] | None:
        """The first line that the host, or the program's failed beginning, has to tell."""
        self._line.settimeout(_WAIT_AFTER_END_SECONDS)
        said = b""
        try:
            while piece := self._line.recv(4096):
                said += piece
        except TimeoutError:
            raise ProcessOverLimitError(f"working on {self._run.about} does not end") from None
        except OSError:
            pass
        line = said.partition(b"\n")[0]
        return json.loads(line) if line else None

    def end(self) -> None:
        """Kill it if it still runs, and wait until it is gone. May be called twice.

        Raises `ProcessOverLimitError` where its host does not say that it is.
        """
        try:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_WR)
                self._told()
        finally:
            self._line.close()


@contextlib.contextmanager
def running(run: Run) -> Iterator[Process]:
    """Run a program that does not outlive the block. Raises `ProcessFailedError`."""
    sys.audit(AUDIT_EVENT, run.command[0])
    with contextlib.ExitStack() as held:
        (out, their_out), (err, their_err) = os.pipe(), os.pipe()
        held.callback(os.close, out)
        held.callback(os.close, err)
        theirs, told_by = [their_out, their_err], None
        if run.is_told:
            their_in, told = os.pipe()
            theirs.insert(0, their_in)
            told_by = held.enter_context(os.fdopen(told, "wb", buffering=0))
        mine, its = socket.socketpair()
        process = Process(run, out, err, mine, told_by)
        held.callback(process.end)
        _widen(out)
        try:
            _ask(run, (*theirs, its.fileno()))
        finally:
            for descriptor in theirs:
                os.close(descriptor)
            its.close()
        yield process


class _Host:
    """The process that starts programs for this one."""

    def __init__(self, *, confined: bool) -> None:
        self._control, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-m", host_program.__name__),
                    *((ffmpeg_path(),) if confined else ()),
                ],
                stdin=its.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # In a group of its own, so that a Ctrl-C is for the store to answer, and in the
                # store's session: Linux shares the processor out by session first, and how nice an
                # encoder is counts within one. https://man7.org/linux/man-pages/man7/sched.7.html
                process_group=0,
            )
        try:
            self.missing = self._hello()
        except BaseException:
            self.end()
            raise

    def _hello(self) -> list[str]:
        self._control.settimeout(_HOST_STARTS_SECONDS_MAX)
        with self._control.makefile("rb") as lines:
            said = lines.readline(10_000)
        self._control.settimeout(_HOST_TAKES_SECONDS_MAX)
        if not said:
            raise OSError("the encoders' host ended at once")
        missing: list[str] = json.loads(said)["missing"]
        return missing

    def ask(self, request: bytes, descriptors: tuple[int, ...]) -> None:
        """Raises OSError where the host is gone, or hangs: then it is killed."""
        try:
            host_program.send(self._control, request, list(descriptors))
        except TimeoutError:
            self._process.kill()
            raise

    def end(self) -> None:
        """With all that it started."""
        self._control.close()
        try:
            self._process.wait(_WAIT_AFTER_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def forget(self) -> None:
        """In a fork of this process: the host is the other one's."""
        self._control.close()
        self._process.returncode = 0


class _Hosts:
    """The one host of this process, started when it is first needed and again when it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._host: _Host | None = None
        self._has_told = False
        self._confined = True

    def ask(self, request: bytes, descriptors: tuple[int, ...]) -> None:
        """Raises OSError where no host can be started."""
        with self._lock:
            for tries_left in reversed(range(_HOST_TRIES)):
                try:
                    self._get().ask(request, descriptors)
                except OSError as error:
                    log.warning(
                        "the encoders' host has ended or hangs (%s) and is started again", error
                    )
                    self._end()
                    if not tries_left:
                        raise
                else:
                    return

    def start(self) -> None:
        with self._lock:
            self._get()

    def end(self) -> None:
        with self._lock:
            self._end()

    def set_confined(self, confined: bool) -> None:  # noqa: FBT001
        with self._lock:
            if confined != self._confined:
                self._end()
            self._confined = confined

    def forget(self) -> None:
        """In a fork, where nobody will free the lock."""
        self._lock = threading.Lock()
        if self._host is not None:
            self._host.forget()
        self._host = None

    def _get(self) -> _Host:
        if self._host is None:
            self._host = _Host(confined=self._confined)
            if self._host.missing and not self._has_told:
                self._has_told = True
                log.warning(
                    "this machine does not let encoders be confined wholly: one that a hostile "
                    "file took over could do more than it should: %s",
                    "; ".join(self._host.missing),
                )
        return self._host

    def _end(self) -> None:
        host, self._host = self._host, None
        if host is not None:
            host.end()


_hosts = _Hosts()
atexit.register(_hosts.end)
os.register_at_fork(after_in_child=_hosts.forget)


def start_host() -> None:
    """Have what starts programs ready before the first is asked for. Raises OSError."""
    _hosts.start()


def set_confined(confined: bool) -> None:  # noqa: FBT001 - it reads as a sentence
    """Whether programs are confined from now on: so they are, unless the operator says no.

    A change ends those that run.
    """
    _hosts.set_confined(confined)


def _ask(run: Run, descriptors: tuple[int, ...]) -> None:
    request = {
        "command": run.command,
        "reads": [str(path.absolute()) for path in run.reads],
        "writes": None if run.writes is None else str(run.writes.absolute()),
        "inside": str(run.inside),
        "niceness": run.niceness,
        "limits": {
            "memory_bytes": run.memory_bytes_max,
            "cpu_seconds": run.cpu_seconds_max,
            "file_bytes": WRITTEN_BYTES_MAX,
        },
    }
    try:
        _hosts.ask(json.dumps(request).encode(), descriptors)
    except OSError as error:
        raise ProcessFailedError(f"the encoder does not start: {error}") from error


def _widen(pipe: int) -> None:
    """A larger pipe wakes both ends less often. Not every system has it, and none needs it."""
    with contextlib.suppress(AttributeError, OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
