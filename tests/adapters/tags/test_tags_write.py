"""Every cell of the table of tags, read back by readers that know no writer of ours.

mutagen's readers of whole files come first; ffmpeg's own and Debian's tools, where they are, second.
"""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
from mutagen.aiff import AIFF
from mutagen.apev2 import APETextValue
from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE
from mutagen.wavpack import WavPack

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.encode import encode
from pennywhistle.adapters.tags.fields import Cover, TrackTags
from pennywhistle.adapters.tags.read import read_tags
from pennywhistle.adapters.tags.riff_info import read_riff_info
from pennywhistle.adapters.tags.table import TABLE, Family, Row
from pennywhistle.adapters.tags.write import TagsNotWritableError, tag_block, tags_digest
from pennywhistle.shop.encoding.rules import get_recipe
from tests.renditions import TAGS, Sample, draw_cover, order_for, render_master

COVER = draw_cover()
FULL = replace(TAGS, cover=COVER)
FRAMINGS = ["mp3-cbr", "flac", "wav", "aiff", "ogg-opus", "ogg-vorbis", "m4a", "wavpack"]

# What each field says of `TAGS`, worked out by hand: -18 and -23 LUFS less the loudness, 10^(peak/20).
SAID = {
    "title": "Süße Töne",
    "artist": "The Lantern Row Céilí",
    "album": "First Light",
    "album_artist": "The Lantern Row Céilí",
    "track_number": "3",
    "track_total": "12",
    "disc_number": "1",
    "disc_total": "2",
    "date": "2026-11-24",
    "genre": "Folk",
    "composer": "Trad.",
    "label": "Lantern Row Records",
    "isrc": "ZZAAA2600003",
    "iswc": "T0345246801",
    "upc": "0200000000017",
    "copyright": "℗ 2026 Lantern Row Records",
    "comment": "For testing",
    "lyrics": "Süß ist der Ton,\nund fort ist er schon.",
    "musicbrainz_recording_id": "5b11f4ce-a62d-471e-81fc-a69a8278c7da",
    "musicbrainz_release_id": "76df3287-6cda-33eb-8e9a-044b5e15ffdd",
    "pcm_sha256": "0f" * 32,
    "track_gain": "-3.40 dB",
    "track_peak": "0.891251",
    "album_gain": "-4.75 dB",
    "album_peak": "1.023293",
    "reference_loudness": "-18.00 LUFS",
}
SAID_IN_OPUS = {"track_gain": "-2150", "album_gain": "-2496"}
PAIRED = {"track_number": "3/12", "track_total": "3/12", "disc_number": "1/2", "disc_total": "1/2"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A container: the recipe that makes it, its family of tags, and how mutagen reads a name."""

    recipe: str
    family: Family
    read: Callable[[Path, str], str | bytes]
    count: Callable[[Path], int]


def _id3(tags: ID3 | None, name: str) -> str | bytes:
    assert tags is not None
    assert tags.version == (2, 4, 0)
    if name == "APIC":
        picture = tags.getall("APIC")[0]
        assert (picture.mime, picture.type) == (COVER.media_type, 3)
        return bytes(picture.data)
    frame = tags[{"USLT": "USLT::XXX", "COMM": "COMM::XXX"}.get(name, name)]
    return bytes(frame.data).decode() if name.startswith("UFID") else str(frame)


def _picture(data: Picture) -> bytes:
    assert (data.mime, data.type, data.width, data.height) == (COVER.media_type, 3, 300, 300)
    return bytes(data.data)


def _comment(tags: Any, name: str) -> str | bytes:
    (text,) = tags[name]
    if name == "METADATA_BLOCK_PICTURE":
        return _picture(Picture(base64.b64decode(text)))
    return str(text)


def _flac(path: Path, name: str) -> str | bytes:
    file = FLAC(path)
    return _picture(file.pictures[0]) if "PICTURE" in name else _comment(file.tags, name)


def _mp4(path: Path, name: str) -> str | bytes:
    tags = MP4(path).tags
    assert tags is not None
    (value,) = tags[name]
    if isinstance(value, tuple):
        return "/".join(map(str, value))
    if name == "covr":
        return bytes(value)
    return bytes(value).decode() if isinstance(value, bytes) else str(value)


def _ape(path: Path, name: str) -> str | bytes:
    value = _wavpack_tags(path)[name]
    if isinstance(value, APETextValue):
        return str(value)
    named, _, data = value.value.partition(b"\0")
    assert named == b"cover.jpg"
    return bytes(data)


def _wavpack_tags(path: Path) -> Any:
    return WavPack(path).tags or {}


def _flac_count(path: Path) -> int:
    """The picture is a block of its own, and counts."""
    comments: Any = FLAC(path).tags
    return len(comments) + 1


def _id3_kind(recipe: str, reader: Any) -> Kind:
    return Kind(
        recipe,
        Family.ID3,
        lambda path, name: _id3(reader(path).tags, name),
        lambda path: len(reader(path).tags),
    )


def _ogg_kind(recipe: str, family: Family, reader: Any) -> Kind:
    return Kind(
        recipe,
        family,
        lambda path, name: _comment(reader(path).tags, name),
        lambda path: len(reader(path).tags),
    )


def _mp4_count(path: Path) -> int:
    """Without iTunSMPB, which is no tag: where the music begins and ends."""
    names: list[str] = list(MP4(path).tags or {})
    return sum(not name.endswith(":iTunSMPB") for name in names)


def _mp4_kind(recipe: str) -> Kind:
    return Kind(recipe, Family.MP4, _mp4, _mp4_count)


KINDS = {
    "MP3": _id3_kind("mp3-192", MP3),
    "MP3 of variable bitrate": _id3_kind("mp3-v2", MP3),
    "WAV": _id3_kind("wav", WAVE),
    "AIFF": _id3_kind("aiff", AIFF),
    "FLAC": Kind("flac", Family.VORBIS, _flac, _flac_count),
    "Ogg Vorbis": _ogg_kind("vorbis-q6", Family.VORBIS, OggVorbis),
    "Opus": _ogg_kind("opus-96", Family.OPUS, OggOpus),
    "AAC": _mp4_kind("aac-256"),
    "ALAC": _mp4_kind("alac"),
    "WavPack": Kind("wavpack", Family.APE, _ape, lambda path: len(_wavpack_tags(path))),
}
Files = dict[str, Path]


def rendition(sample: Sample, code: str, folder: Path, tags: TrackTags = FULL) -> Path:
    recipe = get_recipe(code=code)
    path = folder / f"{code}.{recipe.extension}"
    with path.open("wb") as file:
        encode(order_for(sample, recipe, folder, tags=tags), file.write)
    return path


def wavpack(sample: Sample, folder: Path, tags: TrackTags = FULL) -> Path:
    """A WavPack file with the tags at its end, where they belong."""
    path = folder / "wavpack.wv"
    run(ffmpeg_path(), "-v", "error", "-y", "-i", str(sample.path), "-bitexact", str(path))
    with path.open("ab") as file:
        file.write(tag_block(tags=tags, framing="wavpack"))
    return path


def run(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, timeout=60)
    return done.stdout.decode()


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return render_master(tmp_path_factory.mktemp("tags") / "master.wav", frames=44_100)


@pytest.fixture(scope="module")
def files(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """One file of each kind with every tag in it."""
    folder = tmp_path_factory.mktemp("tagged")
    return {
        name: wavpack(sample, folder)
        if kind.recipe == "wavpack"
        else rendition(sample, kind.recipe, folder)
        for name, kind in KINDS.items()
    }


def expected(row: Row, family: Family) -> str | bytes:
    if row.field == "cover":
        return COVER.data
    if family is Family.OPUS and row.field in SAID_IN_OPUS:
        return SAID_IN_OPUS[row.field]
    if family not in (Family.VORBIS, Family.OPUS) and row.field in PAIRED:
        return PAIRED[row.field]
    return SAID[row.field]


CELLS = [
    pytest.param(kind, row, id=f"{kind}-{row.name(KINDS[kind].family)}")
    for kind in KINDS
    for row in TABLE
    if row.name(KINDS[kind].family)
]


@pytest.mark.parametrize(("kind", "row"), CELLS)
def test_a_cell_of_the_table_is_what_mutagen_reads(kind: str, row: Row, files: Files) -> None:
    family = KINDS[kind].family
    assert KINDS[kind].read(files[kind], row.name(family)) == expected(row, family)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_stands_in_a_file_but_the_table(kind: str, files: Files) -> None:
    names = {row.name(KINDS[kind].family) for row in TABLE} - {""}
    assert KINDS[kind].count(files[kind]) == len(names)


def test_every_field_has_a_place_in_every_container_but_for_gains_in_opus() -> None:
    without = {
        (row.field, family)
        for row in TABLE
        for family in Family
        if family is not Family.RIFF
        and not any(other.name(family) for other in TABLE if other.field == row.field)
    }
    opus = {"track_peak", "album_peak", "reference_loudness"}
    assert without == {(field, Family.OPUS) for field in opus}


def test_the_info_list_of_a_wav_says_what_riff_has_names_for(files: Files) -> None:
    read = read_riff_info(files["WAV"])
    assert read.pop("track") == ["3/12"]
    data = files["WAV"].read_bytes()
    assert b"ITRK\x02\0\0\x003\0" in data
    assert b"IPRT\x05\0\0\x003/12\0" in data
    assert read == {
        row.field: [SAID[row.field]] for row in TABLE if row.riff and row.field not in PAIRED
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_stores_own_reader_reads_what_the_writer_wrote(kind: str, files: Files) -> None:
    assert replace(read_tags(files[kind]), cover=COVER) == replace(
        FULL,
        track_loudness_lufs=None,
        track_true_peak_dbtp=None,
        album_loudness_lufs=None,
        album_true_peak_dbtp=None,
    )


@pytest.mark.parametrize("kind", ["MP3", "FLAC", "Ogg Vorbis", "Opus", "AAC", "WAV", "WavPack"])
def test_ffmpeg_reads_the_usual_fields(kind: str, files: Files) -> None:
    # Ogg's tags belong to the stream, all others' to the file.
    source = "0:s:a:0" if KINDS[kind].recipe.startswith(("opus", "vorbis")) else "0"
    said = run(
        *(ffmpeg_path(), "-v", "error", "-i", str(files[kind])),
        *("-map_metadata", source, "-f", "ffmetadata", "-"),
    )
    usual = ("title", "artist", "album", "album_artist", "date", "genre", "composer", "copyright")
    wanted = [field for field in usual if kind != "WAV" or field != "album_artist"]
    found = {
        name.lower()
        .replace("albumartist", "album_artist")
        .replace("album artist", "album_artist"): text
        for name, text in re.findall(r"^([^=;\n]+)=(.*)$", said, re.MULTILINE)
    }
    found.setdefault("date", found.get("year", ""))
    assert {name: found.get(name) for name in wanted} == {name: SAID[name] for name in wanted}


@pytest.mark.parametrize(
    ("kind", "tool", "options"),
    [
        ("FLAC", "metaflac", ["--no-utf8-convert", "--export-tags-to=-"]),
        ("Ogg Vorbis", "vorbiscomment", ["-R", "-l"]),
        ("Opus", "opusinfo", []),
    ],
)
def test_debians_tools_read_every_comment(
    kind: str, tool: str, options: list[str], files: Files
) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run(
        [tool, *options, str(files[kind])], capture_output=True, timeout=60, check=False
    )
    family = KINDS[kind].family
    said = done.stdout.decode()
    for row in TABLE:
        name = row.name(family)
        if name and row.field != "cover":
            first_line = str(expected(row, family)).splitlines()[0]
            assert f"{name}={first_line}" in said, name


def test_debians_wavpack_reads_its_tags(files: Files) -> None:
    if shutil.which("wvtag") is None:
        pytest.skip("wvtag is not installed")
    said = run("wvtag", "-l", str(files["WavPack"]))
    for field in ("Title", "Album Artist", "ISRC", "MUSICBRAINZ_TRACKID", "PCM_SHA256"):
        row = next(row for row in TABLE if row.ape == field)
        assert re.search(rf"^{field}:\s+{re.escape(SAID[row.field])}$", said, re.MULTILINE), said
    assert "Cover Art (Front)" in said


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


def test_a_wavpack_without_a_single_tag_has_no_block_of_them(
    sample: Sample, tmp_path: Path
) -> None:
    assert tag_block(tags=TrackTags(), framing="wavpack") == b""
    assert WavPack(wavpack(sample, tmp_path, TrackTags())).tags is None


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
