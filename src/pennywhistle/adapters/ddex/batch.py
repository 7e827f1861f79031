"""A delivery folder: `BatchComplete_….xml`, messages, and the files that they name, checked.

The folder is the sender's batch, with a folder below it for each release, or one release in itself;
files lie where a message says, mostly in `resources/` beside it.
https://kb.ddex.net/implementing-each-standard/electronic-release-notification-message-suite-%28ern%29/ern-choreographies/
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pennywhistle.adapters.ddex.read import read_message
from pennywhistle.adapters.ddex.xml import FILE_BYTES_MOST, MessageRefusedError
from pennywhistle.kit.release_messages import DeliveredFile, ReleaseMessage

MESSAGES_MOST = 1_000
DEPTH_MOST = 3
PROBLEMS_MOST = 100
PATH_LETTERS_MOST = 400
_CHUNK_BYTES = 1_000_000

_COMPLETE = re.compile(r"BatchComplete.*\.xml", re.IGNORECASE)
# What senders and this store lay beside messages.
_BESIDE = re.compile(r"(BatchComplete|Manifest|Acknowledgement).*", re.IGNORECASE)

# What DDEX calls the hashes that can be checked; others are too weak, or nobody's.
_HASHES = {
    "MD5": "md5",
    "SHA": "sha1",
    "SHA1": "sha1",
    "SHA224": "sha224",
    "SHA2": "sha256",
    "SHA256": "sha256",
    "SHA384": "sha384",
    "SHA512": "sha512",
}


class DeliveryRefusedError(ValueError):
    """A delivery of which nothing is taken. `problems` are its lines, one for each thing wrong."""

    def __init__(self, problems: list[str]) -> None:
        left = len(problems) - PROBLEMS_MOST
        more = [f"and {left} more"] if left > 0 else []
        self.problems = (*problems[:PROBLEMS_MOST], *more)
        super().__init__("nothing of the delivery is taken: " + "; ".join(self.problems))


@dataclass(frozen=True, slots=True)
class BatchMessage:
    """A message of a delivery; `files` are those that it names, by the path it names them by."""

    path: Path
    name: str
    message: ReleaseMessage
    files: dict[str, Path]


def is_batch(folder: Path) -> bool:
    """Whether a folder is a delivery by messages: one that its sender has finished."""
    return folder.is_dir() and any(_COMPLETE.fullmatch(path.name) for path in folder.iterdir())


def read_batch(folder: Path, *, schemas: Path | None = None) -> list[BatchMessage]:
    """Every message in a delivery, with its files, whose hashes are right. Changes nothing.

    Raises `DeliveryRefusedError` with all that is wrong, and `SchemasMissingError`.
    """
    if not is_batch(folder):
        raise DeliveryRefusedError(
            [f"{folder}: there is no BatchComplete_….xml: its sender has not finished it"]
        )
    paths = _message_paths(folder)
    if not paths:
        raise DeliveryRefusedError([f"{folder}: there is no message in it"])
    if len(paths) > MESSAGES_MOST:
        raise DeliveryRefusedError([f"{folder}: there are more than {MESSAGES_MOST:,} messages"])
    problems: list[str] = []
    batch = []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            message = _read(path, schemas)
        except MessageRefusedError as error:
            problems.append(f"{name}, {error}")
            continue
        files = _check_files(path.parent, folder, name, message, problems)
        batch.append(BatchMessage(path, name, message, files))
    if problems:
        raise DeliveryRefusedError(problems)
    return batch


def _message_paths(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*.xml")
        if len(path.relative_to(folder).parts) <= DEPTH_MOST
        and path.is_file()
        and not path.is_symlink()
        and not _BESIDE.fullmatch(path.name)
    )


def _read(path: Path, schemas: Path | None) -> ReleaseMessage:
    with path.open("rb") as file:
        return read_message(file.read(FILE_BYTES_MOST + 1), schemas=schemas)


def _check_files(
    beside: Path, root: Path, name: str, message: ReleaseMessage, problems: list[str]
) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for file in _files(message):
        try:
            path = _place(file.path, beside, root)
            _check_hash(file, path)
        except _FileWrongError as error:
            problems.append(f"{name}, line {file.line}: {file.path[:PATH_LETTERS_MOST]!r} {error}")
        else:
            found[file.path] = path
    return found


def _files(message: ReleaseMessage) -> dict[DeliveredFile, None]:
    return dict.fromkeys(
        file
        for release in message.releases
        for file in (*(f for track in release.tracks for f in track.files), *release.images)
    )


class _FileWrongError(ValueError):
    """A file that is not there, not in the delivery, or not what the message says."""


def _place(said: str, beside: Path, root: Path) -> Path:
    """Where a file lies. A path out of the delivery is refused before anything is looked at."""
    parts = PurePosixPath(said).parts
    is_foreign = (
        len(said) > PATH_LETTERS_MOST
        or said.startswith("/")
        or ".." in parts
        or re.search(r"[\\:\x00-\x1f]", said) is not None
    )
    if is_foreign:
        raise _FileWrongError("lies outside the delivery, and is not looked at")
    places = [beside / said]
    if len(parts) == 1:
        places.append(beside / "resources" / said)
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise _FileWrongError("is missing")
    if not path.resolve().is_relative_to(root.resolve()):
        raise _FileWrongError("is a link out of the delivery")
    return path


def _check_hash(file: DeliveredFile, path: Path) -> None:
    if not file.hash_value:
        return
    algorithm = _HASHES.get(file.hash_algorithm.upper().replace("-", "").replace("_", ""))
    if algorithm is None:
        raise _FileWrongError(
            f"has a hash of the kind {file.hash_algorithm[:20]!r}, which is not checked here: "
            "send SHA-256"
        )
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK_BYTES):
            digest.update(chunk)
    if digest.hexdigest() != file.hash_value.lower():
        raise _FileWrongError("is not the file that its hash speaks of")
