"""Headers are read within bounds, whatever they say."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pennywhistle.adapters.audio.claims import Claim, read_claim
from pennywhistle.adapters.audio.refusal import AudioRefusedError, RefusalKind
from pennywhistle.adapters.audio.sniff import Container, sniff

HEADER_SPANS = {
    "flac-16-44": (Container.FLAC, range(4, 60)),
    "wav-16": (Container.WAV, range(12, 90)),
    "aiff-16": (Container.AIFF, range(12, 80)),
    "alac-16": (Container.M4A, range(-1200, 0)),
}


@pytest.mark.parametrize("name", HEADER_SPANS)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_garbled_header_raises_only_our_own_error(
    audio_samples: dict[str, Path], tmp_path: Path, name: str, data: st.DataObject
) -> None:
    container, span = HEADER_SPANS[name]
    content = bytearray(audio_samples[name].read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.sampled_from(span))
        content[position] = data.draw(st.sampled_from([0, 1, 127, 128, 254, 255]))
    path = tmp_path / audio_samples[name].name
    path.write_bytes(content)
    try:
        assert isinstance(read_claim(path, container), Claim)
    except AudioRefusedError as error:
        assert error.remedy


def _wav(*, tag: int, bits: int, data: bytes, said_bytes: int | None = None) -> bytes:
    block = bits // 8 * 2
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, tag, 2, 44_100, 44_100 * block, block, bits)
    said = len(data) if said_bytes is None else said_bytes
    body = fmt + struct.pack("<4sI", b"data", said) + data
    return struct.pack("<4sI4s", b"RIFF", 4 + len(body), b"WAVE") + body


@pytest.mark.parametrize(
    ("tag", "kind", "words"),
    [
        (0x0003, RefusalKind.UNSUPPORTED, "floating-point"),
        (0x0055, RefusalKind.LOSSY, "MP3"),
        (0x0011, RefusalKind.LOSSY, "ADPCM"),
        (0x7777, RefusalKind.LOSSY, "0x7777"),
    ],
)
def test_a_wav_that_hides_another_codec_is_refused(
    tmp_path: Path, tag: int, kind: RefusalKind, words: str
) -> None:
    path = tmp_path / "hidden.wav"
    path.write_bytes(_wav(tag=tag, bits=32, data=bytes(800)))
    with pytest.raises(AudioRefusedError, match=words) as caught:
        read_claim(path, Container.WAV)
    assert caught.value.kind is kind


def test_a_wav_whose_length_was_never_filled_in_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stream.wav"
    path.write_bytes(_wav(tag=1, bits=16, data=bytes(400), said_bytes=0xFFFF_FFFF))
    with pytest.raises(AudioRefusedError, match="4,294,967"):
        read_claim(path, Container.WAV)


def test_an_rf64_file_has_its_length_in_its_ds64_chunk(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    plain = _wav(tag=1, bits=24, data=bytes(600), said_bytes=0xFFFF_FFFF)
    ds64 = struct.pack("<4sIQQQI", b"ds64", 28, 0, 600, 100, 0)
    path.write_bytes(b"RF64" + b"\xff" * 4 + b"WAVE" + ds64 + plain[12:])
    assert sniff(path) is Container.WAV
    assert read_claim(path, Container.WAV) == Claim("pcm_s24le", 100, 44_100, 24, 2)


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"fLaC\x00\x00\x00\x22", Container.FLAC),
        (b"RIFF\x00\x00\x00\x00WAVE", Container.WAV),
        (b"RIFF\x00\x00\x00\x00AVI ", Container.UNKNOWN),
        (b"FORM\x00\x00\x00\x00AIFC", Container.AIFF),
        (b"\x00\x00\x00\x1cftypM4A ", Container.M4A),
        (b"OggS\x00", Container.OGG),
        (b"wvpk\x00", Container.WAVPACK),
        (b"\xff\xfb\x90\x00", Container.MP3),
        (b"ID3\x04\x00\x00\x00\x00\x00\x02ab\xff\xfb\x90\x00", Container.MP3),
        (b"\xff\xff\xff\xff", Container.UNKNOWN),
        (b"ID3", Container.UNKNOWN),
        (b"", Container.UNKNOWN),
        (b"Mastered on a rainy Tuesday", Container.UNKNOWN),
    ],
)
def test_a_file_is_what_its_first_bytes_say(
    tmp_path: Path, head: bytes, container: Container
) -> None:
    path = tmp_path / "file"
    path.write_bytes(head)
    assert sniff(path) is container
