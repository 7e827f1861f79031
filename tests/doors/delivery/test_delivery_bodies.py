"""Answers with bytes: what the server below is told, and how one ends that cannot be completed."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from pennywhistle.doors.delivery import bodies
from pennywhistle.doors.delivery.bodies import GrowingBody, PartOfFile, WholeFile

_PATIENCE_SECONDS = 10
CONTENT = bytes(range(256)) * 500
SENDS_FILES = {"type": "http", "method": "GET", "extensions": {"http.response.pathsend": {}}}
SENDS_BYTES = {"type": "http", "method": "GET", "extensions": {}}

Messages = list[MutableMapping[str, Any]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rendition.flac"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(autouse=True)
def none_held() -> Iterator[None]:
    """The loop of a test ends before a file is let go."""
    yield
    for descriptor in list(bodies._held):
        bodies._let_go(descriptor)


async def nothing_more() -> MutableMapping[str, Any]:
    """A listener who stays."""
    await asyncio.Event().wait()
    raise AssertionError


async def sent(
    answer: GrowingBody | PartOfFile, scope: dict[str, Any], *, evicted: Path | None = None
) -> Messages:
    """What the server is told; `evicted` is gone before it looks for what it is to send."""
    messages: Messages = []

    async def send(message: MutableMapping[str, Any]) -> None:
        if evicted is not None:
            evicted.unlink(missing_ok=True)  # noqa: ASYNC240
        if "path" in message:
            message["found"] = Path(message["path"]).read_bytes()  # noqa: ASYNC240
        messages.append(message)

    await answer(scope, nothing_more, send)
    return messages


def body_of(messages: Messages) -> bytes:
    return b"".join(message.get("found", message.get("body", b"")) for message in messages)


@pytest.mark.parametrize("scope", [SENDS_FILES, SENDS_BYTES])
async def test_a_file_that_is_evicted_while_it_is_answered_with_is_sent_all_the_same(
    scope: dict[str, Any], file: Path
) -> None:
    answer = WholeFile(file, total=len(CONTENT), headers={"etag": '"x"'})
    messages = await sent(answer, scope, evicted=file)
    assert body_of(messages) == CONTENT
    assert (messages[0]["status"], dict(messages[0]["headers"])) == (
        200,
        {b"etag": b'"x"', b"content-length": str(len(CONTENT)).encode()},
    )


@pytest.mark.parametrize("kind", [WholeFile, PartOfFile])
def test_what_is_gone_already_is_no_answer(kind: type[Any], tmp_path: Path) -> None:
    where = {"total": 9} if kind is WholeFile else {"start": 0, "stop": 9}
    with pytest.raises(FileNotFoundError):
        kind(tmp_path / "evicted", headers={}, **where)


async def test_so_many_files_are_held_for_the_server_and_no_longer_than_it_needs(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "HELD_MOST", 2)
    monkeypatch.setattr(bodies, "HELD_SECONDS", 0.05)
    answers = [WholeFile(file, total=len(CONTENT), headers={}) for _ in range(3)]
    told = [(await sent(answer, SENDS_FILES))[1]["path"] for answer in answers]
    assert [path.startswith("/proc/self/fd/") for path in told] == [True, True, False]
    assert told[2] == str(file)
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while bodies._held:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not any(os.path.lexists(path) for path in told[:2])  # noqa: ASYNC240


class ForeseenError(RuntimeError):
    """What a door has words for."""


async def breaking(error: Exception) -> AsyncGenerator[bytes, None]:
    yield b"some"
    raise error


async def test_what_breaks_off_is_left_unfinished_and_told_in_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = ForeseenError("the encoder died")
    answer = GrowingBody(breaking(error), headers={}, foreseen=(ForeseenError,))
    messages = await sent(answer, SENDS_BYTES)
    assert body_of(messages) == b"some"
    assert messages[-1]["more_body"]
    (record,) = caplog.records
    assert (record.levelno, record.exc_info) == (logging.ERROR, None)
    assert record.getMessage() == "a delivery broke off: the encoder died"


async def test_what_nobody_foresaw_passes_through(caplog: pytest.LogCaptureFixture) -> None:
    answer = GrowingBody(breaking(ZeroDivisionError()), headers={}, foreseen=(ForeseenError,))
    with pytest.raises(ZeroDivisionError):
        await sent(answer, SENDS_BYTES)
    assert not caplog.records
