"""Answers that carry music, and break off visibly where they cannot be completed."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path

from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from pennywhistle.flows.hold_file import CLOSED_AFTER_SECONDS, HELD_SECONDS, HeldFiles
from pennywhistle.kit.pace import Pace

log = logging.getLogger(__name__)

# What is read of a file at once. A listener who takes nothing holds several such pieces in memory;
# larger ones were not faster, and fifty slow listeners are to cost little.
PIECE_BYTES = 64 * 1024
PIECE_BYTES_OF_SLOW = 16 * 1024
# After so many bytes that did not have to wait, other requests have a turn.
TURN_BYTES = 2 * 1024 * 1024


class GrowingBody(StreamingResponse):
    """A stream whose listener may leave without a word in the log.

    Where the stream breaks off, the answer is left unfinished, with or without a length, and the
    server cuts the connection: a listener's program then knows that the file is not whole, and asks
    again for the rest. What is `foreseen` is told to the log in one line; all else passes through.
    """

    def __init__(
        self,
        content: AsyncGenerator[bytes, None],
        status_code: int = 200,
        *,
        headers: Mapping[str, str],
        foreseen: tuple[type[Exception], ...],
    ) -> None:
        super().__init__(content, status_code, headers)
        self._foreseen = foreseen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, and close the source whatever happens."""
        try:
            await super().__call__(scope, receive, send)
        except ClientDisconnect:
            pass
        except self._foreseen as error:
            log.error("a delivery broke off: %s", error)  # noqa: TRY400
        finally:
            close = getattr(self.body_iterator, "aclose", None)
            if close is not None:
                await close()


class PartOfFile(Response):
    """The bytes `[start, stop)` of a finished file. Raises OSError at once where it is gone; from
    then on it may be evicted.

    Read on the event loop: what was asked for lately lies in the system's memory, and a thread for
    each piece took longer than the piece.
    """

    def __init__(
        self,
        path: Path,
        *,
        start: int,
        stop: int,
        headers: Mapping[str, str],
        status_code: int = 206,
    ) -> None:
        super().__init__(None, status_code, {**headers, "content-length": str(stop - start)})
        self._start, self._stop = start, stop
        self._descriptor = os.open(path, os.O_RDONLY)

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        """Send the part; where the file ends too soon, break off."""
        offset, turn_at = self._start, TURN_BYTES
        pace = Pace(least=PIECE_BYTES_OF_SLOW, first=PIECE_BYTES, most=PIECE_BYTES)
        try:
            await send(_start_of(self))
            while offset < self._stop:
                wanted = min(pace.piece_bytes, self._stop - offset)
                piece = os.pread(self._descriptor, wanted, offset)
                if not piece:
                    raise EOFError(f"the file ended at {offset}, before {self._stop}")
                offset += len(piece)
                more = offset < self._stop
                given_at = time.monotonic()
                await send({"type": "http.response.body", "body": piece, "more_body": more})
                pace.took(time.monotonic() - given_at)
                if offset - self._start >= turn_at:  # Others have their turn, too.
                    turn_at += TURN_BYTES
                    await asyncio.sleep(0)
        finally:
            os.close(self._descriptor)


class WholeFile(PartOfFile):
    """A finished file, sent by the server below Python where it can, which finds it among `held`
    though it is evicted meanwhile. Raises as `PartOfFile` does.
    """

    def __init__(
        self, path: Path, *, total: int, headers: Mapping[str, str], held: HeldFiles
    ) -> None:
        super().__init__(path, start=0, stop=total, headers=headers, status_code=200)
        self._path = path
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the whole file."""
        if "http.response.pathsend" not in scope.get("extensions", {}):
            await super().__call__(scope, receive, send)
            return
        loop = asyncio.get_running_loop()
        try:
            path = self._held.hold(self._descriptor, now=loop.time())
        finally:
            os.close(self._descriptor)
        if path is not None:
            loop.call_later(HELD_SECONDS, _let_go, self._held)
        await send(_start_of(self))
        await send({"type": "http.response.pathsend", "path": str(path or self._path)})


def _let_go(held: HeldFiles) -> None:
    loop = asyncio.get_running_loop()
    if held.let_go(now=loop.time()):
        loop.call_later(CLOSED_AFTER_SECONDS, _let_go, held)


async def after(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """`first`, then the rest; closes the rest with itself."""
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece
            # A server that takes all at once would leave no turn to who tells that the listener left.
            await asyncio.sleep(0)


def _start_of(response: Response) -> dict[str, object]:
    return {
        "type": "http.response.start",
        "status": response.status_code,
        "headers": response.raw_headers,
    }
