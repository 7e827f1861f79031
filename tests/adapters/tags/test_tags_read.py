"""What delivered files say of themselves, in each of the four containers."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture
from mutagen.id3 import (
    APIC,
    COMM,
    ID3,
    TALB,
    TCOM,
    TCON,
    TCOP,
    TDRC,
    TIT2,
    TPE1,
    TPE2,
    TPOS,
    TPUB,
    TRCK,
    TSRC,
    TXXX,
    UFID,
    USLT,
)
from mutagen.mp4 import MP4, AtomDataType, MP4Cover, MP4FreeForm
from mutagen.wave import WAVE
from PIL import Image

from pennywhistle.adapters.tags.fields import Cover, TrackTags
from pennywhistle.adapters.tags.read import TagsUnreadableError, read_tags


def _picture(kind: str) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (8, 8), "#b87333").save(held, kind)
    return held.getvalue()


JPEG = _picture("JPEG")
PNG = _picture("PNG")

SAID = TrackTags(
    title="Tuiléad an Óir",
    artist="Róisín Vale, Pádraig Oak",
    album="Lamps on the Quay",
    album_artist="Róisín Vale",
    track_number=3,
    track_total=7,
    disc_number=1,
    disc_total=2,
    date="2026-11-24",
    genre="Folk",
    composer="Trad.",
    label="Lantern Row Records",
    isrc="GBZZZ2600003",
    iswc="T-034.524.680-1",
    upc="0200000000028",
    copyright="℗ 2026 Lantern Row Records",
    comment="Recorded in one take",
    lyrics="Gold, gold,\nall the way down",
    musicbrainz_recording_id="5b11f4ce-a62d-471e-81fc-a69a8278c7da",
    musicbrainz_release_id="76df3287-6cda-33eb-8e9a-044b5e15ffdd",
    cover=Cover(JPEG, "image/jpeg"),
)


def tag_flac(path: Path) -> None:
    file = FLAC(path)
    file.update(
        {
            "TITLE": [SAID.title],
            "ARTIST": ["Róisín Vale", "Pádraig Oak"],
            "ALBUM": [SAID.album],
            "ALBUMARTIST": [SAID.album_artist],
            "TRACKNUMBER": ["3"],
            "TRACKTOTAL": ["7"],
            "DISCNUMBER": ["1/2"],
            "DATE": [SAID.date],
            "GENRE": [SAID.genre],
            "COMPOSER": [SAID.composer],
            "ORGANIZATION": [SAID.label],
            "ISRC": [SAID.isrc],
            "ISWC": [SAID.iswc],
            "BARCODE": [SAID.upc],
            "COPYRIGHT": [SAID.copyright],
            "COMMENT": [SAID.comment],
            "LYRICS": [SAID.lyrics],
            "MUSICBRAINZ_TRACKID": [SAID.musicbrainz_recording_id],
            "MUSICBRAINZ_ALBUMID": [SAID.musicbrainz_release_id],
        }
    )
    for kind, data in ((4, PNG), (3, JPEG)):
        picture = Picture()
        picture.type, picture.mime, picture.data = kind, "image/jpeg", data
        file.add_picture(picture)
    file.save()


def tag_id3(tags: ID3) -> None:
    for frame in (
        TIT2(3, SAID.title),
        TPE1(3, ["Róisín Vale", "Pádraig Oak"]),
        TALB(3, SAID.album),
        TPE2(3, SAID.album_artist),
        TRCK(3, "3/7"),
        TPOS(3, "1/2"),
        TDRC(3, SAID.date),
        TCON(3, SAID.genre),
        TCOM(3, SAID.composer),
        TPUB(3, SAID.label),
        TSRC(3, SAID.isrc),
        TXXX(3, "ISWC", SAID.iswc),
        TXXX(3, "Barcode", SAID.upc),
        TCOP(3, SAID.copyright),
        COMM(3, "eng", "", SAID.comment),
        USLT(3, "gle", "", SAID.lyrics),
        UFID("http://musicbrainz.org", (SAID.musicbrainz_recording_id or "").encode()),
        TXXX(3, "MusicBrainz Album Id", SAID.musicbrainz_release_id),
        APIC(3, "image/png", 4, "Back", PNG),
        APIC(3, "image/jpeg", 3, "Front", JPEG),
    ):
        tags.add(frame)


def tag_wav(path: Path) -> None:
    file = WAVE(path)
    file.add_tags()
    assert file.tags is not None
    tag_id3(file.tags)
    file.save()


def tag_aiff(path: Path) -> None:
    file = AIFF(path)
    file.add_tags()
    assert file.tags is not None
    tag_id3(file.tags)
    file.save()


def tag_m4a(path: Path) -> None:
    file = MP4(path)
    plain = {
        "\xa9nam": [SAID.title],
        "\xa9ART": ["Róisín Vale", "Pádraig Oak"],
        "\xa9alb": [SAID.album],
        "aART": [SAID.album_artist],
        "trkn": [(3, 7)],
        "disk": [(1, 2)],
        "\xa9day": ["2026-11-24T08:00:00Z"],
        "\xa9gen": [SAID.genre],
        "\xa9wrt": [SAID.composer],
        "cprt": [SAID.copyright],
        "\xa9cmt": [SAID.comment],
        "\xa9lyr": [SAID.lyrics],
        "covr": [MP4Cover(JPEG, MP4Cover.FORMAT_JPEG)],
    }
    for name, value in plain.items():
        file[name] = value
    for name, text in (
        ("LABEL", SAID.label),
        ("ISRC", SAID.isrc),
        ("ISWC", SAID.iswc),
        ("BARCODE", SAID.upc),
        ("MusicBrainz Track Id", SAID.musicbrainz_recording_id),
        ("MusicBrainz Album Id", SAID.musicbrainz_release_id),
    ):
        assert text is not None
        freeform = MP4FreeForm(text.encode(), dataformat=AtomDataType.UTF8)
        file[f"----:com.apple.iTunes:{name}"] = [freeform]
    file.save()


TAGGERS = {
    "flac-16-44": tag_flac,
    "wav-16": tag_wav,
    "aiff-16": tag_aiff,
    "alac-16": tag_m4a,
}


@pytest.mark.parametrize("name", TAGGERS)
def test_tags_are_read_alike_from_every_container(
    audio_samples: dict[str, Path], tmp_path: Path, name: str
) -> None:
    path = Path(shutil.copy(audio_samples[name], tmp_path))
    TAGGERS[name](path)
    assert read_tags(path) == SAID


@pytest.mark.parametrize("name", TAGGERS)
def test_a_file_without_tags_says_nothing(audio_samples: dict[str, Path], name: str) -> None:
    assert read_tags(audio_samples[name]) == TrackTags()


@pytest.mark.parametrize("name", TAGGERS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_broken_tags_raise_only_our_own_error(
    audio_samples: dict[str, Path], tmp_path: Path, name: str, data: st.DataObject
) -> None:
    path = tmp_path / audio_samples[name].name
    shutil.copy(audio_samples[name], path)
    TAGGERS[name](path)
    content = bytearray(path.read_bytes())
    # Tags lie at the start of FLAC, and at the end of the other three.
    span = range(4, 1200) if name == "flac-16-44" else range(len(content) - 1800, len(content))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.sampled_from(span))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        assert isinstance(read_tags(path), TrackTags)
    except TagsUnreadableError as error:
        assert str(error)


def _flac_saying(source: Path, folder: Path, **tags: str) -> TrackTags:
    path = Path(shutil.copy(source, folder))
    file = FLAC(path)
    for name, text in tags.items():
        file[name] = text
    file.save()
    return read_tags(path)


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("2026", "2026"),
        ("2026-11", "2026-11"),
        ("2026-11-24T08:00", "2026-11-24"),
        ("2026-02-30", None),
        ("24.11.2026", None),
        ("20261124", None),
        ("soon", None),
    ],
)
def test_a_date_is_kept_as_exact_as_it_is(
    audio_samples: dict[str, Path], tmp_path: Path, said: str, understood: str | None
) -> None:
    assert _flac_saying(audio_samples["flac-16-44"], tmp_path, DATE=said).date == understood


@pytest.mark.parametrize(
    ("said", "number", "total"),
    [("1", 1, 0), ("03/12", 3, 12), ("3 / 12", 3, 12), ("A1", 0, 0), ("-2", 0, 0), ("99999", 0, 0)],
)
def test_a_track_number_is_a_number_or_nothing(
    audio_samples: dict[str, Path], tmp_path: Path, said: str, number: int, total: int
) -> None:
    tags = _flac_saying(audio_samples["flac-16-44"], tmp_path, TRACKNUMBER=said)
    assert (tags.track_number, tags.track_total) == (number, total)


def test_text_is_composed_and_on_one_line(audio_samples: dict[str, Path], tmp_path: Path) -> None:
    tags = _flac_saying(
        audio_samples["flac-16-44"], tmp_path, TITLE="  Ro\u0301is\x07\n\t\u202evale "
    )
    assert tags.title == "Róis vale"


def test_a_title_of_a_whole_page_is_refused(audio_samples: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(TagsUnreadableError, match="title has 3,000 characters"):
        _flac_saying(audio_samples["flac-16-44"], tmp_path, TITLE="x" * 3000)


def test_a_picture_that_is_no_picture_is_no_cover(
    audio_samples: dict[str, Path], tmp_path: Path
) -> None:
    path = Path(shutil.copy(audio_samples["flac-16-44"], tmp_path))
    file = FLAC(path)
    picture = Picture()
    picture.type, picture.mime, picture.data = 3, "-->", b"http://example.org/cover.jpg"
    file.add_picture(picture)
    file.save()
    assert read_tags(path).cover is None


def test_what_is_no_audio_has_no_tags(tmp_path: Path) -> None:
    path = tmp_path / "song.flac"
    path.write_text("la la la")
    with pytest.raises(TagsUnreadableError, match="no tags"):
        read_tags(path)


def test_an_mp3_without_tags_says_nothing(audio_samples: dict[str, Path]) -> None:
    assert read_tags(audio_samples["mp3"]).title is None


def test_lyrics_keep_their_lines_and_lose_what_cannot_be_seen(
    audio_samples: dict[str, Path], tmp_path: Path
) -> None:
    path = Path(shutil.copy(audio_samples["flac-16-44"], tmp_path))
    file = FLAC(path)
    file["LYRICS"] = ["\n  One line\r\n\r\nand\x07 another\n"]
    file.save()
    assert read_tags(path).lyrics == "One line\n\nand another"


def test_lyrics_beyond_any_song_are_refused(audio_samples: dict[str, Path], tmp_path: Path) -> None:
    path = Path(shutil.copy(audio_samples["flac-16-44"], tmp_path))
    file = FLAC(path)
    file["LYRICS"] = ["la " * 10_000]
    file.save()
    with pytest.raises(TagsUnreadableError, match="29,999 characters; shorten them to 20,000"):
        read_tags(path)


def test_an_id_that_is_no_uuid_is_left_out_and_told_of(
    audio_samples: dict[str, Path], tmp_path: Path
) -> None:
    path = Path(shutil.copy(audio_samples["flac-16-44"], tmp_path))
    file = FLAC(path)
    file["MUSICBRAINZ_TRACKID"] = ["5b11f4ce"]
    file.save()
    tags = read_tags(path)
    assert tags.musicbrainz_recording_id is None
    assert tags.oddities == ("its MusicBrainz recording id is no UUID",)
