"""The one table of tags: which field stands under which name in which container.

The writers, the readers and `docs/tags.md` are made from it. Names are those of MusicBrainz Picard,
which most players and taggers agree with:
https://picard-docs.musicbrainz.org/en/appendices/tag_mapping.html
Picard has no name for the ISWC and the hash of the samples; here they have the same plain one in
every container. RIFF's own names: https://www.exiftool.org/TagNames/RIFF.html#Info
In INFO the track's number is ITRK, as Picard has it, and with the total IPRT, as ffmpeg and TagLib
have it; ISRC is not among Picard's there.
https://github.com/metabrainz/picard/blob/master/picard/formats/wav.py
https://ffmpeg.org/doxygen/trunk/riff_8c_source.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FREEFORM = "----:com.apple.iTunes:"
MUSICBRAINZ = "http://musicbrainz.org"


class Family(StrEnum):
    """A way of writing tags, shared by the containers that use it."""

    ID3 = "ID3v2.4"
    VORBIS = "Vorbis comment"
    OPUS = "Opus comment"
    MP4 = "MP4 atom"
    APE = "APEv2"
    RIFF = "RIFF INFO"


@dataclass(frozen=True, slots=True)
class Row:
    """One field and its names; an empty name means that the family has no place for it.

    `field` is that of `TrackTags`, or the name under which `texts.texts_of` works it out. `opus` is
    None where it is as in other Vorbis comments. What else a delivered file may call it stands in
    `also_…`. Where several fields share a name, the first row writes it for all.
    """

    field: str
    meaning: str
    id3: str
    vorbis: str
    mp4: str
    ape: str
    riff: str = ""
    opus: str | None = None
    also_id3: tuple[str, ...] = ()
    also_vorbis: tuple[str, ...] = ()
    also_mp4: tuple[str, ...] = ()

    def name(self, family: Family) -> str:
        """What the field is called there, "" for nothing."""
        if family is Family.OPUS:
            return self.vorbis if self.opus is None else self.opus
        return str(getattr(self, family.name.lower()))

    def names_read(self, family: Family) -> tuple[str, ...]:
        """All names that the field is taken from, the first that is there wins."""
        other: tuple[str, ...] = {
            Family.ID3: self.also_id3,
            Family.VORBIS: self.also_vorbis,
            Family.OPUS: self.also_vorbis,
            Family.MP4: self.also_mp4,
        }.get(family, ())
        return tuple(filter(None, (self.name(family), *other)))


def _custom(field: str, meaning: str, name: str, *, opus: str | None = None) -> Row:
    """A field that has the same name of its own everywhere."""
    return Row(field, meaning, f"TXXX:{name}", name, f"{FREEFORM}{name}", name, opus=opus)


# fmt: off
TABLE = (
    Row("title", "title", "TIT2", "TITLE", "©nam", "Title", "INAM"),
    Row("artist", "artist", "TPE1", "ARTIST", "©ART", "Artist", "IART"),
    Row("album", "release", "TALB", "ALBUM", "©alb", "Album", "IPRD"),
    Row("album_artist", "artist of the release", "TPE2", "ALBUMARTIST", "aART", "Album Artist",
        also_vorbis=("ALBUM ARTIST",)),
    Row("track_number", "track number", "TRCK", "TRACKNUMBER", "trkn", "Track", "ITRK"),
    Row("track_total", "tracks on the disc", "TRCK", "TRACKTOTAL", "trkn", "Track", "IPRT"),
    Row("track_total", "tracks on the disc, once more", "", "TOTALTRACKS", "", ""),
    Row("disc_number", "disc number", "TPOS", "DISCNUMBER", "disk", "Disc"),
    Row("disc_total", "discs of the release", "TPOS", "DISCTOTAL", "disk", "Disc"),
    Row("disc_total", "discs of the release, once more", "", "TOTALDISCS", "", ""),
    Row("date", "release date", "TDRC", "DATE", "©day", "Year", "ICRD",
        also_id3=("TDRL",), also_vorbis=("YEAR",)),
    Row("genre", "genre", "TCON", "GENRE", "©gen", "Genre", "IGNR"),
    Row("composer", "composer", "TCOM", "COMPOSER", "©wrt", "Composer", "IMUS"),
    Row("label", "label", "TPUB", "LABEL", f"{FREEFORM}LABEL", "Label",
        also_id3=("TXXX:LABEL",), also_vorbis=("ORGANIZATION", "PUBLISHER"),
        also_mp4=(f"{FREEFORM}PUBLISHER",)),
    Row("isrc", "ISRC of the recording", "TSRC", "ISRC", f"{FREEFORM}ISRC", "ISRC", "ISRC"),
    _custom("iswc", "ISWC of the work", "ISWC"),
    Row("upc", "UPC or EAN of the release", "TXXX:BARCODE", "BARCODE", f"{FREEFORM}BARCODE",
        "Barcode", also_id3=("TXXX:UPC",), also_vorbis=("UPC", "EAN"),
        also_mp4=(f"{FREEFORM}UPC",)),
    Row("copyright", "rights line", "TCOP", "COPYRIGHT", "cprt", "Copyright", "ICOP"),
    Row("lyrics", "lyrics", "USLT", "LYRICS", "©lyr", "Lyrics",
        also_vorbis=("UNSYNCEDLYRICS",)),
    Row("musicbrainz_recording_id", "recording at MusicBrainz", f"UFID:{MUSICBRAINZ}",
        "MUSICBRAINZ_TRACKID", f"{FREEFORM}MusicBrainz Track Id", "MUSICBRAINZ_TRACKID"),
    Row("musicbrainz_release_id", "release at MusicBrainz", "TXXX:MusicBrainz Album Id",
        "MUSICBRAINZ_ALBUMID", f"{FREEFORM}MusicBrainz Album Id", "MUSICBRAINZ_ALBUMID"),
    Row("comment", "comment", "COMM", "COMMENT", "©cmt", "Comment", "ICMT",
        also_vorbis=("DESCRIPTION",)),
    _custom("pcm_sha256", "SHA-256 of the samples (lossless files)", "PCM_SHA256"),
    _custom("track_gain", "gain of the track", "REPLAYGAIN_TRACK_GAIN", opus="R128_TRACK_GAIN"),
    _custom("track_peak", "peak of the track", "REPLAYGAIN_TRACK_PEAK", opus=""),
    _custom("album_gain", "gain of the release", "REPLAYGAIN_ALBUM_GAIN", opus="R128_ALBUM_GAIN"),
    _custom("album_peak", "peak of the release", "REPLAYGAIN_ALBUM_PEAK", opus=""),
    _custom("reference_loudness", "what gains aim at", "REPLAYGAIN_REFERENCE_LOUDNESS", opus=""),
    Row("cover", "cover", "APIC", "METADATA_BLOCK_PICTURE", "covr", "Cover Art (Front)"),
)
# fmt: on
