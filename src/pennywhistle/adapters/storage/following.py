"""Following a rendition: its bytes as they come, whoever writes it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator

from pennywhistle.adapters.storage.growing import Bell, Reader, State, waited
from pennywhistle.kit.pace import Pace

# What is read at once: less for who lets it wait, more for who is far behind and takes it all.
FOLLOW_CHUNK_BYTES_LEAST = 16 * 1024
FOLLOW_CHUNK_BYTES = 64 * 1024
FOLLOW_CHUNK_BYTES_MOST = 256 * 1024
# How long a reader waits before it looks for more by itself: at first shortly, as somebody waits for
# the music to begin, then longer and longer, since each look costs something and they are many.
FOLLOW_LOOK_SECONDS = 0.002
FOLLOW_LOOK_SECONDS_MAX = 0.1
FOLLOW_LOOK_GROWTH = 1.5
# A writer in the same process rings for the first pieces. Later a ring would cost more than it gains,
# but for the last one: sixteen listeners would each be woken for every packet.
FOLLOW_RINGS_MAX = 8
# By then a reader looks as seldom as it ever does.
FOLLOW_GROWS_MAX = 16
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
    offset, looks, moved_at = start, 0, time.monotonic()
    pace = Pace(
        least=FOLLOW_CHUNK_BYTES_LEAST, first=FOLLOW_CHUNK_BYTES, most=FOLLOW_CHUNK_BYTES_MOST
    )
    with contextlib.closing(reader), reader.bell() as bell:
        while stop is None or offset < stop:
            if looks < FOLLOW_RINGS_MAX:
                bell.more.clear()
            # The state is read before the data: what was finished then has all its bytes now.
            state = reader.state()
            wanted = pace.piece_bytes if stop is None else min(pace.piece_bytes, stop - offset)
            data = reader.read_at(offset, wanted)
            if data and offset + len(data) == total:
                data = _but_for_the_last(data, reader, state, total)
            if data:
                given_at = time.monotonic()
                yield data
                offset, moved_at = offset + len(data), time.monotonic()
                pace.took(moved_at - given_at)
                continue
            if state is State.FINISHED and stop is None:
                return
            _check_that_more_comes(state, offset, stop, time.monotonic() - moved_at)
            await _wait(bell, looks)
            looks += 1


async def _wait(bell: Bell, looks: int) -> None:
    """Until there may be more, after so many looks in vain."""
    event = bell.more if looks < FOLLOW_RINGS_MAX else bell.end
    growth = FOLLOW_LOOK_GROWTH ** min(looks, FOLLOW_GROWS_MAX)
    seconds = min(FOLLOW_LOOK_SECONDS_MAX, FOLLOW_LOOK_SECONDS * growth)
    if bell.end.is_set():
        # It was rung just before the file could be seen to have ended.
        await asyncio.sleep(min(seconds, FOLLOW_LOOK_SECONDS))
        return
    await waited(event, seconds)


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
