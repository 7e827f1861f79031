"""The process that starts encoders: small, single-threaded, and shut off from the network once.

`process.py` keeps one for each process of the store. A large program with threads cannot fork and
then narrow itself down, and a chain of small programs in front of each encoder takes longer than
the encoder needs for its first byte. What is asked for comes over a socket, as a length, one line of
JSON and three or four descriptors: the encoder's standard input where it is told something, its standard
output and error, and a socket of its own. On that socket the host tells how the encoder ended. A `b` from the other side puts it into the background;
its end of file kills it. When the store's process is gone, so are the host and all encoders.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import struct
import sys

from pennywhistle.adapters.audio import confine

TYPE_CHECKING = False
if TYPE_CHECKING:  # Modules that only a type checker needs would be carried by every fork.
    from typing import Any

_LENGTH = struct.Struct("=I")
REQUEST_BYTES_MAX = 1_000_000
TO_BACKGROUND = b"b"
# Encoders let the host go first, which has the next one to start.
FIRST_NICENESS = 2
BACKGROUND_NICENESS = 5
_DESCRIPTORS_LEAST, _DESCRIPTORS_MOST = 3, 4
# All that an encoder is told of the environment it runs in.
_ENVIRONMENT = ("LD_LIBRARY_PATH",)
_STARTED_NOT = 127
_OPEN_MAX = 4096
# The next child is forked once the last one has had the processor to itself for a moment.
_SPARE_AFTER_SECONDS = 0.02
# Children that wait, for as many listeners who come at the same moment.
SPARES_MAX = 4


class _Child:
    """A running encoder, and the socket that tells of it."""

    __slots__ = ("line", "pid")

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self.line = line


class Host:
    """Starts what is asked for over `control`, and tells of its end.

    Confines it where `program` names what will mostly be asked for; not at all where that is None.
    """

    def __init__(self, control: socket.socket, program: str | None) -> None:
        self._control = control
        self._program = program
        self._null = os.open(os.devnull, os.O_RDONLY)
        self._children: dict[int, _Child] = {}
        # Forking takes longer than anything else on the way to a first byte, so it is done ahead.
        self._spares: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        woken, waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(waker)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(woken, selectors.EVENT_READ)
        self._woken = woken

    def serve(self) -> None:
        """Until the other side is gone."""
        while True:
            has_all = len(self._spares) >= SPARES_MAX
            ready = self._selector.select(None if has_all else _SPARE_AFTER_SECONDS)
            if not ready:
                with contextlib.suppress(OSError):
                    pid, order = self._fork()
                    self._spares[pid] = order
            for key, _ in ready:
                if key.fileobj is self._control:
                    if not self._take():
                        return
                elif key.fd == self._woken:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._woken, 1024)
                    self._reap()
                elif isinstance(key.data, _Child):
                    self._hear(key.data)

    def end_all(self) -> None:
        """Kill what still runs."""
        for child in self._children.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)

    def _take(self) -> bool:
        """One request. False where there will be none."""
        body, descriptors = receive(self._control)
        try:
            if len(descriptors) < _DESCRIPTORS_LEAST:
                return False
            self._start(body, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _start(self, body: bytes, descriptors: list[int]) -> None:
        line = socket.socket(fileno=os.dup(descriptors[-1]))
        try:
            pid = self._hand_over(body, descriptors)
        except OSError as error:
            with line, contextlib.suppress(OSError):
                line.sendall(_line(failed=str(error)))
            return
        child = _Child(pid, line)
        self._children[pid] = child
        self._selector.register(child.line, selectors.EVENT_READ, child)

    def _hand_over(self, body: bytes, descriptors: list[int]) -> int:
        """To a child that waits, or to a new one where those were killed or have all gone."""
        while self._spares:
            pid, order = self._spares.popitem()
            with order, contextlib.suppress(OSError):
                send(order, body, descriptors)
                return pid
        pid, order = self._fork()
        with order:
            send(order, body, descriptors)
        return pid

    def _fork(self) -> tuple[int, socket.socket]:
        """A child that waits to be told what to become, and the socket to tell it by."""
        order, its = socket.socketpair()
        host_pid = os.getpid()
        pid = os.fork()
        if pid == 0:
            # What the host holds is not to stay open because a child waits.
            first, second = sorted((its.fileno(), self._null))
            for start, stop in ((3, first), (first + 1, second), (second + 1, _OPEN_MAX)):
                os.closerange(start, stop)
            _become(its, self._null, host_pid, self._program)
        its.close()
        return pid, order

    def _hear(self, child: _Child) -> None:
        if child.pid not in self._children:
            return
        try:
            word = child.line.recv(1)
        except OSError:
            word = b""
        with contextlib.suppress(OSError):
            if word == TO_BACKGROUND:
                nice = max(BACKGROUND_NICENESS, os.getpriority(os.PRIO_PROCESS, child.pid))
                os.setpriority(os.PRIO_PROCESS, child.pid, nice)
            elif not word:
                self._selector.unregister(child.line)
                os.kill(child.pid, signal.SIGKILL)

    def _reap(self) -> None:
        while self._children or self._spares:
            pid, status, used = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            child = self._children.pop(pid, None)
            if child is None:
                if pid in self._spares:
                    self._spares.pop(pid).close()
                continue
            ended = _line(
                code=os.waitstatus_to_exitcode(status),
                cpu_ms=round((used.ru_utime + used.ru_stime) * 1000),
            )
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(child.line)
            with contextlib.suppress(OSError):
                child.line.sendall(ended)
            child.line.close()


def _line(**said: object) -> bytes:
    return json.dumps(said).encode() + b"\n"


def send(channel: socket.socket, body: bytes, descriptors: list[int]) -> None:
    """One message. Raises OSError where nobody listens."""
    socket.send_fds(channel, [_LENGTH.pack(len(body))], descriptors)
    channel.sendall(body)


def receive(channel: socket.socket) -> tuple[bytes, list[int]]:
    """One message; an empty one where there will be none.

    Raises EOFError at half of one, ValueError where it would be too long.
    """
    head, descriptors, _, _ = socket.recv_fds(channel, _LENGTH.size, _DESCRIPTORS_MOST)
    if len(head) < _LENGTH.size:
        return b"", descriptors
    (length,) = _LENGTH.unpack(head)
    if length > REQUEST_BYTES_MAX:
        raise ValueError(f"a request of {length} bytes")
    body = b""
    while len(body) < length:
        piece = channel.recv(length - len(body))
        if not piece:
            raise EOFError("half a request")
        body += piece
    return body, descriptors


def _become(order: socket.socket, null: int, host_pid: int, program: str | None) -> None:
    """In the forked child: wait for the order, narrow down, and become it. Never returns."""
    line = None
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        confine.die_with_parent(host_pid)
        confinement = confine.Confinement(program) if program else None
        body, descriptors = receive(order)
        if not body:
            os._exit(0)
        *standard, line = descriptors
        if len(descriptors) < _DESCRIPTORS_MOST:
            standard = [null, *standard]
        for target, source in enumerate(standard):
            os.dup2(source, target)
        _execute(json.loads(body), confinement)
    except BaseException as error:  # noqa: BLE001 - told to the other side, whatever it is
        if line is not None:
            os.write(line, _line(failed=str(error)))
    os._exit(_STARTED_NOT)


def _execute(request: dict[str, Any], confinement: confine.Confinement | None) -> None:
    """Never returns, but raises OSError."""
    os.nice(max(FIRST_NICENESS, request["niceness"]))
    command = request["command"]
    os.chdir(request["inside"])
    if confinement is not None:
        confinement.close(program=command[0], reads=request["reads"], writes=request["writes"])
    confine.limit(**request["limits"])
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    os.execve(command[0], command, kept)  # noqa: S606  # no shell has a part in it


def main() -> None:
    """Serve the socket that is our standard input. The argument is the program to confine."""
    control = socket.socket(fileno=os.dup(0))
    program = sys.argv[1] if len(sys.argv) > 1 else None
    missing = []
    if program is not None:
        confine.enter_host()
        missing = confine.missing(program)
    control.sendall(_line(missing=missing))
    host = Host(control, program)
    gc.freeze()
    gc.disable()
    try:
        host.serve()
    except (OSError, EOFError, ValueError) as error:
        sys.stderr.write(f"the encoders' host ends: {error}\n")
    finally:
        host.end_all()


if __name__ == "__main__":
    main()
