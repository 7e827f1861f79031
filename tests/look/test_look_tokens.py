"""The colours: enough contrast in both themes, and one night written twice alike."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pennywhistle.look
from pennywhistle.look.ink import DAY_INKS, NIGHT_INKS

STATIC = Path(pennywhistle.look.__file__).parent / "static" / "look"
TOKENS = (STATIC / "tokens.css").read_text(encoding="utf-8")
SHEET = (STATIC / "shop.css").read_text(encoding="utf-8")
COLOUR = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{6}|rgb\([^)]*\));")

# What is read, on what it is read, and the least contrast: WCAG 2.2, success criteria 1.4.3 (text)
# and 1.4.11 (edges of controls). https://www.w3.org/TR/WCAG22/#contrast-minimum
TEXT, EDGE = 4.5, 3.0
PAIRS = [
    *[(ink, paper, TEXT) for ink in ("ink", "ink-soft") for paper in ("paper", "card")],
    ("ink", "paper-deep", TEXT),
    ("ink-soft", "paper-deep", TEXT),
    ("ink", "copper-soft", TEXT),
    ("copper", "paper", TEXT),
    ("copper", "card", TEXT),
    ("copper", "paper-deep", TEXT),
    ("on-copper", "copper", TEXT),
    ("on-copper", "copper-deep", TEXT),
    ("paper", "ink", TEXT),
    ("good", "paper", TEXT),
    ("good", "card", TEXT),
    ("wrong", "paper", TEXT),
    ("wrong", "card", TEXT),
    ("line", "paper", EDGE),
    ("line", "card", EDGE),
    ("line", "paper-deep", EDGE),
]


def block(selector: str) -> dict[str, str]:
    """The colours of the rule that begins with this selector."""
    body = TOKENS.split(selector, 1)[1].split("{", 1)[1].split("}", 1)[0]
    return dict(COLOUR.findall(body))


DAY = block('[data-theme="light"]')
NIGHT = block('[data-theme="dark"]')


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
@pytest.mark.parametrize("theme", [DAY, NIGHT], ids=["day", "night"])
def test_what_is_read_stands_out_from_what_it_is_read_on(
    theme: dict[str, str], front: str, back: str, least: float
) -> None:
    assert contrast(theme[front], theme[back]) >= least


def test_black_on_white_has_the_contrast_that_the_standard_gives() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_the_night_that_the_system_asks_for_is_the_night_that_a_page_asks_for() -> None:
    assert block(":root:not([data-theme])") == NIGHT


def test_both_themes_name_the_same_colours() -> None:
    assert set(DAY) == set(NIGHT)


def test_the_stylesheet_uses_tokens_and_no_colours_of_its_own() -> None:
    without_print = SHEET.split("@media print")[0]
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*;)", without_print)


def test_every_token_that_is_used_is_defined() -> None:
    defined = set(re.findall(r"(--[a-z0-9-]+):", TOKENS + SHEET))
    assert set(re.findall(r"var\((--[a-z0-9-]+)", TOKENS + SHEET)) <= defined


def test_nothing_is_fetched_from_elsewhere() -> None:
    for path in STATIC.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text, path.name
        assert "https:" not in text, path.name


def test_pictures_are_painted_in_the_colours_of_each_theme() -> None:
    names = ("card", "copper-soft", "copper", "ink")
    for theme, inks in (("light", DAY_INKS), ("dark", NIGHT_INKS)):
        block = TOKENS.split(f'[data-theme="{theme}"] {{', 1)[1].split("}", 1)[0]
        colours = dict(COLOUR.findall(block))
        assert tuple(colours[name] for name in names) == inks
