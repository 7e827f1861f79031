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


def _label(number: int) -> bytes:
    """A channel's description in an AIFF's `CHAN`, by its label alone."""
    return struct.pack(">I16x", number)


def _wav_of_speakers(channels: int, mask: int) -> bytes:
    """A WAV of one frame of silence, for the speakers of a mask."""
    block = 2 * channels
    fmt = struct.pack("<HHIIHH", 0xFFFE, channels, 44_100, 44_100 * block, block, 16)
    fmt += struct.pack("<HHI", 22, 16, mask) + bytes.fromhex("0100000000001000800000aa00389b71")
    body = b"fmt " + struct.pack("<I", len(fmt)) + fmt
    body += b"data" + struct.pack("<I", block) + bytes(block)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


@pytest.mark.parametrize(
    ("channels", "mask"), [(1, 0), (1, 4), (2, 0), (2, 3), (6, 0), (6, 0x3F), (6, 0x60F)]
)
def test_mono_stereo_and_surround_are_known_by_their_speakers(
    tmp_path: Path, channels: int, mask: int
) -> None:
    path = tmp_path / "named.wav"
    path.write_bytes(_wav_of_speakers(channels, mask))
    assert read_claim(path, Container.WAV).channels == channels


@pytest.mark.parametrize(
    ("channels", "mask"), [(1, 1), (1, 8), (2, 0x600), (2, 0x30), (6, 0x137), (6, 0x707)]
)
def test_channels_for_other_speakers_are_refused(tmp_path: Path, channels: int, mask: int) -> None:
    """An encoder would take them for others, and mix them."""
    path = tmp_path / "other.wav"
    path.write_bytes(_wav_of_speakers(channels, mask))
    with pytest.raises(AudioRefusedError, match=f"mask {mask:#x}") as caught:
        read_claim(path, Container.WAV)
    assert caught.value.remedy == "export it as plain mono, stereo or 5.1"


def test_a_flac_that_names_other_speakers_in_its_comments_is_refused(
    audio_samples: dict[str, Path], tmp_path: Path
) -> None:
    """As the reference encoder writes where a WAV names others than the usual."""
    flac = audio_samples["flac-mono"].read_bytes()
    for mask, is_taken in (("0x0004", True), ("0x0001", False)):
        comment = f"WAVEFORMATEXTENSIBLE_CHANNEL_MASK={mask}".encode()
        body = struct.pack("<III", 0, 1, len(comment)) + comment
        block = bytes((4,)) + len(body).to_bytes(3, "big") + body
        path = tmp_path / f"{mask}.flac"
        path.write_bytes(flac[:42] + block + flac[42:])
        if is_taken:
            assert read_claim(path, Container.FLAC).channels == 1
        else:
            with pytest.raises(AudioRefusedError, match="mask 0x1"):
                read_claim(path, Container.FLAC)


AIFF_5_1, AIFF_OTHER_5_1 = 121 << 16 | 6, 124 << 16 | 6


@pytest.mark.parametrize(
    ("channels", "chan", "is_taken"),
    [
        (2, b"", True),
        (6, b"", False),
        (6, struct.pack(">III", AIFF_5_1, 0, 0), True),
        (6, struct.pack(">III", AIFF_OTHER_5_1, 0, 0), False),
        (6, struct.pack(">III", 1 << 16, 0x3F, 0), True),
        (6, struct.pack(">III", 1 << 16, 0x137, 0), False),
        (6, struct.pack(">III", 0, 0, 6) + b"".join(_label(n) for n in range(1, 7)), True),
        (6, struct.pack(">III", 0, 0, 6) + b"".join(_label(n) for n in range(6, 0, -1)), False),
        (2, struct.pack(">III", 0, 0, 2) + _label(1) + _label(2), True),
        (2, struct.pack(">III", 0, 0, 2**32 - 1) + _label(1) + _label(2), False),
        (2, b"short", False),
    ],
)
def test_an_aiff_of_six_channels_has_to_say_which_they_are(
    tmp_path: Path, channels: int, chan: bytes, *, is_taken: bool
) -> None:
    comm = struct.pack(">HIH", channels, 1, 16) + bytes.fromhex("400eac44000000000000")
    body = b"COMM" + struct.pack(">I", 18) + comm
    if chan:
        body += b"CHAN" + struct.pack(">I", len(chan)) + chan + bytes(len(chan) % 2)
    body += b"SSND" + struct.pack(">III", 8 + 2 * channels, 0, 0) + bytes(2 * channels)
    path = tmp_path / "six.aiff"
    path.write_bytes(b"FORM" + struct.pack(">I", 4 + len(body)) + b"AIFF" + body)
    if is_taken:
        assert read_claim(path, Container.AIFF).channels == channels
    else:
        with pytest.raises(AudioRefusedError, match="speakers"):
            read_claim(path, Container.AIFF)


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
