"""Conditions and ranges as RFC 9110 says, without a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.doors.delivery.conditions import (
    AskedRange,
    UnsatisfiableRangeError,
    Verdict,
    asked_range,
    judge,
)

ETAG = '"abc"'


@pytest.mark.parametrize(
    ("headers", "verdict"),
    [
        ({}, Verdict.PROCEED),
        ({"if-none-match": '"abc"'}, Verdict.NOT_MODIFIED),
        ({"if-none-match": 'W/"abc"'}, Verdict.NOT_MODIFIED),
        ({"if-none-match": '"x", "abc"'}, Verdict.NOT_MODIFIED),
        ({"if-none-match": "*"}, Verdict.NOT_MODIFIED),
        ({"if-none-match": '"x"'}, Verdict.PROCEED),
        ({"if-none-match": "abc"}, Verdict.PROCEED),
        ({"if-match": '"abc"'}, Verdict.PROCEED),
        ({"if-match": "*"}, Verdict.PROCEED),
        ({"if-match": 'W/"abc"'}, Verdict.FAILED),
        ({"if-match": '"x"'}, Verdict.FAILED),
        ({"if-match": '"x"', "if-none-match": '"abc"'}, Verdict.FAILED),
        ({"if-modified-since": "Tue, 24 Nov 2026 07:00:00 GMT"}, Verdict.PROCEED),
    ],
)
def test_conditions_come_to_one_verdict(headers: dict[str, str], verdict: Verdict) -> None:
    assert judge(headers, etag=ETAG) is verdict


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=0-", (0, 100)),
        ("bytes=10-19", (10, 20)),
        ("bytes=90-500", (90, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-500", (0, 100)),
        ("Bytes = 1-2", None),
        ("bytes= 1 - 2 ", (1, 3)),
        ("BYTES=1-2", (1, 3)),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=" + "9" * 30 + "-", None),
        ("", None),
    ],
)
def test_one_range_is_a_part_and_everything_else_the_whole(
    asked: str, part: tuple[int, int] | None
) -> None:
    found = asked_range({"range": asked}, etag=ETAG)
    assert (found and found.of(100)) == part


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_behind_the_end_is_unsatisfiable(asked: str) -> None:
    found = asked_range({"range": asked}, etag=ETAG)
    assert found is not None
    with pytest.raises(UnsatisfiableRangeError, match="100 bytes"):
        found.of(100)


@pytest.mark.parametrize(
    ("if_range", "counts"),
    [
        (ETAG, True),
        ('"other"', False),
        ('W/"abc"', False),
        ("Tue, 24 Nov 2026 07:00:00 GMT", False),
    ],
)
def test_a_range_counts_only_for_the_file_that_it_was_begun_with(
    if_range: str, counts: bool
) -> None:
    headers = {"range": "bytes=1-2", "if-range": if_range}
    assert (asked_range(headers, etag=ETAG) is not None) == counts


@given(st.one_of(st.none(), st.integers(0, 200)), st.one_of(st.none(), st.integers(0, 200)))
def test_a_part_always_lies_inside_the_file(first: int | None, last: int | None) -> None:
    try:
        start, stop = AskedRange(first, last).of(100)
    except UnsatisfiableRangeError:
        return
    assert 0 <= start < stop <= 100
