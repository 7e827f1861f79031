"""Read what a release message says, and change nothing."""

from __future__ import annotations

from pathlib import Path

from pennywhistle.adapters.ddex.read import read_message
from pennywhistle.adapters.ddex.xml import FILE_BYTES_MOST
from pennywhistle.kit.release_messages import ReleaseMessage


class MessageUnreadableError(OSError):
    """A file that could not be read at all."""


def read_release_message(*, path: Path, schemas: Path | None = None) -> ReleaseMessage:
    """What the message in a file says; `schemas` is a folder of DDEX's own, to hold it against.

    Raises `MessageRefusedError` with line and reason, `SchemasMissingError`, and
    `MessageUnreadableError`.
    """
    try:
        with path.open("rb") as file:
            # One byte more than is read tells that there are too many.
            data = file.read(FILE_BYTES_MOST + 1)
    except OSError as error:
        raise MessageUnreadableError(f"{path}: {error.strerror}") from None
    return read_message(data, schemas=schemas)
