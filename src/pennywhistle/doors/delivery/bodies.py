"""Answers that carry music, and break off visibly where they cannot be completed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

_PIECE_BYTES = 1024 * 1024


class MusicResponse(StreamingResponse):
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


async def after(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """`first`, then the rest; closes the rest with itself."""
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece


async def part_of(path: Path, *, start: int, stop: int) -> AsyncGenerator[bytes, None]:
    """The bytes `[start, stop)` of a finished file, read off the event loop."""
    descriptor = await asyncio.to_thread(os.open, path, os.O_RDONLY)
    try:
        while start < stop:
            wanted = min(_PIECE_BYTES, stop - start)
            piece = await asyncio.to_thread(os.pread, descriptor, wanted, start)
            if not piece:
                raise EOFError(f"{path.name} ended at {start}, before {stop}")
            start += len(piece)
            yield piece
    finally:
        os.close(descriptor)
