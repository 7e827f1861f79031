"""`docs/ddex.md` says of deals what the code does."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from pennywhistle.kit.deals import Closed, Deal, deal_period
from tests.guards.house import ROOT

GUIDE = (ROOT / "docs" / "ddex.md").read_text(encoding="utf-8")


def test_the_guide_says_why_deals_open_nothing_in_their_order() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \|", GUIDE.partition("## What opens a sale")[2], re.MULTILINE
    )
    assert rows == [why.value for why in Closed]


@pytest.mark.parametrize(
    ("start", "end", "country", "opens", "closes"),  # The two in UTC.
    [
        ("2026-04-01", "2026-04-30", "DE", "03-31T22:00", "04-30T22:00"),
        ("2026-04-01", "2026-04-30", "US", "04-01T04:00", "05-01T04:00"),
        ("2026-04-01", "2026-04-30", "RU", "03-31T12:00", "04-30T12:00"),
        ("2026-04-01T09:30:00", "", "DE", "04-01T07:30", ""),
        ("2026-04-01T09:30:00-05:00", "", "JP", "04-01T14:30", ""),
    ],
)
def test_the_guides_table_of_times_is_what_deals_get(
    start: str, end: str, country: str, opens: str, closes: str
) -> None:
    for said in filter(None, (start, end)):
        assert f"`{said}`" in GUIDE
    period = deal_period(deal=Deal((country,), (), (), start, end), country=country)
    assert period is not None
    assert period.starts_at == datetime.fromisoformat(f"2026-{opens}Z")
    if closes:
        assert period.ends_at == datetime.fromisoformat(f"2026-{closes}Z")
    else:
        assert period.ends_at is None
