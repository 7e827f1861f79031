"""Broken messages are read or refused, and nothing else happens."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pennywhistle.adapters.ddex.read import read_message
from pennywhistle.adapters.ddex.xml import MessageRefusedError
from pennywhistle.kit.release_messages import message_facts
from tests.ern_messages import own
from tests.soak import is_soak

pytestmark = pytest.mark.soak

NAMES = ("album-382", "album-43", "single-411", "purge-382")
TEXTS = {name: own(name) for name in NAMES}
LEAVES = {
    name: [found.span(1) for found in re.finditer(r">([^<>\n]+)<", TEXTS[name])] for name in NAMES
}
ELEMENTS = {
    name: sorted({found[1] for found in re.finditer(r"<([A-Za-z]+)[ >]", TEXTS[name])})
    for name in NAMES
}
EXAMPLES = 3_000 if is_soak() else 80

# What stands in other leaves, and what no leaf should hold.
ODD = st.sampled_from(
    [
        "",
        " ",
        "0",
        "-1",
        "R0",
        "A1",
        "Worldwide",
        "2136",
        "DE",
        "2026",
        "9999-12-31",
        "0001-01-01",
        "PT",
        "PT999999999S",
        "true",
        "PermanentDownload",
        "1" * 400,
        "\u202e",
        "𝄞",
        "2026-06-31",
        "2026-01-01T24:00:00",
        "9999-12-31T24:00:00",
        "0001-01-01T00:00:00+14:00",
        "P1D",
        "&#10;",
    ]
)


def is_read_or_refused(data: bytes) -> None:
    """Anything but a message or a refusal is a defect."""
    try:
        message = read_message(data)
    except MessageRefusedError as error:
        assert re.match(r"line [0-9]+: ", str(error))
    else:
        message_facts(message)


@given(name=st.sampled_from(NAMES), data=st.data())
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
def test_leaves_may_hold_anything(name: str, data: st.DataObject) -> None:
    text = TEXTS[name]
    spans = data.draw(st.lists(st.sampled_from(LEAVES[name]), min_size=1, max_size=4, unique=True))
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + data.draw(ODD | st.text(max_size=8)) + text[end:]
    is_read_or_refused(text.encode("utf-8", errors="replace"))


@given(name=st.sampled_from(NAMES), data=st.data())
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
def test_elements_may_lack_be_doubled_or_be_others(name: str, data: st.DataObject) -> None:
    text = TEXTS[name]
    element = data.draw(st.sampled_from(ELEMENTS[name]))
    whole = rf"<{element}[ >].*?</{element}>"
    found = [match.span() for match in re.finditer(whole, text, flags=re.DOTALL)]
    if not found:
        return
    start, end = data.draw(st.sampled_from(found))
    instead = data.draw(
        st.sampled_from(["", text[start:end] * 2, f"<{element}/>", f"<x:{element} xmlns:x='y'/>"])
        | st.sampled_from(ELEMENTS[name]).map(lambda other: f"<{other}>{element}</{other}>")
    )
    is_read_or_refused((text[:start] + instead + text[end:]).encode())


@given(name=st.sampled_from(NAMES), data=st.data())
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
def test_bytes_may_be_cut_and_changed(name: str, data: st.DataObject) -> None:
    text = bytearray(TEXTS[name].encode())
    for place in data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=3)):
        text[place] = data.draw(st.integers(0, 255))
    is_read_or_refused(bytes(text[: data.draw(st.integers(0, len(text)))]))
