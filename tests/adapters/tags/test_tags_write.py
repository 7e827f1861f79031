"""Each field in each container, read back by mutagen's readers of files, which know no writer of ours."""

from __future__ import annotations

import base64
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from pennywhistle.adapters.audio.encode import encode
from pennywhistle.adapters.tags.fields import Cover, TrackTags
from pennywhistle.adapters.tags.write import TagsNotWritableError, tag_block, tags_digest
from pennywhistle.shop.encoding.rules import get_recipe
from tests.renditions import TAGS, Sample, draw_cover, order_for, render_master

COVER = draw_cover()
FULL = replace(TAGS, cover=COVER)
FRAMINGS = ["mp3-cbr", "flac", "wav", "aiff", "ogg-opus", "ogg-vorbis", "m4a"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return render_master(tmp_path_factory.mktemp("tags") / "master.wav", frames=44_100)


def rendition(sample: Sample, code: str, folder: Path, tags: TrackTags = FULL) -> Path:
    recipe = get_recipe(code=code)
    path = folder / f"tagged.{recipe.extension}"
    with path.open("wb") as file:
        encode(order_for(sample, recipe, folder, tags=tags), file.write)
    return path


def assert_id3(id3: ID3) -> None:
    assert id3.version == (2, 4, 0)
    expected = {
        "TIT2": TAGS.title,
        "TPE1": TAGS.artist,
        "TALB": TAGS.album,
        "TPE2": TAGS.album_artist,
        "TRCK": "3/12",
        "TPOS": "1/2",
        "TDRC": TAGS.date,
        "TCON": TAGS.genre,
        "TCOM": TAGS.composer,
        "TPUB": TAGS.label,
        "TSRC": TAGS.isrc,
        "TCOP": TAGS.copyright,
        "TXXX:BARCODE": TAGS.upc,
        "TXXX:ISWC": TAGS.iswc,
        "COMM::XXX": TAGS.comment,
    }
    assert {name: str(id3[name]) for name in expected} == expected
    cover = id3.getall("APIC")[0]
    assert (cover.data, cover.mime, cover.type) == (COVER.data, COVER.media_type, 3)
    assert len(id3) == len(expected) + 1


def assert_vorbis(comments: Any) -> None:
    expected = {
        "title": TAGS.title,
        "artist": TAGS.artist,
        "album": TAGS.album,
        "albumartist": TAGS.album_artist,
        "tracknumber": "3",
        "tracktotal": "12",
        "discnumber": "1",
        "disctotal": "2",
        "date": TAGS.date,
        "genre": TAGS.genre,
        "composer": TAGS.composer,
        "label": TAGS.label,
        "isrc": TAGS.isrc,
        "iswc": TAGS.iswc,
        "barcode": TAGS.upc,
        "copyright": TAGS.copyright,
        "comment": TAGS.comment,
    }
    assert {name: comments[name] for name in expected} == {k: [v] for k, v in expected.items()}


def assert_picture(picture: Picture) -> None:
    assert (picture.data, picture.mime, picture.type) == (COVER.data, COVER.media_type, 3)
    assert (picture.width, picture.height) == (300, 300)


@pytest.mark.parametrize(("code", "reader"), [("mp3-192", MP3), ("wav", WAVE), ("aiff", AIFF)])
def test_id3_carries_every_field(code: str, reader: type, sample: Sample, tmp_path: Path) -> None:
    assert_id3(reader(rendition(sample, code, tmp_path)).tags)


def test_flac_carries_every_field(sample: Sample, tmp_path: Path) -> None:
    file = FLAC(rendition(sample, "flac", tmp_path))
    assert_vorbis(file.tags)
    assert_picture(file.pictures[0])


@pytest.mark.parametrize(("code", "reader"), [("opus-96", OggOpus), ("vorbis-q6", OggVorbis)])
def test_ogg_carries_every_field(code: str, reader: type, sample: Sample, tmp_path: Path) -> None:
    file = reader(rendition(sample, code, tmp_path))
    assert_vorbis(file.tags)
    assert_picture(Picture(base64.b64decode(file.tags["metadata_block_picture"][0])))


@pytest.mark.parametrize("code", ["aac-256", "alac"])
def test_m4a_carries_every_field(code: str, sample: Sample, tmp_path: Path) -> None:
    tags = MP4(rendition(sample, code, tmp_path)).tags
    assert tags is not None
    expected = {
        "\xa9nam": TAGS.title,
        "\xa9ART": TAGS.artist,
        "\xa9alb": TAGS.album,
        "aART": TAGS.album_artist,
        "trkn": (3, 12),
        "disk": (1, 2),
        "\xa9day": TAGS.date,
        "\xa9gen": TAGS.genre,
        "\xa9wrt": TAGS.composer,
        "cprt": TAGS.copyright,
        "\xa9cmt": TAGS.comment,
    }
    assert {name: tags[name][0] for name in expected} == expected
    for name, value in (
        ("LABEL", TAGS.label),
        ("ISRC", TAGS.isrc),
        ("ISWC", TAGS.iswc),
        ("BARCODE", TAGS.upc),
    ):
        assert tags[f"----:com.apple.iTunes:{name}"][0].decode() == value
    assert bytes(tags["covr"][0]) == COVER.data


def test_the_info_frame_tells_mutagen_the_masters_length(sample: Sample, tmp_path: Path) -> None:
    for code in ("mp3-192", "mp3-v2", "preview"):
        info = MP3(rendition(sample, code, tmp_path)).info
        assert info is not None
        assert info.length == pytest.approx(sample.facts.frames / 44_100)
        assert not info.sketchy


@pytest.mark.parametrize("framing", FRAMINGS)
def test_the_same_tags_are_the_same_bytes(framing: str) -> None:
    assert tag_block(tags=FULL, framing=framing) == tag_block(tags=replace(FULL), framing=framing)


@pytest.mark.parametrize("code", ["mp3-192", "flac", "wav", "aiff", "opus-96", "vorbis-q6", "alac"])
def test_a_track_without_a_single_tag_is_still_a_whole_file(
    code: str, sample: Sample, tmp_path: Path
) -> None:
    assert rendition(sample, code, tmp_path, TrackTags()).stat().st_size > 1000


def test_every_field_counts_in_the_digest() -> None:
    digest = tags_digest(FULL)
    assert digest == tags_digest(replace(FULL))
    for field in fields(TrackTags):
        other = 7 if field.name.endswith(("number", "total")) else "other"
        values: dict[str, Any] = {field.name: other}
        if field.name == "cover":
            values = {"cover": Cover(b"other", "image/jpeg")}
        assert tags_digest(replace(FULL, **values)) != digest, field.name


@pytest.mark.parametrize("framing", ["flac", "ogg-opus", "ogg-vorbis"])
def test_a_cover_that_is_no_picture_is_refused(framing: str) -> None:
    tags = replace(TAGS, cover=Cover(b"not a picture", "image/jpeg"))
    with pytest.raises(TagsNotWritableError, match="not a picture"):
        tag_block(tags=tags, framing=framing)


def test_a_framing_that_nobody_knows_is_refused() -> None:
    with pytest.raises(TagsNotWritableError, match="'vinyl'"):
        tag_block(tags=TAGS, framing="vinyl")
