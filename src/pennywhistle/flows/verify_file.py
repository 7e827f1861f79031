"""Whether a file is what a store sold: told offline, from the file and what the listener knows.

No store, no database and no network is needed. `docs/verify.md` says what an answer is worth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from pennywhistle.adapters.audio.analyse import file_sha256
from pennywhistle.adapters.audio.binary import EncoderMissingError
from pennywhistle.adapters.audio.listen import Heard, UnheardError, listen
from pennywhistle.adapters.audio.process import ProcessFailedError
from pennywhistle.adapters.tags.fields import TrackTags
from pennywhistle.adapters.tags.read import TagsUnreadableError, read_tags

SUMS_NAME = "SHA256SUMS"
SUMS_BYTES_MAX = 1_000_000
FILES_MAX = 10_000

_SUMS_LINE = re.compile(r"([0-9a-fA-F]{64}) [ *](.+)")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BYTE_FOR_BYTE = "it is, byte for byte, the file of that SHA-256"
_OTHER_BYTES = "its bytes are not those of the given SHA-256"


class BadHashError(ValueError):
    """What should be a hash is none."""


class Verdict(StrEnum):
    """The answer, in words."""

    OK = "ok"
    NOT_SOLD = "not what was sold"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Checked:
    """One file and the answer. `why` says what was compared, or what is missing or wrong.

    What could not be found out is None.
    """

    name: str
    verdict: Verdict
    why: tuple[str, ...]
    sha256: str | None = None
    pcm_sha256: str | None = None
    codec: str | None = None
    sample_rate_hz: int | None = None
    channels: int | None = None
    frames: int | None = None
    promised_frames: int | None = None
    duration_ms: int | None = None
    title: str | None = None
    artist: str | None = None
    isrc: str | None = None


def checked_hash(*, text: str) -> str:
    """A SHA-256 as 64 small hex digits. Raises `BadHashError`."""
    said = text.strip().lower()
    if not _SHA256.fullmatch(said):
        raise BadHashError(f"{text!r} is no SHA-256: it has 64 digits of 0 to 9 and a to f")
    return said


def read_sums(*, folder: Path) -> Mapping[str, str]:
    """What `SHA256SUMS` in `folder` says, by file name; nothing where there is none.

    Lines are those of `sha256sum`. What is no such line, or names another folder, is left out.
    Raises OSError.
    """
    path = folder / SUMS_NAME
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        text = file.read(SUMS_BYTES_MAX).decode("utf-8", "replace")
    found = (_SUMS_LINE.fullmatch(line.rstrip("\r")) for line in text.split("\n"))
    return {line[2]: line[1].lower() for line in found if line}


def verify_file(*, path: Path, sha256: str | None = None, pcm_sha256: str | None = None) -> Checked:
    """Listen to all of the file at `path`, and compare it with what is known of it.

    `sha256` is the hash of the whole file, from `SHA256SUMS` or elsewhere, `pcm_sha256` that of the
    samples, from the library's page; each is None where the listener has none. Raises nothing that a
    file can cause.
    """
    try:
        if not path.is_file():
            return _cannot(path, "there is no such file")
        known = _Known(file_sha256(path), sha256, pcm_sha256)
        return _listened(path, known)
    except OSError as error:
        return _cannot(path, f"it cannot be read ({error.strerror or 'unknown error'})")


@dataclass(frozen=True, slots=True)
class _Known:
    """The hash that the file has, and those that were given from outside."""

    whole: str
    sha256: str | None
    pcm_sha256: str | None

    @property
    def is_enough(self) -> bool:
        """True where the bytes settle it. Who gives the samples' hash too wants these compared."""
        return self.whole == self.sha256 and self.pcm_sha256 is None


def _listened(path: Path, known: _Known) -> Checked:
    try:
        heard, tags = listen(path), _tags(path)
    except UnheardError as error:
        return _unheard(path, known, error)
    except (EncoderMissingError, ProcessFailedError) as error:
        if not known.is_enough:
            return _cannot(path, str(error))
        told = (_BYTE_FOR_BYTE, str(error))
        return Checked(path.name, Verdict.OK, told, sha256=known.whole)
    verdict, why = _judge(heard, tags, known)
    return Checked(
        name=path.name,
        verdict=verdict,
        why=why,
        sha256=known.whole,
        pcm_sha256=heard.pcm_sha256,
        codec=heard.codec,
        sample_rate_hz=heard.sample_rate_hz,
        channels=heard.channels,
        frames=heard.frames,
        promised_frames=heard.promised_frames,
        duration_ms=round(heard.frames * 1000 / heard.sample_rate_hz),
        title=tags.title,
        artist=tags.artist,
        isrc=tags.isrc,
    )


