"""Durations, as XML Schema writes them. https://www.w3.org/TR/xmlschema-2/#duration"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from lxml import etree

from pennywhistle.adapters.ddex.xml import refused, text_of

# No recording is longer than a month; and months and years are of no fixed length.
_DURATION = re.compile(
    r"P(?:0+Y)?(?:0+M)?(?:([0-9]{1,2})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,6})H)?(?:([0-9]{1,7})M)?(?:([0-9]{1,9}(?:\.[0-9]*)?)S)?)?"
)


def parse_duration_ms(text: str) -> int | None:
    """`PT3M5.25S` → 185250, half a millisecond rounded up; None for what is no duration."""
    found = _DURATION.fullmatch(text)
    if found is None or text.endswith(("P", "T")):
        return None
    days, hours, minutes, seconds = (Decimal(part or 0) for part in found.groups())
    total_ms = (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
    return int(total_ms.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def duration_ms_at(node: etree._Element) -> int | None:
    """A recording's duration in milliseconds. Raises `MessageRefusedError` for one that is none."""
    told = node.find("Duration")
    if told is None:
        return None
    if (duration_ms := parse_duration_ms(text_of(told))) is None:
        raise refused(told, f"{text_of(told)[:40]!r} is not a duration such as PT3M25S")
    return duration_ms
