"""What a WAV file says in its RIFF INFO list, as ffmpeg and many others write it."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import TIT2
from mutagen.wave import WAVE

from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.tags.fields import TrackTags
from pennywhistle.adapters.tags.read import read_tags
from pennywhistle.adapters.tags.riff_info import read_riff_info

_TIMEOUT_SECONDS = 60


def riff(said: dict[bytes, bytes]) -> bytes:
    """A WAV file's chunks with one INFO list, and no music."""
    body = b"".join(
        name + struct.pack("<I", len(text)) + text + b"\0" * (len(text) % 2)
        for name, text in said.items()
    )
    info = b"INFO" + body
    chunks = b"odd " + struct.pack("<I", 3) + b"xyz\0"
    chunks += b"LIST" + struct.pack("<I", len(info)) + info
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks


@pytest.fixture
def tagged_by_ffmpeg(audio_samples: dict[str, Path], tmp_path: Path) -> Path:
    path = tmp_path / "info.wav"
    said = {
        "title": "Tuiléad an Óir",
        "artist": "Róisín Vale",
        "album": "Lamps on the Quay",
        "track": "3/7",
        "date": "2026-11-24",
        "genre": "Folk",
        "copyright": "℗ 2026 Lantern Row Records",
    }
    words = [word for name, text in said.items() for word in ("-metadata", f"{name}={text}")]
    subprocess.run(
        [
            *(ffmpeg_path(), "-v", "error", "-nostdin", "-y", "-i", str(audio_samples["wav-16"])),
            *("-c", "copy", *words, str(path)),
        ],
        check=True,
        timeout=_TIMEOUT_SECONDS,
    )
    return path


def test_a_wav_file_tagged_by_ffmpeg_is_read(tagged_by_ffmpeg: Path) -> None:
    assert read_tags(tagged_by_ffmpeg) == TrackTags(
        title="Tuiléad an Óir",
        artist="Róisín Vale",
        album="Lamps on the Quay",
        track_number=3,
        track_total=7,
        date="2026-11-24",
        genre="Folk",
        copyright="℗ 2026 Lantern Row Records",
    )


def test_id3_speaks_before_info_which_fills_the_gaps(tagged_by_ffmpeg: Path) -> None:
    file = WAVE(tagged_by_ffmpeg)
    file.add_tags()
    assert file.tags is not None
    file.tags.add(TIT2(3, "The Gold"))
    file.save()
    tags = read_tags(tagged_by_ffmpeg)
    assert (tags.title, tags.album, tags.track_number) == ("The Gold", "Lamps on the Quay", 3)


def test_an_isrc_counts_only_where_it_is_written_as_one(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(riff({b"INAM": b"Odd", b"ISRC": b"GB-ZZZ-26-00001\0"}))
    assert read_riff_info(path) == {"title": ["Odd"], "isrc": ["GB-ZZZ-26-00001"]}
    path.write_bytes(riff({b"INAM": b"Odd", b"ISRC": b"Tape vault, shelf 7"}))
    assert read_riff_info(path) == {"title": ["Odd"]}


def test_text_that_is_no_utf_8_is_windows_western(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(riff({b"IART": "Róisín".encode("cp1252")}))
    assert read_riff_info(path) == {"artist": ["Róisín"]}


@given(cut=st.integers(0, 200), noise=st.binary(max_size=64))
def test_a_broken_list_gives_less_and_never_an_error(
    tmp_path_factory: pytest.TempPathFactory, cut: int, noise: bytes
) -> None:
    whole = riff({b"INAM": b"Lamp Black", b"IPRD": b"Lamps on the Quay"})
    path = tmp_path_factory.mktemp("riff") / "a.wav"
    path.write_bytes(whole[:cut] + noise)
    assert read_riff_info(path).keys() <= {"title", "album", *_FIELDS_OF_NOISE}


# What chance can spell: every field that the list may name.
_FIELDS_OF_NOISE = frozenset(
    {"artist", "track", "date", "genre", "composer", "copyright", "comment", "isrc"}
)
