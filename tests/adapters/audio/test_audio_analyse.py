"""Ingest's first question: is this a whole, lossless recording, and what does it measure?"""

from __future__ import annotations

import hashlib
import math
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from pennywhistle.adapters.audio.analyse import PCM_BYTES_MAX, analyse
from pennywhistle.adapters.audio.binary import encoder_version, ffmpeg_path
from pennywhistle.adapters.audio.refusal import AudioRefusedError, RefusalKind
from pennywhistle.adapters.audio.sniff import Container, sniff
from tests.audio_samples import SECONDS, WAV_16, render

GOOD = {
    "flac-16-44": (Container.FLAC, "flac", 44_100, 16, 2),
    "flac-24-96": (Container.FLAC, "flac", 96_000, 24, 2),
    "flac-mono": (Container.FLAC, "flac", 44_100, 16, 1),
    "wav-16": (Container.WAV, "pcm_s16le", 44_100, 16, 2),
    "wav-24": (Container.WAV, "pcm_s24le", 48_000, 24, 2),
    "aiff-16": (Container.AIFF, "pcm_s16be", 44_100, 16, 2),
    "aiff-24": (Container.AIFF, "pcm_s24be", 44_100, 24, 2),
    "alac-16": (Container.M4A, "alac", 44_100, 16, 2),
    "alac-24": (Container.M4A, "alac", 96_000, 24, 2),
    "odd-name": (Container.FLAC, "flac", 44_100, 16, 2),
    "flac-surround": (Container.FLAC, "flac", 44_100, 16, 6),
    "wav-surround": (Container.WAV, "pcm_s24le", 48_000, 24, 6),
    "aiff-surround": (Container.AIFF, "pcm_s16be", 44_100, 16, 6),
    "alac-surround": (Container.M4A, "alac", 44_100, 16, 6),
}

