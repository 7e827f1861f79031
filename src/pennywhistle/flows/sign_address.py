"""Addresses of bytes: signed by the store, good for a while, and all that their holder needs.

An address is `/bytes/<token>/<any name>`. The token says what it stands for in plain letters and
digits, then when it ends, then the signature: `d.17.494310:…` is library item 17. Whoever holds it
gets the bytes without signing in, so it is given out only to whom they are meant for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import quote

from django.core import signing

from pennywhistle.shop.encoding.rules import Excerpt, get_recipe

# Where the delivery door is mounted.
BYTES_PATH = "/bytes"
# How long a handed-out address works, at least: long enough to resume tomorrow morning.
DOWNLOAD_ADDRESS_LASTS = timedelta(hours=24)
HEARING_ADDRESS_LASTS = timedelta(hours=6)
# Addresses end on whole hours, so that the same one is given out for an hour and may be cached.
_ROUNDED_TO_SECONDS = 3600
_SALT = "pennywhistle.bytes"
_SEPARATOR = "."
# What stands for a preview of the whole, and for a country that was not told.
_WHOLE = "0"
_NO_TERRITORY = "-"

# As long as file systems take, in UTF-8, with room for an extension.
FILE_NAME_BYTES_MAX = 240
# Also what ends a line, and what turns the direction of the letters around it, extension and all.
_NOT_IN_FILE_NAMES = re.compile(
    r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+'
)


class AddressForgedError(ValueError):
    """An address that this store did not sign, or that was changed since."""


class AddressExpiredError(ValueError):
    """An address whose time is over."""


class Purpose(StrEnum):
    """What an address gives, by the first letter of its token."""

    DOWNLOAD = "d"
    PREVIEW = "p"
    AUDITION = "a"
    ALBUM = "z"

    @property
    def is_hearing(self) -> bool:
        """True for what is heard before it is bought, which a licence must allow."""
        return self in (Purpose.PREVIEW, Purpose.AUDITION)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a token stands for. `number` is of a library item, a track or, for an album, a person.

    `territory` is where it was given out for hearing, empty where that was not told; `release_id`
    is set for an album, `recipe` for an album and an audition.
    """

    purpose: Purpose
    number: int
    recipe: str = ""
    excerpt: Excerpt | None = None
    territory: str = ""
    release_id: int = 0


def download_address(*, item_id: int, file_name: str, now: datetime) -> str:
    """The address of a library item's file, for its owner only: it needs no sign-in.

    `file_name` is what the browser shows; see `deliver_rendition.file_name_of`.
    """
    return _address(Purpose.DOWNLOAD, (item_id,), file_name, now + DOWNLOAD_ADDRESS_LASTS)


def album_address(
    *, person_id: int, release_id: int, recipe: str, file_name: str, now: datetime
) -> str:
    """The address of all that a person owns of a release in one recipe, as one ZIP.

    For that person only: it needs no sign-in. `file_name` as `deliver_album.album_name_of` has it.
    """
    fields = (person_id, release_id, recipe)
    return _address(Purpose.ALBUM, fields, file_name, now + DOWNLOAD_ADDRESS_LASTS)


def preview_address(
    *, track_id: int, seconds: int | None, now: datetime, territory: str = ""
) -> str:
    """The address of a track's first `seconds`, or of the whole for None, as a small MP3.

    For whoever may hear it: coverage is the caller's to ask, and asked again whenever the address
    is used, for `territory` where that is told and else for any.
    """
    fields = (track_id, seconds or _WHOLE, territory or _NO_TERRITORY)
    return _address(Purpose.PREVIEW, fields, "preview.mp3", now + HEARING_ADDRESS_LASTS)


def audition_address(
    *, track_id: int, recipe: str, excerpt: Excerpt, now: datetime, territory: str = ""
) -> str:
    """The address of a part of a track in the recipe of that code; `flac` is the reference.

    Coverage as for `preview_address`. Raises `UnknownRecipeError`.
    """
    extension = get_recipe(code=recipe).extension
    part = (excerpt.start_seconds, excerpt.seconds, int(excerpt.fades))
    fields = (track_id, recipe, *part, territory or _NO_TERRITORY)
    ends_at = now + HEARING_ADDRESS_LASTS
    return _address(Purpose.AUDITION, fields, f"audition.{extension}", ends_at)


def read_token(*, token: str, now: datetime) -> Subject:
    """What a token stands for. Raises `AddressForgedError`, `AddressExpiredError`."""
    try:
        told = signing.Signer(salt=_SALT).unsign(token)
        purpose, *fields, rounded = told.split(_SEPARATOR)
        ends_at = datetime.fromtimestamp(int(rounded) * _ROUNDED_TO_SECONDS, UTC)
        subject = _subject(Purpose(purpose), fields)
    except (signing.BadSignature, ValueError) as error:
        raise AddressForgedError("this address was not made by this store") from error
    if now >= ends_at:
        raise AddressExpiredError("the time of this address is over")
    return subject


def safe_name(name: str, *, extension: str) -> str:
    """`name` as every file system takes it, with its extension."""
    name = _NOT_IN_FILE_NAMES.sub("_", name).strip(" .")
    short = name.encode()[: FILE_NAME_BYTES_MAX - len(extension) - 1].decode(errors="ignore")
    return f"{short.rstrip(' .')}.{extension}"


def _address(
    purpose: Purpose, fields: tuple[int | str, ...], file_name: str, ends_at: datetime
) -> str:
    rounded = -(-int(ends_at.timestamp()) // _ROUNDED_TO_SECONDS)
    told = _SEPARATOR.join(map(str, (purpose.value, *fields, rounded)))
    return f"{BYTES_PATH}/{signing.Signer(salt=_SALT).sign(told)}/{quote(file_name)}"


def _subject(purpose: Purpose, fields: list[str]) -> Subject:
    """Raises ValueError where the fields are not those of the purpose."""
    match purpose, fields:
        case Purpose.DOWNLOAD, [item_id]:
            return Subject(purpose, int(item_id))
        case Purpose.PREVIEW, [track_id, seconds, territory]:
            whole = seconds == _WHOLE
            excerpt = None if whole else Excerpt(start_seconds=0, seconds=int(seconds), fades=True)
            return Subject(purpose, int(track_id), excerpt=excerpt, territory=_territory(territory))
        case Purpose.AUDITION, [track_id, recipe, start, seconds, fades, territory]:
            excerpt = Excerpt(int(start), int(seconds), fades=fades == "1")
            return Subject(purpose, int(track_id), recipe, excerpt, _territory(territory))
        case Purpose.ALBUM, [person_id, release_id, recipe]:
            return Subject(purpose, int(person_id), recipe, release_id=int(release_id))
    raise ValueError(f"{fields} do not go with {purpose}")


def _territory(told: str) -> str:
    return "" if told == _NO_TERRITORY else told
