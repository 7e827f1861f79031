"""Writes a tagged FLAC master from raw samples, as a label's studio would."""

from __future__ import annotations

import subprocess
from pathlib import Path

from mutagen.flac import FLAC, Picture

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.tags.fields import TrackTags

ENCODE_TIMEOUT_S = 120
FRONT_COVER = 3  # picture type; https://www.rfc-editor.org/rfc/rfc9639#section-8.8
# What the encoder calls samples of a depth: as they come in, and as it packs them.
_FORMATS = {16: ("s16le", "s16"), 24: ("s24le", "s32")}


class MasterNotWrittenError(RuntimeError):
    """The encoder refused or did not finish; the message carries what it said."""


def write_flac_master(
    *,
    path: Path,
    pcm: bytes,
    sample_rate_hz: int,
    channels: int,
    tags: TrackTags,
    bits_per_sample: int = 16,
) -> None:
    """Encode interleaved little-endian samples of 16 or 24 bits to FLAC, with tags and cover.

    The file appears whole or not at all. Raises ValueError for samples that do not fill whole
    frames, MasterNotWrittenError if the encoder fails or takes longer than its limit.
    """
    if not pcm or len(pcm) % (bits_per_sample // 8 * channels):
        raise ValueError(
            f"{path.name}: {len(pcm)} bytes are not whole frames of {channels} samples"
        )
    partial = path.with_name(path.name + ".partial")
    try:
        _encode(partial, pcm, sample_rate_hz, channels, bits_per_sample)
        _write_tags(partial, tags)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _encode(
    path: Path, pcm: bytes, sample_rate_hz: int, channels: int, bits_per_sample: int
) -> None:
    raw, packed = _FORMATS[bits_per_sample]
    command = [
        ffmpeg_path(), "-nostdin", "-v", "error", "-y",
        "-f", raw, "-ar", str(sample_rate_hz), "-ac", str(channels), "-i", "pipe:0",
        "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact",
        "-c:a", "flac", "-compression_level", "8", "-sample_fmt", packed,
        "-bits_per_raw_sample", str(bits_per_sample), "-f", "flac", str(path),
    ]  # fmt: skip
    try:
        done = subprocess.run(
            command, check=False, input=pcm, capture_output=True, timeout=ENCODE_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise MasterNotWrittenError(
            f"{path.name}: the encoder took over {ENCODE_TIMEOUT_S} s; is the machine overloaded?"
        ) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise MasterNotWrittenError(f"{path.name}: the encoder failed: {said}")


def _write_tags(path: Path, tags: TrackTags) -> None:
    """Vorbis comments by the names that taggers share.

    https://wiki.xiph.org/VorbisComment and https://picard-docs.musicbrainz.org/en/appendices/tag_mapping.html
    """
    audio = FLAC(path)
    audio.delete()
    audio.clear_pictures()
    for name, value in _comments(tags).items():
        if value:
            audio[name] = str(value)
    if tags.cover is not None:
        picture = Picture()
        picture.type, picture.mime, picture.data = (
            FRONT_COVER,
            tags.cover.media_type,
            tags.cover.data,
        )
        audio.add_picture(picture)
    audio.save()


def _comments(tags: TrackTags) -> dict[str, str | int | None]:
    return {
        "TITLE": tags.title,
        "ARTIST": tags.artist,
        "ALBUM": tags.album,
        "ALBUMARTIST": tags.album_artist,
        "TRACKNUMBER": tags.track_number,
        "TRACKTOTAL": tags.track_total,
        "DISCNUMBER": tags.disc_number,
        "DISCTOTAL": tags.disc_total,
        "DATE": tags.date,
        "GENRE": tags.genre,
        "COMPOSER": tags.composer,
        "ORGANIZATION": tags.label,
        "LABEL": tags.label,
        "ISRC": tags.isrc,
        "ISWC": tags.iswc,
        "BARCODE": tags.upc,
        "COPYRIGHT": tags.copyright,
        "COMMENT": tags.comment,
    }
