"""Make one rendition: into the cache while others already read it, and only once at a time."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from pennywhistle.adapters.audio.encode import EncodeOrder, EncodeResult, Sink, encode
from pennywhistle.adapters.audio.retag import retag
from pennywhistle.adapters.storage.covers import CoverMissingError, CoverStore
from pennywhistle.adapters.storage.rendition_cache import heard_extension
from pennywhistle.adapters.tags.fields import Cover, TrackTags
from pennywhistle.adapters.tags.write import tag_block, tags_digest
from pennywhistle.flows.encode_order import encoder_of, order_of
from pennywhistle.flows.measures import Count, get_measures, measured_encode
from pennywhistle.flows.outfit import Outfit
from pennywhistle.shop.catalogue.queries import TrackFacts
from pennywhistle.shop.encoding.formats import Kind, Recipe
from pennywhistle.shop.encoding.operations import (
    NewRendition,
    RenditionChangedError,
    record_rendition,
)
from pennywhistle.shop.encoding.queries import (
    RenditionFacts,
    facts_of,
    list_renditions_of_audio,
)
from pennywhistle.shop.encoding.rules import (
    Excerpt,
    Treatment,
    audio_key,
    promised_bytes,
    rendition_key,
    treatment_of,
)

log = logging.getLogger(__name__)

# A delivered cover up to this size goes into files as it is; in place of a larger one, its large
# web copy: a cover should not outweigh the song.
COVER_BYTES_MAX = 1_000_000
# Read or rendered a moment ago: for who gets an encoder at once, and for an album's tracks.
COVERS_REMEMBERED = 4
BLOCKS_REMEMBERED = 4
DIGESTS_REMEMBERED = 1000
_COVER_SIZE_INSTEAD = "large"
_WEB_COPY_MEDIA_TYPE = "image/jpeg"


@dataclass(frozen=True, slots=True)
class _CoverFile:
    """A cover that is there; its path is the hash of what it holds."""

    path: Path
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRendition:
    """A rendition by its identity, whether it was ever made or not.

    `audio_key` is the identity of its audio, which renditions with other tags share. `words` are its
    tags but for the cover, which is told by its place alone. `is_sold` is
    False for what is only heard before: a part, or a recipe that is not for sale.
    """

    key: str
    audio_key: str
    recipe: Recipe
    encoder_version: str
    tags_digest: str
    words: TrackTags
    cover: _CoverFile | None
    is_sold: bool

    @property
    def file(self) -> Mapping[str, str]:
        """Its name in the cache."""
        extension = self.recipe.extension
        ending = extension if self.is_sold else heard_extension(extension)
        return MappingProxyType({"key": self.key, "extension": ending})


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRendition(NamedRendition):
    """A rendition by all that it is made of.

    `total_bytes` is the length of the whole file where that is known before it is made. `siblings`
    are the renditions of the same audio that were made so far, None where nobody has looked. It holds
    no cover: its order reads and renders tags when the file begins.
    """

    master_id: int
    master_sha256: str
    order: EncodeOrder
    total_bytes: int | None
    siblings: tuple[RenditionFacts, ...] | None = None


def name_rendition(
    *, track: TrackFacts, recipe: Recipe, covers: CoverStore, excerpt: Excerpt | None = None
) -> NamedRendition:
    """What a file of `track`, or of a part of it, in `recipe` goes by. Reads a new cover.

    A part has no cover, nor has what is not for sale. Where the cover is missing on disk, it is a file
    without it, another rendition with its own identity.
    """
    words, cover = _parts_of(track, recipe, covers, excerpt)
    digest = _digest_of(words, cover)
    version = encoder_of(recipe=recipe)
    audio = audio_key(
        master_sha256=track.master.sha256,
        master=facts_of(master=track.master),
        recipe=recipe,
        encoder=version,
        excerpt=excerpt,
    )
    return NamedRendition(
        key=rendition_key(audio_key=audio, tags_digest=digest),
        audio_key=audio,
        recipe=recipe,
        encoder_version=version,
        tags_digest=digest,
        words=words,
        cover=cover,
        is_sold=_is_sold(recipe, excerpt),
    )


def want_rendition(
    *,
    track: TrackFacts,
    recipe: Recipe,
    outfit: Outfit,
    excerpt: Excerpt | None = None,
    named: NamedRendition | None = None,
) -> WantedRendition:
    """What has to be made for `track`, or for a part of it, in `recipe`. Encodes nothing.

    `named` is what `name_rendition` said, where it was asked already. Raises `MasterMissingError`.
    """
    if named is None:
        named = name_rendition(track=track, recipe=recipe, covers=outfit.covers, excerpt=excerpt)
    master = facts_of(master=track.master)
    render_tags = partial(_render, named.words, named.cover, recipe.framing.value)
    order = order_of(
        recipe=recipe,
        master=master,
        source=outfit.masters.path(sha256=track.master.sha256),
        working_folder=outfit.working_folder,
        render_tags=render_tags,
        excerpt=excerpt,
    )
    promised = promised_bytes(
        master_sha256=track.master.sha256,
        master=master,
        recipe=recipe,
        encoder=named.encoder_version,
        excerpt=excerpt,
    )
    return WantedRendition(
        key=named.key,
        audio_key=named.audio_key,
        recipe=recipe,
        encoder_version=named.encoder_version,
        tags_digest=named.tags_digest,
        words=named.words,
        cover=named.cover,
        is_sold=named.is_sold,
        master_id=track.master.id,
        master_sha256=track.master.sha256,
        order=order,
        total_bytes=None if promised is None else promised + len(render_tags()),
    )


@lru_cache(maxsize=DIGESTS_REMEMBERED)
def _digest_of(tags: TrackTags, cover: _CoverFile | None) -> str:
    """Who asks for a file again has no cover read and hashed anew."""
    return tags_digest(_with_cover(tags, cover))


def _render(words: TrackTags, cover: _CoverFile | None, framing: str) -> bytes:
    """The tag block. Raises `RenditionChangedError` where the cover is gone since."""
    try:
        return _block_of(words, cover, framing)
    except FileNotFoundError as error:
        raise RenditionChangedError(f"{words.title!r} lost its cover while it waited") from error


@lru_cache(maxsize=BLOCKS_REMEMBERED)
def _block_of(tags: TrackTags, cover: _CoverFile | None, framing: str) -> bytes:
    return tag_block(tags=_with_cover(tags, cover), framing=framing)


def _with_cover(tags: TrackTags, cover: _CoverFile | None) -> TrackTags:
    return tags if cover is None else replace(tags, cover=_picture_in(cover))


def _is_sold(recipe: Recipe, excerpt: Excerpt | None) -> bool:
    return recipe.for_sale and excerpt is None


def encode_rendition(
    *, wanted: WantedRendition, outfit: Outfit, now: datetime
) -> EncodeResult | None:
    """Make it into the cache; None where it is there already or another process is at it.

    Where the same audio lies in the cache under other tags, it is tagged anew and no encoder runs;
    the bytes are the same either way. The file becomes whole only once its hash has been held
    against earlier encodes of the same rendition (law 5). Killed at any point, it leaves an
    unfinished file that the next run takes over. Raises `EncoderFailedError`,
    `RenditionChangedError`, `DiskFullError`; readers of the growing file are then told that it broke.
    Transaction: one insert, after the encode.
    """
    claim = outfit.renditions.claim(**wanted.file)
    if claim is None:
        return None
    with claim:
        result = _make(wanted, outfit, claim.write)
        record_rendition(
            rendition=NewRendition(
                key=wanted.key,
                audio_key=wanted.audio_key,
                master_id=wanted.master_id,
                recipe=wanted.recipe.code,
                encoder_version=wanted.encoder_version,
                tags_digest=wanted.tags_digest,
                sha256=result.sha256,
                size_bytes=result.size_bytes,
                crc32=result.crc32,
                cpu_ms=result.cpu_ms,
            ),
            now=now,
        )
        claim.finish()
    return result


def _make(wanted: WantedRendition, outfit: Outfit, sink: Sink) -> EncodeResult:
    """By tagging a sibling anew or, where there is none, by encoding."""
    siblings = wanted.siblings
    if siblings is None:
        siblings = tuple(list_renditions_of_audio(audio_key=wanted.audio_key))
    for sibling in siblings:
        file = _open_sibling(sibling, wanted, outfit)
        if file is not None:
            with file:
                result = retag(wanted.order, file, sink)
            get_measures().count(Count.RETAGS_FINISHED)
            # What it would cost to make again, once its sibling is gone too.
            return replace(result, cpu_ms=sibling.cpu_ms)
    with measured_encode():
        result = encode(wanted.order, sink, make_room=outfit.renditions.give_way)
        # A master that has rotted on its disk may encode well: then nothing of it is kept, and who
        # follows is told before the end.
        outfit.masters.check(sha256=wanted.master_sha256)
    return result


def _open_sibling(
    sibling: RenditionFacts, wanted: WantedRendition, outfit: Outfit
) -> BinaryIO | None:
    """A finished file with the same audio, if it is what was recorded of it; None otherwise.

    It is read once for its hash before a byte of it goes on, since what readers have got cannot be
    taken back. Open, it may be evicted and is still there.
    """
    name = {**wanted.file, "key": sibling.key}
    path = outfit.renditions.find(**name) if sibling.key != wanted.key else None
    if path is None:
        return None
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with contextlib.ExitStack() as unless_good:
        unless_good.enter_context(file)
        if hashlib.file_digest(file, "sha256").hexdigest() != sibling.sha256:
            log.error("%s was not what was encoded; it is deleted and made again when asked", path)
            outfit.renditions.discard(**name)
            return None
        unless_good.pop_all()
    return file


def tags_of(
    *, track: TrackFacts, recipe: Recipe, covers: CoverStore, excerpt: Excerpt | None = None
) -> TrackTags:
    """What a file of this track, or of a part of it, says of itself.

    The hash of the samples stands where they are the master's, and gains where the channels are: a
    mix of them is as loud as nobody measured. A part, and what is not for sale, has neither hash,
    lyrics nor cover. A cover that is missing on disk is left out, and the operator told in the log:
    whoever has paid for the music gets it.
    """
    return _with_cover(*_parts_of(track, recipe, covers, excerpt))


def _parts_of(
    track: TrackFacts, recipe: Recipe, covers: CoverStore, excerpt: Excerpt | None
) -> tuple[TrackTags, _CoverFile | None]:
    """What a file says of itself, and where its cover lies: that takes no memory."""
    cover = _cover_of(track, covers) if _is_sold(recipe, excerpt) else None
    return _words_of(track, recipe, excerpt), cover


def _words_of(track: TrackFacts, recipe: Recipe, excerpt: Excerpt | None) -> TrackTags:
    release, master = track.release, track.master
    is_sold = _is_sold(recipe, excerpt)
    treated = treatment_of(recipe=recipe, master=facts_of(master=master))
    is_master = is_sold and recipe.kind is Kind.LOSSLESS and not treated
    is_mixed = Treatment.MIXED_DOWN in treated
    return TrackTags(
        title=track.title,
        artist=track.artist,
        album=release.title,
        album_artist=release.artist,
        track_number=track.track_number,
        track_total=track.track_total,
        disc_number=track.disc_number,
        disc_total=track.disc_total,
        date=release.released_on.isoformat() if release.released_on else None,
        genre=release.genre or None,
        composer=track.composer or None,
        label=release.label,
        isrc=track.isrc or None,
        iswc=track.iswc,
        upc=release.upc,
        copyright=release.p_line or release.c_line or None,
        lyrics=(track.lyrics or None) if is_sold else None,
        musicbrainz_recording_id=track.musicbrainz_recording_id or None,
        musicbrainz_release_id=release.musicbrainz_release_id or None,
        pcm_sha256=master.pcm_sha256 if is_master else None,
        track_loudness_lufs=None if is_mixed else master.loudness_lufs,
        track_true_peak_dbtp=None if is_mixed else master.true_peak_dbtp,
        album_loudness_lufs=None if is_mixed else release.loudness_lufs,
        album_true_peak_dbtp=None if is_mixed else release.true_peak_dbtp,
    )


def _cover_of(track: TrackFacts, covers: CoverStore) -> _CoverFile | None:
    release = track.release
    if not release.cover_sha256:
        return None
    try:
        delivered = covers.path(sha256=release.cover_sha256)
        if delivered.stat().st_size <= COVER_BYTES_MAX:
            return _CoverFile(delivered, release.cover_media_type)
        instead = covers.path(sha256=release.cover_sha256, size=_COVER_SIZE_INSTEAD)
        return _CoverFile(instead, _WEB_COPY_MEDIA_TYPE)
    except CoverMissingError:
        log.exception("the files of %r (UPC %s) go out without a cover", release.title, release.upc)
        return None


@lru_cache(maxsize=COVERS_REMEMBERED)
def _picture_in(cover: _CoverFile) -> Cover:
    return Cover(cover.path.read_bytes(), cover.media_type)
