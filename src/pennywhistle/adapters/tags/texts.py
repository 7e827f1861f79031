"""What a field of the table says, as text, in each family of tags."""

from __future__ import annotations

from collections.abc import Iterator

from pennywhistle.adapters.tags.fields import TrackTags
from pennywhistle.adapters.tags.table import TABLE, Family

# ReplayGain 2.0: https://wiki.hydrogenaudio.org/index.php?title=ReplayGain_2.0_specification
REPLAYGAIN_REFERENCE_LUFS = -18.0
# Opus counts its gain from EBU R 128's level, in 256ths of a decibel and 16 bits:
# https://www.rfc-editor.org/rfc/rfc7845#section-5.2.1
R128_REFERENCE_LUFS = -23.0
_Q78_LEAST, _Q78_MOST = -(2**15), 2**15 - 1
# Louder or quieter than any music; such a gain would be a fault of measuring.
_GAIN_DB_MOST = 64.0


def texts_of(tags: TrackTags, family: Family) -> Iterator[tuple[str, str]]:
    """(name, text) of every field that the tags have and the family has a place for, in the order
    of the table; the cover and MP4's pairs of numbers are not texts and left out.
    """
    said = _values(tags, family)
    used: set[str] = set()
    for row in TABLE:
        name, text = row.name(family), said.get(row.field)
        if name and text and name not in used:
            used.add(name)
            yield name, text


def _values(tags: TrackTags, family: Family) -> dict[str, str]:
    """By field of the table. None and 0 are left out."""
    plain = (
        *("title", "artist", "album", "album_artist", "date", "genre", "composer", "label"),
        *("isrc", "iswc", "upc", "copyright", "lyrics", "musicbrainz_recording_id"),
        *("musicbrainz_release_id", "comment", "pcm_sha256"),
    )
    said = {field: str(getattr(tags, field) or "") for field in plain}
    said |= _numbers(tags, family)
    said |= _gains(tags, opus=family is Family.OPUS)
    return {field: text for field, text in said.items() if text}


def _numbers(tags: TrackTags, family: Family) -> dict[str, str]:
    """Vorbis comments have totals of their own, the others write `3/12`; RIFF says both `3` and it."""
    if family is Family.MP4:
        return {}
    if family in (Family.VORBIS, Family.OPUS):
        return {
            "track_number": str(tags.track_number or ""),
            "track_total": str(tags.track_total or ""),
            "disc_number": str(tags.disc_number or ""),
            "disc_total": str(tags.disc_total or ""),
        }
    if family is Family.RIFF:
        return {
            "track_number": str(tags.track_number or ""),
            "track_total": _of_total(tags.track_number, tags.track_total),
        }
    return {
        "track_number": _of_total(tags.track_number, tags.track_total),
        "disc_number": _of_total(tags.disc_number, tags.disc_total),
    }


def _of_total(number: int, total: int) -> str:
    """`3/12`, `3`, or nothing."""
    if not number:
        return ""
    return f"{number}/{total}" if total else str(number)


def _gains(tags: TrackTags, *, opus: bool) -> dict[str, str]:
    gain = r128_gain if opus else replay_gain
    said = {
        "track_gain": gain(tags.track_loudness_lufs),
        "album_gain": gain(tags.album_loudness_lufs),
        "track_peak": _peak(tags.track_true_peak_dbtp),
        "album_peak": _peak(tags.album_true_peak_dbtp),
    }
    if said["track_gain"] or said["album_gain"]:
        said["reference_loudness"] = f"{REPLAYGAIN_REFERENCE_LUFS:.2f} LUFS"
    return said


def replay_gain(loudness_lufs: float | None) -> str:
    """The gain that brings music of that loudness to ReplayGain's level: `-3.40 dB`; "" for None."""
    if loudness_lufs is None:
        return ""
    gain = REPLAYGAIN_REFERENCE_LUFS - loudness_lufs
    return f"{_bounded(gain):+.2f} dB"


def r128_gain(loudness_lufs: float | None) -> str:
    """The gain to EBU R 128's level in 256ths of a decibel, as Opus wants it; "" for None."""
    if loudness_lufs is None:
        return ""
    gain = round((R128_REFERENCE_LUFS - loudness_lufs) * 256)
    return str(min(max(gain, _Q78_LEAST), _Q78_MOST))


def _bounded(gain: float) -> float:
    return min(max(gain, -_GAIN_DB_MOST), _GAIN_DB_MOST)


def _peak(true_peak_dbtp: float | None) -> str:
    """The highest value, where 1 is full scale."""
    return "" if true_peak_dbtp is None else f"{10 ** (true_peak_dbtp / 20):.6f}"
