"""Following a rendition: its bytes as they come, whoever writes it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator

from pennywhistle.adapters.storage.growing import Reader, State

FOLLOW_CHUNK_BYTES = 256 * 1024
# How often a reader looks for more by itself. A writer in the same process rings for it at first,
# while somebody waits for the music to begin; later a ring would cost more than it gains.
FOLLOW_LOOK_SECONDS = 0.02
FOLLOW_RINGS_MAX = 32
# A writer that lives but writes nothing for so long is given up.
FOLLOW_STALL_SECONDS_MAX = 180.0


class RenditionBrokenError(RuntimeError):
    """A rendition that will not be finished by the writer it had, or is not as long as promised."""


async def follow(
    reader: Reader, *, start: int = 0, stop: int | None = None, total: int | None = None
) -> AsyncGenerator[bytes, None]:
    """The bytes `[start, stop)` as they come; to the end where `stop` is None. Closes the reader.

    Where `total` was promised, the last byte of it is held back until the file is finished and is
    as long as that: nobody is left with a file that only looks whole. Raises
    `RenditionBrokenError`. Reads are of pages just written, so they do not leave the event loop.
    """
    offset, rings, moved_at = start, 0, time.monotonic()
    with contextlib.closing(reader), reader.bell() as bell:
        while stop is None or offset < stop:
            bell.clear()
            # The state is read before the data: what was finished then has all its bytes now.
            state = reader.state()
            wanted = FOLLOW_CHUNK_BYTES if stop is None else min(FOLLOW_CHUNK_BYTES, stop - offset)
            data = reader.read_at(offset, wanted)
            if data and offset + len(data) == total:
                data = _but_for_the_last(data, reader, state, total)
            if data:
                yield data
                offset, moved_at = offset + len(data), time.monotonic()
                continue
            if state is State.FINISHED and stop is None:
                return
            _check_that_more_comes(state, offset, stop, time.monotonic() - moved_at)
            if rings < FOLLOW_RINGS_MAX:
                rings += 1
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), FOLLOW_LOOK_SECONDS)
            else:
                await asyncio.sleep(FOLLOW_LOOK_SECONDS)


def _check_that_more_comes(
    state: State, offset: int, stop: int | None, idle_seconds: float
) -> None:
    if state is State.FINISHED:
        raise RenditionBrokenError(f"{stop} bytes were promised, and {offset} were made")
    if state is State.BROKEN:
        raise RenditionBrokenError("the encoder did not finish; ask again")
    if idle_seconds > FOLLOW_STALL_SECONDS_MAX:
        raise RenditionBrokenError("the encoder has stalled; ask again")


def _but_for_the_last(data: bytes, reader: Reader, state: State, total: int) -> bytes:
    """`data`, which would complete the file, without its last byte until that is sure."""
    if state is not State.FINISHED:
        return data[:-1]
    if reader.size_bytes != total:
        raise RenditionBrokenError(f"{total} bytes were promised, {reader.size_bytes} were made")
    return data
