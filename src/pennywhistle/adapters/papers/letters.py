"""What Roboto draws, Latin, Greek and Cyrillic; and how all else is spelled in Latin letters.

A font for Chinese, Japanese and Korean alone would be larger than the store, and Arabic needs its letters
joined. So what the font lacks is spelled by anyascii, in brackets that show where: `[RiBenYu]` is legible,
where a letter left out is not. https://github.com/anyascii/anyascii
"""

from __future__ import annotations

import unicodedata
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from anyascii import anyascii
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

T = TypeVar("T")

# Of what nobody has a spelling for.
_UNSPELLED = "?"


def font_path(name: str) -> Path:
    """Where the font `Regular` or `Medium` lies; both draw the same letters."""
    return Path(str(files("font_roboto").joinpath("files", f"Roboto-{name}.ttf")))


@lru_cache(maxsize=1)
def _drawn() -> frozenset[str]:
    with TTFont(str(font_path("Regular"))) as font:
        return frozenset(chr(code) for code in font.getBestCmap()) | {"\n"}


class Speller:
    """Spells texts so that every letter of them is drawn; `has_spelled` once one had to be."""

    def __init__(self) -> None:
        self.has_spelled = False

    def spell(self, text: str) -> str:
        """The text, with what the font lacks in Latin letters between brackets."""
        text = unicodedata.normalize("NFC", text)
        told = []
        for is_drawn, run in groupby(text, key=self._is_drawn):
            letters = "".join(run)
            if not is_drawn:
                self.has_spelled = True
                letters = f"[{anyascii(letters).strip() or _UNSPELLED}]"
            told.append(letters)
        return "".join(told)

    def spell_all(self, value: T) -> T:
        """A frozen dataclass or a tuple, however deep, with all its texts spelled."""
        done: Any = value
        if isinstance(value, str):
            done = self.spell(value)
        elif isinstance(value, tuple):
            done = tuple(self.spell_all(each) for each in value)
        elif is_dataclass(value) and not isinstance(value, type):
            held = {each.name: getattr(value, each.name) for each in fields(value)}
            done = replace(value, **{name: self.spell_all(each) for name, each in held.items()})
        result: T = done
        return result

    def _is_drawn(self, letter: str) -> bool:
        """What has no shape of its own, such as a mark of direction, lacks none either."""
        return letter in _drawn() or unicodedata.category(letter) in {"Cf", "Mn"}