def _cannot(path: Path, why: str) -> Checked:
    return Checked(path.name, Verdict.CANNOT_TELL, (why,))


def _tags(path: Path) -> TrackTags:
    try:
        return replace(read_tags(path), cover=None)
    except TagsUnreadableError:
        return TrackTags()


def _unheard(path: Path, known: _Known, error: UnheardError) -> Checked:
    """A cover, a booklet and a playlist are heard by nobody, and are known by their bytes."""
    verdict = Verdict.CANNOT_TELL
    why: tuple[str, ...] = (str(error),)
    if known.is_enough:
        verdict, why = Verdict.OK, (_BYTE_FOR_BYTE,)
    elif known.sha256 not in (None, known.whole):
        verdict, why = Verdict.NOT_SOLD, (_OTHER_BYTES, *why)
    elif error.is_broken or known.pcm_sha256 is not None:
        verdict = Verdict.NOT_SOLD
    return Checked(path.name, verdict, why, sha256=known.whole)


def _judge(heard: Heard, tags: TrackTags, known: _Known) -> tuple[Verdict, tuple[str, ...]]:
    """What was given from outside counts first, and the file's own word only where nothing was."""
    fault = (heard.fault,) if heard.fault else ()
    if known.pcm_sha256 is not None and heard.is_lossless:
        verdict, why = _judge_samples(heard, known)
        return verdict, why + fault
    if known.is_enough:
        return Verdict.OK, (_BYTE_FOR_BYTE, *fault)
    if known.sha256 not in (None, known.whole):
        return _judge_other_bytes(heard, tags, fault)
    if fault:
        return Verdict.NOT_SOLD, fault
    if known.pcm_sha256 is not None:
        return Verdict.CANNOT_TELL, (
            "it is lossy, so its samples have no hash at the store; give its --sha256 alone",
        )
    return _judge_by_itself(heard, tags)


def _judge_samples(heard: Heard, known: _Known) -> tuple[Verdict, tuple[str, ...]]:
    if heard.pcm_sha256 != known.pcm_sha256:
        return Verdict.NOT_SOLD, ("its samples are not those of the given hash",)
    why = ["its samples are, one by one, those of the given hash"]
    if known.sha256 not in (None, known.whole):
        why.append("its tags or its head are not as they were sold")
    return Verdict.OK, tuple(why)


def _judge_by_itself(heard: Heard, tags: TrackTags) -> tuple[Verdict, tuple[str, ...]]:
    if not heard.is_lossless:
        return Verdict.CANNOT_TELL, (
            (
                "a lossy file has no hash of its own; it plays whole. Give its --sha256, or check it "
                f"beside the {SUMS_NAME} of its album"
            ),
        )
    if tags.pcm_sha256 is None:
        return Verdict.CANNOT_TELL, (
            "it carries no hash of its samples; give the one of the library's page as --pcm",
        )
    if heard.pcm_sha256 != tags.pcm_sha256:
        return Verdict.NOT_SOLD, ("its samples are not those of the hash that it carries",)
    return Verdict.OK, (
        (
            "its samples are those of the hash that it carries. Compare that with the library's page, "
            "by --pcm, to know that nobody changed both"
        ),
    )


def _judge_other_bytes(
    heard: Heard, tags: TrackTags, fault: tuple[str, ...]
) -> tuple[Verdict, tuple[str, ...]]:
    """It may be older or younger than the hash: a name or a cover can be corrected after a sale."""
    if fault or (heard.is_lossless and tags.pcm_sha256 not in (None, heard.pcm_sha256)):
        return Verdict.NOT_SOLD, (_OTHER_BYTES, *fault)
    if heard.is_lossless and tags.pcm_sha256 is not None:
        return Verdict.CANNOT_TELL, (
            _OTHER_BYTES,
            (
                "its music is whole: its samples are those of the hash that it carries. Its tags or its "
                "cover may be of another day, since the store can correct them, or somebody changed "
                "them: give the hash of the library's page as --pcm, to know that the music is what was "
                "sold"
            ),
        )
    return Verdict.NOT_SOLD, (
        _OTHER_BYTES,
        (
            "it plays whole, so it may be of a day before or after the store corrected its tags or its "
            "cover: fetch it again, and compare that with the hash of today"
        ),
    )