BAD = {
    "mp3": (RefusalKind.LOSSY, "MP3"),
    "aac": (RefusalKind.LOSSY, "AAC"),
    "opus": (RefusalKind.UNSUPPORTED, "lossy"),
    "mp3-named-flac": (RefusalKind.UNLIKE_ITS_NAME, "ends in .flac, and it is an MP3"),
    "flac-named-wav": (RefusalKind.UNLIKE_ITS_NAME, "name it .flac"),
    "text-named-wav": (RefusalKind.UNLIKE_ITS_NAME, "no audio file"),
    "wav-float": (RefusalKind.UNSUPPORTED, "floating-point"),
    "flac-quad": (RefusalKind.UNSUPPORTED, "4 channels"),
    "empty": (RefusalKind.TRUNCATED, "empty"),
    "truncated-wav-16": (RefusalKind.TRUNCATED, "bytes"),
    "truncated-aiff-16": (RefusalKind.TRUNCATED, "bytes"),
    "truncated-alac-16": (RefusalKind.TRUNCATED, "bytes"),
    "wrong-md5": (RefusalKind.DAMAGED, "MD5"),
    "corrupt-frame": (RefusalKind.DAMAGED, "decoded"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_lossless_recording_is_measured(audio_samples: dict[str, Path], name: str) -> None:
    analysis = analyse(path=audio_samples[name])
    found = (
        analysis.container,
        analysis.codec,
        analysis.sample_rate_hz,
        analysis.bits_per_sample,
        analysis.channels,
    )
    assert found == GOOD[name]
    assert analysis.frames == SECONDS * analysis.sample_rate_hz
    assert analysis.duration_ms == SECONDS * 1000
    assert analysis.sha256 == hashlib.sha256(audio_samples[name].read_bytes()).hexdigest()
    assert analysis.size_bytes == audio_samples[name].stat().st_size


def test_the_pcm_hash_is_of_the_samples_as_recorded(audio_samples: dict[str, Path]) -> None:
    wav = audio_samples["wav-24"].read_bytes()
    start = wav.index(b"data") + 8
    analysis = analyse(path=audio_samples["wav-24"])
    assert analysis.pcm_sha256 == hashlib.sha256(wav[start:]).hexdigest()
    assert analysis.flac_md5 == hashlib.md5(wav[start:]).hexdigest()


def test_the_flac_md5_is_what_the_encoder_wrote(audio_samples: dict[str, Path]) -> None:
    for name in ("flac-16-44", "flac-24-96", "flac-mono"):
        assert (
            analyse(path=audio_samples[name]).flac_md5
            == audio_samples[name].read_bytes()[26:42].hex()
        )


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_the_same_samples_in_any_container_have_one_pcm_hash(tmp_path: Path, channels: int) -> None:
    wav = render(tmp_path / "same.wav", *WAV_16, frequency_hz=700, channels=channels)
    hashes = {analyse(path=wav).pcm_sha256}
    for name, codec in (("same.flac", "flac"), ("same.aiff", "pcm_s16be"), ("same.m4a", "alac")):
        subprocess.run(
            [ffmpeg_path(), "-v", "error", "-i", wav, "-c:a", codec, tmp_path / name],
            check=True,
            stdin=subprocess.DEVNULL,
        )
        hashes.add(analyse(path=tmp_path / name).pcm_sha256)
    assert len(hashes) == 1


@pytest.mark.parametrize(("channel", "louder_db"), [(0, 0.0), (2, 0.0), (3, None), (4, 1.5)])
def test_surround_is_as_loud_as_its_channels_weigh(
    tmp_path: Path, channel: int, louder_db: float | None
) -> None:
    """Recommendation ITU-R BS.1770-5, table 4: 1.41 for surround channels, nothing for the bass."""
    tone = [0] * 6
    pcm = bytearray()
    for n in range(96_000):
        tone[channel] = round(32767 * 10**-1 * math.sin(2 * math.pi * 997 * n / 48_000))
        pcm += struct.pack("<6h", *tone)
    path = tmp_path / "surround.wav"
    _write_wav(path, bytes(pcm), channels=6)
    loudness = analyse(path=path).loudness_lufs
    if louder_db is None:
        assert loudness is None
    else:
        assert loudness == pytest.approx(-23.0 + louder_db, abs=0.1)


def test_loudness_and_true_peak_are_those_of_the_tone(tmp_path: Path) -> None:
    """A 997 Hz sine in one channel of full scale reads −3.01 LKFS (ITU-R BS.1770-5, annex 1)."""
    path = tmp_path / "reference.wav"
    samples = (
        round(32767 * 10**-1 * math.sin(2 * math.pi * 997 * n / 48_000)) for n in range(240_000)
    )
    _write_wav(path, b"".join(struct.pack("<hh", sample, 0) for sample in samples))
    analysis = analyse(path=path)
    assert analysis.loudness_lufs == pytest.approx(-23.0, abs=0.1)
    assert analysis.true_peak_dbtp == pytest.approx(-20.0, abs=0.1)


def _write_wav(path: Path, pcm: bytes, *, rate_hz: int = 48_000, channels: int = 2) -> None:
    block = 2 * channels
    header = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, channels, rate_hz, rate_hz * block, block, 16
    )
    body = header + struct.pack("<4sI", b"data", len(pcm)) + pcm
    path.write_bytes(struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WAVE") + body)


def test_silence_has_no_loudness_and_no_peak(audio_samples: dict[str, Path]) -> None:
    analysis = analyse(path=audio_samples["silence"])
    assert analysis.loudness_lufs is None
    assert analysis.true_peak_dbtp is None
    assert set(analysis.peaks) == {0}


def test_the_outline_spans_the_tone(audio_samples: dict[str, Path]) -> None:
    peaks = analyse(path=audio_samples["flac-24-96"]).peaks
    pairs = list(struct.iter_unpack("bb", peaks))
    assert len(pairs) == 1000
    # Full scale is 128; the channels carry 0.4 and 0.36 of it.
    assert {low for low, _ in pairs} <= {-49, -48, -47}
    assert {high for _, high in pairs} <= {46, 47, 48}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_a_master_is_refused_by_name(
    audio_samples: dict[str, Path], name: str
) -> None:
    kind, words = BAD[name]
    with pytest.raises(AudioRefusedError, match=words) as caught:
        analyse(path=audio_samples[name])
    assert caught.value.kind is kind
    assert caught.value.remedy


def test_a_truncated_flac_is_refused(audio_samples: dict[str, Path]) -> None:
    with pytest.raises(AudioRefusedError) as caught:
        analyse(path=audio_samples["truncated-flac-16-44"])
    assert caught.value.kind in (RefusalKind.TRUNCATED, RefusalKind.DAMAGED)


@pytest.mark.parametrize("name", ["flac-16-44", "wav-24", "aiff-16", "alac-16"])
def test_no_cut_of_a_recording_passes_for_the_whole(
    audio_samples: dict[str, Path], tmp_path: Path, name: str
) -> None:
    """Whatever is left when a copy is broken off, it raises our own error and nothing else."""
    whole = audio_samples[name].read_bytes()
    cut = tmp_path / audio_samples[name].name
    lengths = {1, 4, 11, 12, 20, 41, 42, 60, len(whole) // 3, len(whole) - 40, len(whole) - 2}
    for length in lengths:
        cut.write_bytes(whole[:length])
        with pytest.raises(AudioRefusedError):
            analyse(path=cut)


def test_a_name_is_never_read_as_an_option_or_a_protocol(
    audio_samples: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("-y.flac", "http:evil.flac", "concat:a|b.flac", "%03d.flac", "a'b\nc.flac"):
        shutil.copy(audio_samples["flac-16-44"], tmp_path / name)
        assert analyse(path=Path(name)).frames == SECONDS * 44_100


def test_an_id3_tag_before_a_flac_stream_is_stepped_over(
    audio_samples: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "tagged.flac"
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, 1, 0]) + bytes(128)
    path.write_bytes(tag + audio_samples["flac-16-44"].read_bytes())
    assert sniff(path) is Container.FLAC
    assert analyse(path=path).pcm_sha256 == analyse(path=audio_samples["flac-16-44"]).pcm_sha256


def test_the_encoder_says_its_version() -> None:
    assert encoder_version().startswith("ffmpeg ")
    assert len(encoder_version().split()) == 2


def test_a_file_that_lacks_samples_at_a_clean_cut_is_refused(
    audio_samples: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "cut.flac"
    held = bytearray(audio_samples["flac-16-44"].read_bytes())
    claimed = int.from_bytes(held[21:26], "big") + 44_100  # STREAMINFO's total samples, 36 bits.
    held[21:26] = claimed.to_bytes(5, "big")
    path.write_bytes(held)
    with pytest.raises(AudioRefusedError, match=r"1\.000 s of .* s are missing") as refusal:
        analyse(path=path)
    assert refusal.value.kind is RefusalKind.TRUNCATED


def test_a_recording_that_no_wav_could_hold_is_refused_before_it_is_decoded(
    audio_samples: dict[str, Path], tmp_path: Path
) -> None:
    path = tmp_path / "endless.flac"
    held = bytearray(audio_samples["flac-24-96"].read_bytes())
    total = PCM_BYTES_MAX // 6 + 1
    held[21:26] = ((held[21] >> 4) << 36 | total).to_bytes(5, "big")
    path.write_bytes(held)
    with pytest.raises(AudioRefusedError, match="GB of samples") as refusal:
        analyse(path=path)
    assert refusal.value.kind is RefusalKind.TOO_LONG
