"""Answers that carry music, and break off visibly where they cannot be completed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path

from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

# What is read of a file at once. A listener who takes nothing holds two or three such pieces in
# memory; larger ones were not faster, and fifty slow listeners are to cost little.
PIECE_BYTES = 64 * 1024
# After so many bytes that did not have to wait, other requests have a turn.
TURN_BYTES = 2 * 1024 * 1024


class GrowingBody(StreamingResponse):
    """A stream whose listener may leave without a word in the log.

    An error of the stream passes through to the server, which cuts the connection: a listener's
    program then knows that the file is not whole, and asks again for the rest.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send, and close the source whatever happens."""
        try:
            await super().__call__(scope, receive, send)
        except ClientDisconnect:
            pass
        finally:
            close = getattr(self.body_iterator, "aclose", None)
            if close is not None:
                await close()


class WholeFile(Response):
    """A finished file, sent by the server below Python where it can."""

    def __init__(self, path: Path, *, total: int, headers: Mapping[str, str]) -> None:
        super().__init__(None, 200, {**headers, "content-length": str(total)})
        self._path, self._total = path, total

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the whole file."""
        if "http.response.pathsend" not in scope.get("extensions", {}):
            part = PartOfFile(self._path, start=0, stop=self._total, headers={})
            part.status_code, part.raw_headers = self.status_code, self.raw_headers
            await part(scope, receive, send)
            return
        await send(_start_of(self))
        await send({"type": "http.response.pathsend", "path": str(self._path)})


class PartOfFile(Response):
    """The bytes `[start, stop)` of a finished file. Raises OSError at once where it is gone.

    Read on the event loop: what was asked for lately lies in the system's memory, and a thread for
    each piece took longer than the piece.
    """

    def __init__(self, path: Path, *, start: int, stop: int, headers: Mapping[str, str]) -> None:
        super().__init__(None, 206, {**headers, "content-length": str(stop - start)})
        self._start, self._stop = start, stop
        self._descriptor = os.open(path, os.O_RDONLY)

    async def __call__(self, _: Scope, __: Receive, send: Send) -> None:
        """Send the part; where the file ends too soon, break off."""
        offset, turn_at = self._start, TURN_BYTES
        try:
            await send(_start_of(self))
            while offset < self._stop:
                wanted = min(PIECE_BYTES, self._stop - offset)
                piece = os.pread(self._descriptor, wanted, offset)
                if not piece:
                    raise EOFError(f"the file ended at {offset}, before {self._stop}")
                offset += len(piece)
                more = offset < self._stop
                await send({"type": "http.response.body", "body": piece, "more_body": more})
                if offset - self._start >= turn_at:  # Others have their turn, too.
                    turn_at += TURN_BYTES
                    await asyncio.sleep(0)
        finally:
            os.close(self._descriptor)


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
