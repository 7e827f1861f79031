"""When a broken file is paid back at once, and when a person decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.money import Money
from pennywhistle.shop.sales.bad_files import (
    AT_ONCE_WITHIN,
    BOUGHT_FOR_EACH_CREDIT,
    CREDITED_MOST_MINOR,
    CREDITS_MOST,
    WORDS_LENGTH_MOST,
    Held,
    ReportError,
    ReportHistory,
    Trouble,
    check_words,
    find_hindrance,
)
from tests.cast import NOW, euros

CLEAN = ReportHistory(recent_count=0, recent_credited=euros("0"), credit_count=0, bought_count=100)


def judge(history: ReportHistory = CLEAN, *, price: str = "0.26", days: int = 1) -> Held | None:
    bought_at = NOW - timedelta(days=days)
    return find_hindrance(history=history, price=euros(price), purchased_at=bought_at, now=NOW)


def test_a_first_report_is_paid_back_at_once_even_of_the_only_song() -> None:
    assert judge() is None
    assert judge(replace(CLEAN, bought_count=1)) is None


@pytest.mark.parametrize(
    ("change", "held"),
    [
        ({"is_trusted": False}, Held.TRUST_ENDED),
        ({"has_shortage": True}, Held.SHORTAGE),
        ({"is_upgraded": True}, Held.UPGRADED),
        ({"recent_count": CREDITS_MOST}, Held.TOO_MANY),
        ({"recent_credited": euros("9.75")}, Held.TOO_MUCH),
        ({"credit_count": 2, "bought_count": 14}, Held.TOO_LARGE_A_SHARE),
        ({"credit_count": 1, "bought_count": 1}, Held.TOO_LARGE_A_SHARE),
    ],
)
def test_each_limit_leaves_the_report_to_a_person(change: dict[str, object], held: Held) -> None:
    assert judge(replace(CLEAN, **change)) is held  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"recent_count": CREDITS_MOST - 1},
        {"recent_credited": euros("9.74")},
        {"credit_count": 1, "bought_count": 10},
        {"credit_count": 2, "bought_count": 15},
    ],
)
def test_up_to_each_limit_it_is_paid_back(change: dict[str, object]) -> None:
    assert judge(replace(CLEAN, **change)) is None  # type: ignore[arg-type]


def test_a_file_of_long_ago_is_left_to_a_person() -> None:
    assert judge(days=AT_ONCE_WITHIN.days - 1) is None
    assert judge(days=AT_ONCE_WITHIN.days) is Held.TOO_LATE


def test_the_most_is_in_minor_units_so_that_a_yen_counts_as_a_cent_does() -> None:
    yen = replace(CLEAN, recent_credited=Money.zero("JPY"))
    for price, held in ((CREDITED_MOST_MINOR, None), (CREDITED_MOST_MINOR + 1, Held.TOO_MUCH)):
        given_back = Money.of_minor(price, "JPY")
        assert find_hindrance(history=yen, price=given_back, purchased_at=NOW, now=NOW) is held


@given(
    prices=st.lists(st.integers(1, 2_000), min_size=1, max_size=40),
    bought=st.integers(1, 300),
)
def test_nobody_gets_more_at_once_than_the_limits_say(prices: list[int], bought: int) -> None:
    history = replace(CLEAN, bought_count=bought)
    for price in prices:
        if judge(history, price=f"{price / 100:.2f}") is None:
            history = replace(
                history,
                recent_count=history.recent_count + 1,
                recent_credited=history.recent_credited + Money.of_minor(price, "EUR"),
                credit_count=history.credit_count + 1,
            )
    assert history.recent_count <= CREDITS_MOST
    assert history.recent_credited.minor_units <= CREDITED_MOST_MINOR
    assert history.credit_count <= max(1, bought // BOUGHT_FOR_EACH_CREDIT)


def test_words_are_kept_on_one_line_and_within_their_length() -> None:
    assert check_words(trouble="noise", words="  it\n crackles\0 ") == (
        Trouble.NOISE,
        "it crackles",
    )
    assert check_words(trouble="silent", words="") == (Trouble.SILENT, "")
    for trouble, words in (
        ("", "x"),
        ("bent", "x"),
        ("other", "  "),
        ("noise", "x" * (WORDS_LENGTH_MOST + 1)),
    ):
        with pytest.raises(ReportError):
            check_words(trouble=trouble, words=words)
