"""The form that corrects a release on sale: its own fields, and some of each track."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from pennywhistle.doors.desk.forms import PlainForm
from pennywhistle.kit.lines import LYRICS_CHARACTERS_MAX
from pennywhistle.shop.catalogue.queries import ReleaseFacts, TrackFacts
from pennywhistle.shop.catalogue.rules import ReleaseCorrection, TrackCorrection

_LINE_CHARACTERS_MAX = 300


def _line(
    label: Any, *, required: bool = False, most: int = _LINE_CHARACTERS_MAX
) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=required)


def _musicbrainz_id(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=36, required=False)


class CorrectionForm(PlainForm):
    """What files and pages say from now on; `track_…` fields are made for each track."""

    title = _line(_("Title"), required=True)
    released_on = forms.DateField(
        label=_("Released"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )
    genre = _line(_("Genre"), most=100)
    p_line = _line(_("P line"))
    c_line = _line(_("C line"))
    musicbrainz_release_id = _musicbrainz_id(_("Release at MusicBrainz"))
    cover = forms.FileField(
        label=_("Cover"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png"}),
        help_text=_(
            "A square JPEG or PNG, best 3000 × 3000. Leave it empty to keep the one it has."
        ),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
        *,
        release: ReleaseFacts,
        tracks: Sequence[TrackFacts],
    ) -> None:
        super().__init__(data, files, initial=_initial(release, tracks))
        self._tracks = tracks
        for track in tracks:
            place = f"{track.disc_number}.{track.track_number}"
            self.fields[f"track_{track.id}_title"] = _line(
                _("Title of %(place)s") % {"place": place}, required=True
            )
            self.fields[f"track_{track.id}_recording"] = _musicbrainz_id(
                _("Recording at MusicBrainz of %(place)s") % {"place": place}
            )
            self.fields[f"track_{track.id}_lyrics"] = forms.CharField(
                label=_("Lyrics of %(place)s") % {"place": place},
                max_length=LYRICS_CHARACTERS_MAX,
                required=False,
                widget=forms.Textarea(attrs={"rows": 4}),
            )

    def of_release(self) -> list[BoundField]:
        """The release's own fields."""
        return [bound for bound in self if not bound.name.startswith("track_")]

    def of_tracks(self) -> Iterator[tuple[str, list[BoundField]]]:
        """(title as it stands, fields) of each track."""
        for track in self._tracks:
            prefix = f"track_{track.id}_"
            yield track.title, [self[f"{prefix}{name}"] for name in _TRACK_FIELDS]

    def to_correction(self) -> ReleaseCorrection:
        """All of it, from a form that is valid."""
        given = self.cleaned_data
        return ReleaseCorrection(
            title=given["title"],
            released_on=given["released_on"],
            genre=given["genre"],
            p_line=given["p_line"],
            c_line=given["c_line"],
            musicbrainz_release_id=given["musicbrainz_release_id"].lower(),
            tracks=tuple(
                TrackCorrection(
                    track_id=track.id,
                    title=given[f"track_{track.id}_title"],
                    lyrics=given[f"track_{track.id}_lyrics"],
                    musicbrainz_recording_id=given[f"track_{track.id}_recording"].lower(),
                )
                for track in self._tracks
            ),
        )

    def to_cover(self, *, bytes_max: int) -> bytes | None:
        """The picture that was sent, if one was; one byte beyond the most is enough to refuse it."""
        sent: UploadedFile[bytes] | None = self.cleaned_data["cover"]
        return None if sent is None else bytes(sent.read(bytes_max + 1))


_TRACK_FIELDS = ("title", "recording", "lyrics")


def _initial(release: ReleaseFacts, tracks: Sequence[TrackFacts]) -> dict[str, object]:
    said: dict[str, object] = {
        "title": release.title,
        "released_on": release.released_on,
        "genre": release.genre,
        "p_line": release.p_line,
        "c_line": release.c_line,
        "musicbrainz_release_id": release.musicbrainz_release_id,
    }
    for track in tracks:
        said[f"track_{track.id}_title"] = track.title
        said[f"track_{track.id}_lyrics"] = track.lyrics
        said[f"track_{track.id}_recording"] = track.musicbrainz_recording_id
    return said
