"""Answers with bytes: what the server below is told, and how one ends that cannot be completed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from pennywhistle.adapters.storage import held as held_module
from pennywhistle.adapters.storage.held import HeldFiles
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


@pytest.fixture
def held(tmp_path: Path) -> Iterator[HeldFiles]:
    files = HeldFiles(tmp_path / "working", most=2)
    yield files
    files.close()


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
    scope: dict[str, Any], file: Path, held: HeldFiles
) -> None:
    answer = WholeFile(file, total=len(CONTENT), headers={"etag": '"x"'}, held=held)
    messages = await sent(answer, scope, evicted=file)
    assert body_of(messages) == CONTENT
    assert (messages[0]["status"], dict(messages[0]["headers"])) == (
        200,
        {b"etag": b'"x"', b"content-length": str(len(CONTENT)).encode()},
    )


def test_what_is_gone_already_is_no_answer(tmp_path: Path, held: HeldFiles) -> None:
    with pytest.raises(FileNotFoundError):
        WholeFile(tmp_path / "evicted", total=9, headers={}, held=held)
    with pytest.raises(FileNotFoundError):
        PartOfFile(tmp_path / "evicted", start=0, stop=9, headers={})


async def test_so_many_files_are_held_for_the_server_and_no_longer_than_it_needs(
    tmp_path: Path, held: HeldFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (bodies, held_module):
        for name in ("HELD_SECONDS", "CLOSED_AFTER_SECONDS"):
            monkeypatch.setattr(module, name, 0.05)
    told = []
    for number in range(3):
        file = tmp_path / f"{number}.flac"
        file.write_bytes(CONTENT)
        answer = WholeFile(file, total=len(CONTENT), headers={}, held=held)
        told.append(Path((await sent(answer, SENDS_FILES))[1]["path"]))
    assert [path.is_symlink() for path in told] == [False, True, True]
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while len(held):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert not any(path.is_symlink() for path in told)


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
