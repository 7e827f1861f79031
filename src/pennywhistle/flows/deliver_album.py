"""Hand an album over as one ZIP: what is in it, in which order, under which names. Packs nothing.

In it lie, in this order, the cover, the booklet and a playlist, which are known from the start; then
the songs; and `SHA256SUMS` last, which needs them all. How its bytes come about: `pack_album.py`.
"""

from __future__ import annotations

import hashlib
import logging
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from pennywhistle.adapters.archive.stored_zip import directory_bytes, place_all
from pennywhistle.adapters.storage.booklets import BookletMissingError
from pennywhistle.adapters.storage.covers import CoverMissingError
from pennywhistle.flows.encode_rendition import want_rendition
from pennywhistle.flows.encoders import asker_of
from pennywhistle.flows.outfit import Outfit
from pennywhistle.flows.sign_address import Subject, album_address, safe_name
from pennywhistle.shop.catalogue.queries import ReleaseFacts, TrackFacts
from pennywhistle.shop.encoding.queries import RenditionFacts, find_renditions
from pennywhistle.shop.encoding.recipes import Recipe
from pennywhistle.shop.encoding.rules import get_recipe
from pennywhistle.shop.library.queries import list_owned_of_release
from pennywhistle.shop.library.rules import NotInLibraryError

__all__ = ["Album", "album_address", "album_name_of", "deliver_album"]

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/zip"
SUMS_NAME = "SHA256SUMS"
# What the bytes depend on besides the members: raised whenever the way of packing changes.
EDITION = 1

_SHA256_DIGITS = 64
_PIECE_BYTES = 1 << 20
# How many files' checksums one process remembers: covers and booklets, a few to each album.
_OUTCOMES_REMEMBERED = 1_000
_COVER_SUFFIXES = {"image/jpeg": "jpg", "image/png": "png"}


@dataclass(frozen=True, slots=True)
class Made:
    """What a song's file turned out to be."""

    size_bytes: int
    sha256: str
    crc32: int


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A member that is there from the start, in memory or as a file."""

    name: str
    content: bytes | Path
    size_bytes: int
    sha256: str
    crc32: int


@dataclass(frozen=True, slots=True)
class Song:
    """A member that may have to be encoded first. `size_bytes` is None while it cannot be told.

    `key` is the rendition's; `made` is what came out when it was first encoded, or None.
    """

    name: str
    key: str
    track: TrackFacts
    size_bytes: int | None
    made: Made | None


@dataclass(frozen=True, slots=True)
class Album:
    """A ZIP, before a byte of it is packed. `etag` is strong and quoted.

    `total_bytes` is None while one song's size can be known only by encoding.
    """

    etag: str
    file_name: str
    recipe: Recipe
    asker: str
    enclosures: tuple[Enclosure, ...]
    songs: tuple[Song, ...]

    @property
    def media_type(self) -> str:
        """As HTTP names it."""
        return MEDIA_TYPE

    @property
    def sums_bytes(self) -> int:
        """The size of `SHA256SUMS`, which its names tell."""
        names = [piece.name for piece in self.enclosures] + [song.name for song in self.songs]
        return sum(_SHA256_DIGITS + len(f"  {name}\n".encode()) for name in names)

    @property
    def total_bytes(self) -> int | None:
        """The length of the whole ZIP."""
        members = [(piece.name, piece.size_bytes) for piece in self.enclosures]
        for song in self.songs:
            if song.size_bytes is None:
                return None
            members.append((song.name, song.size_bytes))
        placed = place_all(members=[*members, (SUMS_NAME, self.sums_bytes)])
        return placed[-1].ends_at + directory_bytes(members=placed)


def album_name_of(*, release: ReleaseFacts, recipe: Recipe) -> str:
    """`Artist - Album (FLAC).zip`, safe on every system."""
    return safe_name(f"{release.artist} - {release.title} ({recipe.title})", extension="zip")


def deliver_album(*, subject: Subject, outfit: Outfit, now: datetime) -> Album:
    """What a signed token of an album stands for: what its person owns by now. Encodes nothing.

    Raises `NotInLibraryError` where that is nothing, and what `want_rendition` raises. Reads the
    cover for each song; a fixed number of queries.
    """
    owned = list_owned_of_release(
        person_id=subject.number, release_id=subject.release_id, recipe=subject.recipe
    )
    if not owned:
        raise NotInLibraryError(f"nothing of release {subject.release_id} is owned so")
    recipe = get_recipe(code=subject.recipe)
    tracks = [item.track for item in owned]
    songs = tuple(_songs(tracks, recipe, outfit))
    release = tracks[0].release
    enclosures = tuple(_enclosures(release, songs, outfit))
    return Album(
        etag=f'"{_identity(enclosures, songs)}"',
        file_name=album_name_of(release=release, recipe=recipe),
        recipe=recipe,
        asker=asker_of(person_id=subject.number),
        enclosures=enclosures,
        songs=songs,
    )


def song_name_of(*, track: TrackFacts, extension: str) -> str:
    """`01 Title.mp3`, or `1-01 Title.mp3` on several discs; with the artist if that is another.

    No two songs of a release have the same, on any file system: each begins with its place.
    """
    disc = f"{track.disc_number}-" if track.disc_total > 1 else ""
    artist = "" if track.artist == track.release.artist else f"{track.artist} - "
    name = f"{disc}{track.track_number:02} {artist}{track.title}"
    # Composed letters: file systems that decompose them do so by themselves.
    return safe_name(normalize("NFC", name), extension=extension)


def sums_of(hashed: Sequence[tuple[str, str]]) -> bytes:
    """`SHA256SUMS` for (name, SHA-256), as `sha256sum --check` reads it."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in hashed).encode()


