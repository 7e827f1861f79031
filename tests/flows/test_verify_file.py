"""Whether a file is what was sold: true ones, broken ones, forged ones, hostile ones."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from pathlib import Path

import pytest
from mutagen.flac import FLAC

from pennywhistle.flows.verify_file import (
    SUMS_NAME,
    BadHashError,
    Verdict,
    checked_hash,
    read_sums,
    verify_file,
)
from tests.renditions import draw_cover
from tests.sold_files import LOSSLESS, LOSSY, SoldFiles, make_sold_files, sold_files

__all__ = ["sold_files"]

ROUNDS = int(os.environ.get("FUZZ_ROUNDS", "2"))
SEED = 26


@pytest.mark.parametrize("code", LOSSLESS)
def test_a_lossless_file_speaks_for_itself(code: str, sold_files: SoldFiles) -> None:
    checked = verify_file(path=sold_files[code])
    assert (checked.verdict, checked.pcm_sha256) == (Verdict.OK, sold_files.pcm_sha256)
    assert "Compare that with the library's page" in checked.why[0]
    assert (checked.frames, checked.sample_rate_hz, checked.channels) == (22_050, 44_100, 2)
    assert (checked.duration_ms, checked.isrc) == (500, "ZZAAA2600003")
    assert checked.promised_frames == 22_050


@pytest.mark.parametrize("code", ["flac", "alac", "wavpack", "wav", "aiff"])
def test_a_file_of_24_bits_does_too(code: str, tmp_path: Path) -> None:
    sold = make_sold_files(tmp_path, bits=24, codes=(code,))
    checked = verify_file(path=sold[code], pcm_sha256=sold.pcm_sha256)
    assert (checked.verdict, checked.why) == (
        Verdict.OK,
        ("its samples are, one by one, those of the given hash",),
    )


@pytest.mark.parametrize("code", LOSSY)
def test_a_lossy_file_needs_a_hash_from_elsewhere(code: str, sold_files: SoldFiles) -> None:
    path = sold_files[code]
    checked = verify_file(path=path)
    assert checked.verdict is Verdict.CANNOT_TELL
    assert checked.pcm_sha256 is None
    assert checked.isrc == "ZZAAA2600003"
    # Opus counts at 48 kHz whatever went in: half a second is 24,000 samples.
    assert checked.frames == (24_000 if code.startswith("opus") else 22_050)
    assert verify_file(path=path, sha256=sold_files.sha256(code)).verdict is Verdict.OK
    assert verify_file(path=path, sha256="0" * 64).verdict is Verdict.NOT_SOLD
    pcm = verify_file(path=path, pcm_sha256=sold_files.pcm_sha256)
    assert (pcm.verdict, "it is lossy" in pcm.why[0]) == (Verdict.CANNOT_TELL, True)


@pytest.mark.parametrize("code", ["flac", "mp3-192", "vorbis-q6", "opus-96", "aac-256", "wav"])
def test_a_file_that_was_cut_short_is_not_what_was_sold(
    code: str, sold_files: SoldFiles, tmp_path: Path
) -> None:
    whole = sold_files[code].read_bytes()
    path = tmp_path / sold_files[code].name
    path.write_bytes(whole[: len(whole) * 2 // 3])
    checked = verify_file(path=path)
    assert checked.verdict is Verdict.NOT_SOLD, checked
    assert checked.why


def test_one_other_sample_is_found(sold_files: SoldFiles, tmp_path: Path) -> None:
    path = Path(shutil.copy(sold_files["wav"], tmp_path))
    with path.open("r+b") as file:
        file.seek(20_000)
        byte = file.read(1)[0]
        file.seek(20_000)
        file.write(bytes((byte ^ 1,)))
    checked = verify_file(path=path)
    assert checked.verdict is Verdict.NOT_SOLD
    assert checked.why == ("its samples are not those of the hash that it carries",)


def test_a_forger_who_rewrites_the_tag_is_found_by_the_librarys_hash(
    sold_files: SoldFiles, tmp_path: Path
) -> None:
    other = make_sold_files(tmp_path, bits=24, codes=("flac",))
    assert verify_file(path=other["flac"]).verdict is Verdict.OK
    checked = verify_file(path=other["flac"], pcm_sha256=sold_files.pcm_sha256)
    assert checked.verdict is Verdict.NOT_SOLD


def test_a_file_that_was_tagged_anew_is_told_from_another(
    sold_files: SoldFiles, tmp_path: Path
) -> None:
    path = Path(shutil.copy(sold_files["flac"], tmp_path))
    file = FLAC(path)
    file["COMMENT"] = ["mine"]
    file.save()
    sha256 = sold_files.sha256("flac")
    checked = verify_file(path=path, sha256=sha256)
    assert checked.verdict is Verdict.CANNOT_TELL
    assert checked.why[0] == "its bytes are not those of the given SHA-256"
    assert "its music is whole" in checked.why[1]
    assert "the store can correct them" in checked.why[1]
    checked = verify_file(path=path, sha256=sha256, pcm_sha256=sold_files.pcm_sha256)
    assert checked.verdict is Verdict.OK
    assert checked.why[1] == "its tags or its head are not as they were sold"


def test_a_lossy_file_of_a_day_before_a_correction_is_told_to_be_fetched_again(
    sold_files: SoldFiles, tmp_path: Path
) -> None:
    path = Path(shutil.copy(sold_files["mp3-192"], tmp_path))
    checked = verify_file(path=path, sha256="0" * 64)
    assert checked.verdict is Verdict.NOT_SOLD
    assert "it plays whole" in checked.why[1]
    assert "fetch it again" in checked.why[1]


def test_damage_is_no_correction(sold_files: SoldFiles, tmp_path: Path) -> None:
    path = Path(shutil.copy(sold_files["flac"], tmp_path))
    path.write_bytes(path.read_bytes()[:-5_000])
    checked = verify_file(path=path, sha256=sold_files.sha256("flac"))
    assert checked.verdict is Verdict.NOT_SOLD
    assert not any("correct" in why for why in checked.why)


def test_a_lossless_file_without_a_hash_cannot_tell(sold_files: SoldFiles, tmp_path: Path) -> None:
    path = Path(shutil.copy(sold_files["flac"], tmp_path))
    file = FLAC(path)
    del file["PCM_SHA256"]
    file.save()
    assert verify_file(path=path).verdict is Verdict.CANNOT_TELL
    assert verify_file(path=path, pcm_sha256=sold_files.pcm_sha256).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("empty.flac", b"", "no audio file"),
        ("text.mp3", b"la la la " * 100, "no audio file"),
        ("head.flac", b"fLaC" + bytes(40), "head"),
        ("page.ogg", b"OggS" + bytes(200), "its end is missing"),
        ("box.m4a", b"\0\0\0\x18ftypM4A " + bytes(100), ""),
        ("block.wv", b"wvpk" + b"\xff" * 200, "head"),
    ],
)
def test_what_is_no_recording_is_told_and_nothing_breaks(
    name: str, content: bytes, why: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    checked = verify_file(path=path)
    assert checked.verdict is not Verdict.OK
    assert why in checked.why[0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cover.jpg", draw_cover().data),
        ("booklet.pdf", b"%PDF-1.4 words"),
        ("Ann.m3u8", b"#EXTM3U\n"),
        ("head.flac", b"fLaC" + bytes(40)),
    ],
)
def test_what_nobody_can_hear_is_known_by_its_bytes(
    name: str, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    assert verify_file(path=path).verdict is not Verdict.OK
    checked = verify_file(path=path, sha256=sha256)
    assert (checked.verdict, checked.sha256) == (Verdict.OK, sha256)
    assert checked.why == ("it is, byte for byte, the file of that SHA-256",)
    other = verify_file(path=path, sha256="0" * 64)
    assert (other.verdict, other.why[0]) == (
        Verdict.NOT_SOLD,
        "its bytes are not those of the given SHA-256",
    )
    both = verify_file(path=path, sha256=sha256, pcm_sha256="0" * 64)
    assert both.verdict is Verdict.NOT_SOLD


def test_a_hash_from_outside_counts_before_a_fault_of_the_file(
    sold_files: SoldFiles, tmp_path: Path
) -> None:
    path = Path(shutil.copy(sold_files["flac"], tmp_path))
    with path.open("r+b") as file:
        file.seek(8 + 18)  # The MD5 in its STREAMINFO.
        file.write(bytes((1,)) * 16)
    fault = "its samples do not match the MD5 in its own head"
    assert verify_file(path=path).why == (fault,)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    checked = verify_file(path=path, sha256=sha256)
    assert (checked.verdict, checked.why[-1]) == (Verdict.OK, fault)
    checked = verify_file(path=path, sha256="0" * 64)
    assert (checked.verdict, checked.why[-1]) == (Verdict.NOT_SOLD, fault)
    checked = verify_file(path=path, pcm_sha256=sold_files.pcm_sha256)
    assert (checked.verdict, checked.why[-1]) == (Verdict.OK, fault)
    checked = verify_file(path=path, pcm_sha256="0" * 64, sha256=sha256)
    assert checked.verdict is Verdict.NOT_SOLD


def test_a_lossy_file_in_a_lossless_ones_place_is_not_taken_for_it(
    sold_files: SoldFiles,
) -> None:
    path, sha256 = sold_files["mp3-192"], sold_files.sha256("mp3-192")
    checked = verify_file(path=path, sha256=sha256, pcm_sha256=sold_files.pcm_sha256)
    assert checked.verdict is Verdict.CANNOT_TELL
    checked = verify_file(path=path, sha256="0" * 64, pcm_sha256=sold_files.pcm_sha256)
    assert checked.verdict is Verdict.NOT_SOLD


def test_a_folder_and_a_pipe_are_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.flac"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe, tmp_path / "nowhere.flac"):
        assert verify_file(path=path).why == ("there is no such file",)


def test_mutations_of_every_kind_of_file_get_an_answer(
    sold_files: SoldFiles, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    for code in sold_files:
        for number in range(ROUNDS):
            data = bytearray(sold_files[code].read_bytes())
            for _ in range(chance.randint(1, 30)):
                # Most of them in the head, where the counts and lengths are.
                at = chance.randrange(200 if chance.random() < 0.7 else len(data))
                data[at] = chance.randrange(256)
            path = tmp_path / f"{number}{sold_files[code].suffix}"
            path.write_bytes(data)
            checked = verify_file(path=path, sha256=sold_files.sha256(code))
            same = bytes(data) == sold_files[code].read_bytes()
            assert (checked.verdict is Verdict.OK) == same, (code, number)


def test_sums_are_read_as_sha256sum_writes_them(tmp_path: Path) -> None:
    (tmp_path / SUMS_NAME).write_bytes(
        b"A" * 64
        + b"  01 One.flac\r\n"
        + b"b" * 64
        + b" *02 Two.flac\nnonsense\n"
        + b"c" * 64
        + b"  ../up.flac\n"
    )
    sums = read_sums(folder=tmp_path)
    assert sums["01 One.flac"] == "a" * 64
    assert sums["02 Two.flac"] == "b" * 64
    assert set(sums) == {"01 One.flac", "02 Two.flac", "../up.flac"}
    assert read_sums(folder=tmp_path / "none") == {}


def test_a_hash_is_64_digits() -> None:
    assert checked_hash(text=f" {'AB' * 32}\n") == "ab" * 32
    for text in ("", "ab" * 31, "g" * 64):
        with pytest.raises(BadHashError):
            checked_hash(text=text)


@pytest.mark.parametrize("code", LOSSLESS)
@pytest.mark.parametrize("channels", [1, 6])
def test_mono_and_surround_are_heard_too(code: str, channels: int, tmp_path: Path) -> None:
    sold = make_sold_files(tmp_path, channels=channels, codes=(code,), cover=draw_cover())
    checked = verify_file(path=sold[code], pcm_sha256=sold.pcm_sha256)
    assert (checked.verdict, checked.channels) == (Verdict.OK, channels)


@pytest.mark.parametrize("code", LOSSY)
def test_a_cover_is_no_part_of_what_is_heard(code: str, tmp_path: Path) -> None:
    sold = make_sold_files(tmp_path, codes=(code,), cover=draw_cover())
    checked = verify_file(path=sold[code], sha256=sold.sha256(code))
    assert (checked.verdict, checked.duration_ms) == (Verdict.OK, 500)
