"""What others wrote is cleaned in one way, wherever it comes in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.lines import clean_line, clean_lines, hides_something

TEXTS = st.text(st.characters() | st.sampled_from("e\u0301\u200c\u202e\u2028\x07\x85\r\n\t "))


@pytest.mark.parametrize(
    "spelled",
    ["می\u200cخواهم", "क\u094d\u200dष", "👩\u200d🎤", "co\u00adop", "Süße Töne"],
)
def test_letters_that_join_or_part_others_stay(spelled: str) -> None:
    assert clean_line(spelled) == clean_lines(spelled) == spelled
    assert not hides_something(spelled)


@pytest.mark.parametrize("hidden", ["\x07", "\u202e", "\u2066", "\ue000", "\ud800", "\x9b"])
def test_what_cannot_be_seen_and_turns_the_rest_goes(hidden: str) -> None:
    assert clean_line(f" Ro{hidden}\u0301isin \t\n Vale ") == "Róisin Vale"
    assert hides_something(hidden)


def test_lines_end_alike_and_empty_ones_stay_between_others() -> None:
    assert clean_lines("\n One  line\r\n\r\rtwo \n\n") == "One line\n\n\ntwo"


@given(TEXTS)
def test_cleaned_again_it_stays_as_it_is(text: str) -> None:
    assert clean_line(clean_line(text)) == clean_line(text)
    assert clean_lines(clean_lines(text)) == clean_lines(text)
    assert not hides_something(clean_lines(text))