def _songs(tracks: Sequence[TrackFacts], recipe: Recipe, outfit: Outfit) -> Iterator[Song]:
    keys, sizes = list[str](), list[int | None]()
    for track in tracks:
        wanted = want_rendition(track=track, recipe=recipe, outfit=outfit)
        keys.append(wanted.key)
        sizes.append(wanted.total_bytes)
    rows = find_renditions(keys=keys)
    for track, key, size_bytes in zip(tracks, keys, sizes, strict=True):
        yield _song(track, recipe, key, size_bytes, rows.get(key))


def _song(
    track: TrackFacts, recipe: Recipe, key: str, size_bytes: int | None, row: RenditionFacts | None
) -> Song:
    # A file that was made before CRC-32s were counted must be read for it: it counts as not made.
    made = None
    if row is not None and row.crc32 is not None:
        made = Made(row.size_bytes, row.sha256, row.crc32)
    return Song(
        name=song_name_of(track=track, extension=recipe.extension),
        key=key,
        track=track,
        # What came out before will come out again, whatever was promised.
        size_bytes=row.size_bytes if row else size_bytes,
        made=made,
    )


def _enclosures(
    release: ReleaseFacts, songs: Sequence[Song], outfit: Outfit
) -> Iterator[Enclosure]:
    """A cover or booklet that is missing on disk is left out, and the operator told in the log."""
    if release.cover_sha256:
        suffix = _COVER_SUFFIXES.get(release.cover_media_type, "jpg")
        try:
            path = outfit.covers.path(sha256=release.cover_sha256)
            yield _filed(f"cover.{suffix}", path, release.cover_sha256)
        except CoverMissingError:
            log.exception("the ZIP of %r goes out without its cover", release.title)
    if release.booklet_sha256:
        try:
            path = outfit.booklets.path(sha256=release.booklet_sha256)
            yield _filed("booklet.pdf", path, release.booklet_sha256)
        except BookletMissingError:
            log.exception("the ZIP of %r goes out without its booklet", release.title)
    playlist = _playlist(release, songs)
    yield Enclosure(
        name=safe_name(normalize("NFC", f"{release.artist} - {release.title}"), extension="m3u8"),
        content=playlist,
        size_bytes=len(playlist),
        sha256=hashlib.sha256(playlist).hexdigest(),
        crc32=zlib.crc32(playlist),
    )


def _filed(name: str, path: Path, sha256: str) -> Enclosure:
    read = _outcome_of_kept(path)
    return Enclosure(name, path, read.size_bytes, sha256, read.crc32)


@lru_cache(maxsize=_OUTCOMES_REMEMBERED)
def _outcome_of_kept(path: Path) -> Made:
    """Of a file whose name is the hash of what it holds: read once."""
    return read_outcome(path)


def read_outcome(path: Path) -> Made:
    """Size and checksums of what a file holds now."""
    size_bytes, crc32, sha256 = 0, 0, hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            size_bytes += len(piece)
            crc32 = zlib.crc32(piece, crc32)
            sha256.update(piece)
    return Made(size_bytes, sha256.hexdigest(), crc32)


def _playlist(release: ReleaseFacts, songs: Sequence[Song]) -> bytes:
    """Extended M3U in UTF-8. https://datatracker.ietf.org/doc/html/rfc8216#section-4.3"""
    lines = ["#EXTM3U", f"#PLAYLIST:{_one_line(release.title)}"]
    for song in songs:
        seconds = -(-song.track.master.duration_ms // 1000)
        lines.append(f"#EXTINF:{seconds},{_one_line(f'{song.track.artist} - {song.track.title}')}")
        lines.append(song.name)
    return "".join(f"{line}\n" for line in lines).encode()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _identity(enclosures: Sequence[Enclosure], songs: Sequence[Song]) -> str:
    """64 hex digits that are equal for equal bytes only: names, and what each member is made of."""
    told = [str(EDITION)]
    for piece in enclosures:
        told += [piece.name, piece.sha256]
    for song in songs:
        told += [song.name, song.key]
    return hashlib.sha256("\0".join(told).encode()).hexdigest()
