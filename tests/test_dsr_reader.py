"""The reader of sales reports bites: what its schemas do not allow is refused, wherever it stands."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pennywhistle.adapters.ddex.dsr_basic_audio import write_basic_audio
from pennywhistle.adapters.ddex.dsr_record_companies import write_record_companies
from pennywhistle.kit.money import Money
from pennywhistle.kit.sales_reports import Party, ReportedSale, SalesReport, SoldTrack, Turnover
from tests.dsr_reader import read_report
from tests.needs import PUBLISHED

pytestmark = pytest.mark.skipif(not PUBLISHED.is_dir(), reason="no ../shared/data/ddex")

# What no XML may hold, besides control characters.
NO_XML = "\ufffe\uffff"

TRACK = SoldTrack(
    id=7,
    isrc="ZZPEN2600001",
    title="The Kesh",
    artist="Ann Piper",
    duration_ms=183_450,
    release_id=3,
    icpn="4006381333931",
    release_title="Reels",
    release_artist="Ann Piper",
    label="Lantern",
    p_line="2026 Lantern",
    work_id=9,
    iswc="T0345246801",
    work_title="The Kesh",
    composer="Traditional",
)
SALE = ReportedSale(
    transaction_id="sale/1/1",
    happened_on=date(2026, 11, 24),
    territory="DE",
    is_refund=False,
    net_price=Money(75_630, "EUR"),
    due=Money(11_345, "EUR"),
    recipe="mp3-192",
    is_upgrade=False,
    store_pays_work=True,
    track=TRACK,
)
REPORT = SalesReport(
    created_at=datetime(2026, 12, 2, tzinfo=UTC),
    starts_on=date(2026, 11, 1),
    ends_on=date(2026, 11, 30),
    sender=Party("PADPIDA2026112401P", "The Whistle Stop"),
    recipient=Party("PADPIDA2007061301U", "Meridian"),
    service="The-Whistle-Stop",
    currency="EUR",
    sales=(SALE,),
    turnover={"DE": Turnover(1, Money(75_630, "EUR"))},
)
SOCIETYS, LABELS = write_basic_audio(REPORT), write_record_companies(REPORT)


def test_a_sound_report_is_read() -> None:
    assert read_report(SOCIETYS)[3]["Duration"] == "PT0H3M3.45S"
    assert read_report(LABELS)[2]["AllocatedRevenueInCurrencyOfTransaction"] == "0.011345"


@pytest.mark.parametrize("text", [SOCIETYS, LABELS])
@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("\tEUR\t", "\tEURO\t"),
        ("\tDE\t", "\tXX\t"),
        ("PayAsYouGoModel", "Free"),
        ("0.07563", "0,07563"),
        ("2026-12-02T00:00:00Z", "2.12.2026"),
        ("PADPIDA2026112401P", "P1"),
        ("ZZPEN2600001", "ZZ-PEN"),
        ("\tReels", "\tReels\t"),
        ("sale/1/1", ""),
        ("sale/1/1", "sale|1"),
        ("The Kesh", "The\\Kesh"),
        ("SoundRecording", "Tune"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused(text: str, good: str, bad: str) -> None:
    assert good in text
    with pytest.raises(AssertionError):
        read_report(text.replace(good, bad))


@pytest.mark.parametrize("text", [SOCIETYS, LABELS])
def test_records_out_of_their_order_are_refused(text: str) -> None:
    lines = text.splitlines(keepends=True)
    for first in range(1, len(lines) - 1):
        swapped = [*lines]
        swapped[first], swapped[first + 1] = swapped[first + 1], swapped[first]
        with pytest.raises(AssertionError):
            read_report("".join(swapped))


@example(title="\uffffA|\\\\|\t\u2028B\\")
@given(title=st.text(min_size=1, max_size=20))
def test_any_title_is_read_back_with_what_divides_as_one_space(title: str) -> None:
    plain = [" " if unicodedata.category(one) == "Cc" or one in NO_XML else one for one in title]
    read = " ".join("".join(plain).split())
    assume(read)
    named = replace(REPORT, sales=(replace(SALE, track=replace(TRACK, title=title)),))
    assert read_report(write_basic_audio(named))[3]["Title"] == read
    assert read_report(write_record_companies(named))[2]["ResourceTitle"] == read
