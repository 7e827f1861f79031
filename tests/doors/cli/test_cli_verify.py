"""`pennywhistle verify` on a listener's machine, where there is no store."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from pennywhistle.flows.verify_file import SUMS_NAME
from tests.doors.cli.test_no_store import pennywhistle
from tests.renditions import draw_cover
from tests.sold_files import SoldFiles

__all__ = ["sold_files"]

from tests.sold_files import sold_files


def test_a_sold_file_is_ok_and_nothing_is_left_behind(
    sold_files: SoldFiles, tmp_path: Path
) -> None:
    said = pennywhistle(tmp_path, "verify", str(sold_files["flac"]))
    assert said.stderr == ""
    assert said.stdout.startswith(f"{sold_files['flac']}: ok\n")
    assert "flac, 44100 Hz, 2 channels, 0:00.500, 22,050 samples, as many as" in said.stdout
    assert "ISRC ZZAAA2600003" in said.stdout
    assert said.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_the_status_tells_what_is_not_from_what_is_unknown(
    sold_files: SoldFiles, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.flac"
    broken.write_bytes(sold_files["flac"].read_bytes()[:-2000])
    mp3 = str(sold_files["mp3-192"])
    assert pennywhistle(tmp_path, "verify", mp3).returncode == 2
    said = pennywhistle(tmp_path, "verify", mp3, str(broken), "--json")
    assert said.returncode == 1
    answers = [json.loads(line) for line in said.stdout.splitlines()]
    assert [answer["verdict"] for answer in answers] == ["cannot tell", "not what was sold"]
    assert answers[0]["codec"] == "mp3"


def test_the_sums_beside_an_album_speak_for_its_files(
    sold_files: SoldFiles, tmp_path: Path
) -> None:
    song = tmp_path / "01 Song.mp3"
    song.write_bytes(sold_files["mp3-192"].read_bytes())
    (tmp_path / SUMS_NAME).write_text(f"{sold_files.sha256('mp3-192')}  01 Song.mp3\n")
    assert pennywhistle(tmp_path, "verify", str(song)).returncode == 0


def test_all_of_an_albums_folder_is_what_was_sold(sold_files: SoldFiles, tmp_path: Path) -> None:
    contents = {
        "01 Song.mp3": sold_files["mp3-192"].read_bytes(),
        "Ann - Reels.m3u8": b"#EXTM3U\n01 Song.mp3\n",
        "booklet.pdf": b"%PDF-1.4 words",
        "cover.jpg": draw_cover().data,
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    sums = (f"{hashlib.sha256(held).hexdigest()}  {name}\n" for name, held in contents.items())
    (tmp_path / SUMS_NAME).write_text("".join(sums))
    said = pennywhistle(tmp_path, "verify", *sorted(each.name for each in tmp_path.iterdir()))
    assert said.returncode == 0, said.stdout
    assert said.stdout.count(": ok\n") == len(contents)
    (tmp_path / "booklet.pdf").write_bytes(b"%PDF-1.4 other")
    assert pennywhistle(tmp_path, "verify", "booklet.pdf").returncode == 1
    assert pennywhistle(tmp_path, "verify", SUMS_NAME).returncode == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("a.flac", "b.flac", "--pcm", "0" * 64), "name that file alone"),
        (("a.flac", "--pcm", "12"), "'12' is no SHA-256"),
    ],
)
def test_what_was_asked_wrongly_is_told(tmp_path: Path, words: tuple[str, ...], why: str) -> None:
    said = pennywhistle(tmp_path, "verify", *words)
    assert said.returncode == 2
    assert why in " ".join(said.stderr.replace("│", " ").split())


def test_a_machine_without_a_decoder_cannot_tell(sold_files: SoldFiles, tmp_path: Path) -> None:
    said = pennywhistle(
        tmp_path, "verify", str(sold_files["flac"]), "--sha256", "0" * 64, decoder="/no/decoder"
    )
    assert (said.returncode, said.stdout.splitlines()[0].endswith(": cannot tell")) == (2, True)
    sha256 = sold_files.sha256("flac")
    said = pennywhistle(
        tmp_path, "verify", str(sold_files["flac"]), "--sha256", sha256, decoder="/no/decoder"
    )
    assert (said.returncode, "byte for byte" in said.stdout) == (0, True)
