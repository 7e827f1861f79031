"""What a statement that is written out reads a track by: to have it composed takes longer than to
run it, and a listener waits for the first byte meanwhile.

It says what the models in `models.py` say, and gives what `queries.py` gives.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from pennywhistle.shop.catalogue.facts import MasterFacts, MeasuredSize, ReleaseFacts, TrackFacts

# In the order of the fields of `TrackFacts`, without release and master; then theirs.
_TRACK = """
    track.id, track.title, artist.name, artist.slug, track.disc_number, track.track_number,
    track.isrc, work.title, work.composer, work.iswc"""
_TOTALS = """
    (SELECT COUNT(*) FROM catalogue_track AS other
        WHERE other.release_id = track.release_id AND other.disc_number = track.disc_number),
    (SELECT COUNT(DISTINCT other.disc_number) FROM catalogue_track AS other
        WHERE other.release_id = track.release_id),
    track.lyrics, track.musicbrainz_recording_id"""
_RELEASE = """
    release.id, release.slug, release.title, release_artist.name, release_artist.slug, label.name,
    label.id, release.upc, release.released_on, release.genre, release.p_line, release.c_line,
    release.cover_sha256, release.cover_media_type, release.state, release.booklet_sha256,
    release.musicbrainz_release_id, release.loudness_lufs, release.true_peak_dbtp"""
_MASTER = """
    master.id, master.sha256, master.pcm_sha256, master.flac_md5, master.container,
    master.size_bytes, master.frames, master.sample_rate_hz, master.bits_per_sample,
    master.channels, master.duration_ms, master.loudness_lufs, master.true_peak_dbtp,
    master.measured_sizes"""

# To be selected of `TRACK_TABLES`, last.
TRACK_COLUMNS = f"{_TRACK},{_TOTALS},{_RELEASE},{_MASTER}"
TRACK_TABLES = """
    catalogue_track AS track
        JOIN catalogue_artist AS artist ON artist.id = track.artist_id
        JOIN catalogue_work AS work ON work.id = track.work_id
        JOIN catalogue_master AS master ON master.id = track.master_id
        JOIN catalogue_release AS release ON release.id = track.release_id
        JOIN catalogue_artist AS release_artist ON release_artist.id = release.artist_id
        JOIN catalogue_label AS label ON label.id = release.label_id"""

# Where each of the four begins, and where a release has its date.
_TOTALS_AT, _RELEASE_AT, _MASTER_AT = 10, 14, 33
_RELEASED_ON = 8


def track_of(values: Sequence[Any]) -> TrackFacts:
    """The track that `TRACK_COLUMNS` came to, with its totals, and without its waveform (`peaks` is
    empty)."""
    release = list(values[_RELEASE_AT:_MASTER_AT])
    if isinstance(release[_RELEASED_ON], str):
        release[_RELEASED_ON] = date.fromisoformat(release[_RELEASED_ON])
    *measured, sizes = values[_MASTER_AT:]
    master = MasterFacts(*(*measured, b"", _sizes(sizes)))
    parts = (ReleaseFacts(*release), master)
    return TrackFacts(*(*values[:_TOTALS_AT], *parts, *values[_TOTALS_AT:_RELEASE_AT]))


def _sizes(stored: Any) -> dict[str, MeasuredSize]:
    """As JSON, or what a connection has made of it already."""
    sizes = json.loads(stored) if isinstance(stored, str) else stored
    return {recipe: MeasuredSize(**size) for recipe, size in sizes.items()}
