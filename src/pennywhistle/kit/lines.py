"""What others wrote, in a tag or a form, as pages and files show it: one cleaning for all."""

from __future__ import annotations

import unicodedata

# Longer than any song's, and short enough for the head of a file.
LYRICS_CHARACTERS_MAX = 20_000

# Embeddings, overrides and isolates: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
_TURNING = frozenset(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))


def clean_line(text: str) -> str:
    """Composed, on one line, without control, private or unpaired surrogate characters, nor those
    that turn the direction of what is written around them. Cleaned again, it stays as it is.

    Joiners stay, since Persian, Hindi and many others are spelled with them.
    """
    kept = "".join(mark for mark in text if not _is_hidden(mark))
    return " ".join(unicodedata.normalize("NFC", kept).split())


def clean_lines(text: str) -> str:
    """Each line as `clean_line` has it; those that are empty stay only between others."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(map(clean_line, lines)).strip("\n")


def hides_something(text: str) -> bool:
    """True for what no tagger writes by itself; a closing NUL is the habit of some."""
    return any(map(_is_hidden, text.rstrip("\0")))


def _is_hidden(mark: str) -> bool:
    if mark.isspace():
        return False
    return mark in _TURNING or unicodedata.category(mark) in ("Cc", "Cs", "Co")
