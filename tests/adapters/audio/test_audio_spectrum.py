"""Pictures of what sounds at which height: where a tone is, and where a file stops."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import pytest
from PIL import Image

from pennywhistle.adapters.audio.encode import encode
from pennywhistle.adapters.audio.spectrum import (
    HEIGHT_PIXELS,
    WIDTH_PIXELS,
    Palette,
    SpectrumError,
    draw,
    read_reach_hz,
)
from pennywhistle.shop.encoding.rules import list_recipes_for_sale, output_of
from tests.audio_samples import WAV_16, render, render_silence
from tests.renditions import order_for, render_master

INKS = Palette(("#ffffff", "#aaaaaa", "#555555", "#000000"))
TOP_HZ = 24_000


def rows_of(png: bytes) -> list[int]:
    """How dark each row of a picture is, from the top down: 0 for paper."""
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.size == (WIDTH_PIXELS, HEIGHT_PIXELS)
        grey = picture.convert("L").tobytes()
    rows = (grey[i : i + WIDTH_PIXELS] for i in range(0, len(grey), WIDTH_PIXELS))
    return [255 - sum(row) // WIDTH_PIXELS for row in rows]


@pytest.mark.parametrize("frequency_hz", [1_000, 6_000, 15_000])
def test_a_tone_is_drawn_at_its_height_and_tells_how_far_it_reaches(
    tmp_path: Path, frequency_hz: int
) -> None:
    path = render(tmp_path / "tone.wav", *WAV_16, frequency_hz=frequency_hz)
    drawing = draw(path, rate_hz=44_100, top_hz=TOP_HZ, palette=INKS)
    rows = rows_of(drawing.png)
    expected = HEIGHT_PIXELS * (1 - frequency_hz / TOP_HZ)
    assert abs(rows.index(max(rows)) - expected) <= 2
    assert drawing.reach_hz >= frequency_hz
    assert read_reach_hz(drawing.png) == drawing.reach_hz


def test_above_what_a_file_can_hold_there_is_nothing_but_paper(tmp_path: Path) -> None:
    path = render(tmp_path / "tone.wav", *WAV_16, frequency_hz=3_000, rate_hz=22_050)
    rows = rows_of(draw(path, rate_hz=22_050, top_hz=TOP_HZ, palette=INKS).png)
    assert not any(rows[: HEIGHT_PIXELS // 2])


def test_silence_is_paper_and_reaches_nowhere(tmp_path: Path) -> None:
    path = render_silence(tmp_path / "silence.wav")
    drawing = draw(path, rate_hz=44_100, top_hz=TOP_HZ, palette=INKS)
    assert drawing.reach_hz == 0
    assert set(rows_of(drawing.png)) == {0}


def test_the_same_file_is_drawn_the_same(tmp_path: Path) -> None:
    path = render(tmp_path / "tone.wav", *WAV_16, frequency_hz=5_000)
    first, second = (draw(path, rate_hz=44_100, top_hz=TOP_HZ, palette=INKS) for _ in range(2))
    assert first == second


def test_one_sample_is_drawn_too(tmp_path: Path) -> None:
    path = tmp_path / "click.wav"
    with wave.open(str(path), "wb") as click:
        click.setparams((1, 2, 44_100, 1, "NONE", ""))
        click.writeframes(b"\x00\x40")
    rows_of(draw(path, rate_hz=44_100, top_hz=TOP_HZ, palette=INKS).png)


def test_what_is_no_music_or_too_much_of_it_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.mp3"
    text.write_text("This is not music.")
    long = render(tmp_path / "long.wav", *WAV_16, frequency_hz=440, rate_hz=8_000, seconds=71)
    for path in (text, long):
        with pytest.raises(SpectrumError):
            draw(path, rate_hz=8_000, top_hz=TOP_HZ, palette=INKS)


@pytest.mark.parametrize("bits", [16, 24])
def test_every_codec_of_the_recipes_can_be_drawn(tmp_path: Path, bits: int) -> None:
    sample = render_master(tmp_path / "master.wav", frames=22_050, bits=bits)
    kinds = {(each.framing, each.codec_arguments[1]): each for each in list_recipes_for_sale()}
    assert len(kinds) >= 9
    for recipe in kinds.values():
        path = tmp_path / f"{recipe.code}.{recipe.extension}"
        with path.open("wb") as file:
            encode(order_for(sample, recipe, tmp_path), file.write)
        rate_hz = output_of(recipe=recipe, master=sample.facts).sample_rate_hz
        drawing = draw(path, rate_hz=rate_hz, top_hz=TOP_HZ, palette=INKS)
        assert drawing.reach_hz > 0, recipe.code


@pytest.mark.parametrize(
    ("name", "options"), [("tone.au", ("-c:a", "pcm_s16be")), ("tone.wav", ("-c:a", "adpcm_ms"))]
)
def test_what_no_recipe_makes_is_not_drawn_though_ffmpeg_can_read_it(
    tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    path = render(tmp_path / name, *options, frequency_hz=440)
    with pytest.raises(SpectrumError):
        draw(path, rate_hz=44_100, top_hz=TOP_HZ, palette=INKS)


def test_another_picture_has_no_reach_to_read() -> None:
    out = io.BytesIO()
    Image.new("P", (4, 4)).save(out, format="PNG")
    for data in (out.getvalue(), b"", b"text"):
        with pytest.raises(SpectrumError):
            read_reach_hz(data)
