"""A plain HTTP client on loopback that adds little of its own to what is measured."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

HOST = "127.0.0.1"
TIMEOUT_SECONDS = 60
_PIECE_BYTES = 65_536
_BUFFER_BYTES = 1024 * 1024
_HEAD_BYTES_MAX = 65_536


@dataclass(frozen=True, slots=True)
class Arrival:
    """Seconds until the first byte of a file came, and until the first of its music."""

    first: float
    music: float


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer read to its end. `cut` where it ended before the length it had promised."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: bool = False


def arrival(read: Callable[[], bytes], head_bytes: int, started: float) -> Arrival:
    """Read until the first byte behind `head_bytes`; `started` is of `time.perf_counter`."""
    first, got = None, 0
    while got <= head_bytes:
        piece = read()
        if not piece:
            raise RuntimeError(f"the music ended after {got} bytes")
        first = first or time.perf_counter() - started
        got += len(piece)
    assert first is not None
    return Arrival(first, time.perf_counter() - started)


@contextlib.contextmanager
def asking(
    port: int, address: str, headers: dict[str, str] | None = None, *, buffer_bytes: int = 0
) -> Iterator[http.client.HTTPResponse]:
    """An answer whose body is still to be read; the connection closes with the block.

    `buffer_bytes` keeps the system's receiving buffer small, as a slow listener's is.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_SECONDS)
    with contextlib.closing(connection):
        if buffer_bytes:
            connection.sock = socket.socket()
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
            connection.sock.settimeout(TIMEOUT_SECONDS)
            connection.sock.connect((HOST, port))
        connection.request("GET", address, headers={"Connection": "close", **(headers or {})})
        yield connection.getresponse()


def first_byte(port: int, address: str, *, head_bytes: int = 0, whole: bool = False) -> Arrival:
    """When a file's first bytes come, the connection included. The rest is left, unless `whole`."""
    started = time.perf_counter()
    with asking(port, address) as answer:
        if answer.status != 200:
            raise RuntimeError(f"{address} was answered with {answer.status}: {answer.read(200)!r}")
        came = arrival(lambda: answer.read1(_PIECE_BYTES), head_bytes, started)
        while whole and answer.read1(_PIECE_BYTES):
            pass
    return came


def fetch(port: int, address: str, headers: dict[str, str] | None = None) -> Answer:
    """The whole answer, also where it is cut short."""
    with asking(port, address, headers) as answer:
        told = {name.lower(): value for name, value in answer.getheaders()}
        try:
            return Answer(answer.status, told, answer.read())
        except http.client.IncompleteRead as short:
            return Answer(answer.status, told, short.partial, cut=True)


def bytes_a_second(
    port: int, address: str, *, connections: int, requests: int, ranges: list[tuple[int, int]]
) -> float:
    """What `connections` get that each ask `requests` times in turn, on a connection kept open.

    `ranges` are asked for one after another, first and last byte; none asks for the whole.
    """
    ready = threading.Barrier(connections + 1)

    def listen(number: int) -> int:
        with socket.create_connection((HOST, port), TIMEOUT_SECONDS) as connection:
            buffer, got = bytearray(_BUFFER_BYTES), 0
            ready.wait(TIMEOUT_SECONDS)
            for count in range(requests):
                part = ranges[(number * requests + count) % len(ranges)] if ranges else None
                got += _take(connection, buffer, address, part)
            return got

    with ThreadPoolExecutor(connections) as pool:
        listeners = [pool.submit(listen, number) for number in range(connections)]
        ready.wait(TIMEOUT_SECONDS)
        started = time.perf_counter()
        total = sum(listener.result() for listener in listeners)
        return total / (time.perf_counter() - started)


def _take(
    connection: socket.socket, buffer: bytearray, address: str, part: tuple[int, int] | None
) -> int:
    """One request and its answer, of a length told beforehand; returns that length."""
    asked = f"Range: bytes={part[0]}-{part[1]}\r\n" if part else ""
    request = f"GET {address} HTTP/1.1\r\nHost: {HOST}\r\n{asked}\r\n"
    connection.sendall(request.encode())
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(_PIECE_BYTES)
        if not piece or len(head) > _HEAD_BYTES_MAX:
            raise RuntimeError(f"{address} was answered with {head[:80]!r}")
        head += piece
    head, _, body = head.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    if f" {206 if part else 200} " not in status:
        raise RuntimeError(f"{address} was answered with {status}")
    told = dict(line.lower().split(": ", 1) for line in lines)
    total = int(told["content-length"])
    missing = total - len(body)
    while missing:
        got = connection.recv_into(buffer, min(missing, len(buffer)))
        if not got:
            raise RuntimeError(f"{address} broke off, {missing} bytes before its end")
        missing -= got
    return total
