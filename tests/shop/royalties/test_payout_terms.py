"""Minimum and schedule against a brute-force oracle, and names in letters that banks take."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.money import Money
from pennywhistle.shop.royalties.payout_terms import (
    Schedule,
    TermsFacts,
    is_due,
    spell_for_banks,
)
from pennywhistle.shop.royalties.payouts import bank_reference, payable_now, read_bank_reference

instants = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2028, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
TAKEN = re.compile(r"[A-Za-z0-9/?:().,'+ -]*")


def oracle(schedule: str, last: datetime | None, now: datetime) -> bool:
    """Walk day by day from the last payout to now: has a period begun on the way?"""
    if schedule == "by-hand" or last is None:
        return schedule != "by-hand"
    firsts = range(1, 13) if schedule == "monthly" else (1, 4, 7, 10)
    day = last.date()
    while day < now.date():
        day += timedelta(days=1)
        if day.day == 1 and day.month in firsts:
            return True
    return False


@given(
    balance=st.integers(min_value=-(10**8), max_value=10**8),
    on_the_way=st.integers(min_value=0, max_value=10**4),
    minimum=st.integers(min_value=0, max_value=5_000),
    schedule=st.sampled_from(Schedule),
    last=st.none() | instants,
    later=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=200)),
    first=instants,
)
def test_who_is_due_is_whom_counting_cents_and_days_finds(
    balance: int,
    on_the_way: int,
    minimum: int,
    schedule: Schedule,
    last: datetime | None,
    later: timedelta,
    first: datetime,
) -> None:
    now = (last or first) + later
    sent = Money.of_minor(on_the_way, "EUR")
    payable = payable_now(balance=Money(balance, "EUR"), on_the_way=sent)
    terms = TermsFacts(1, "A", "B", "", Money.of_minor(minimum, "EUR"), schedule)
    cents = (balance - sent.micros) / 10_000
    said = cents >= max(minimum, 1) and oracle(schedule, last, now)
    assert is_due(terms=terms, payable=payable, last_made_at=last, now=now) == said


@given(text=st.text(max_size=200), most=st.integers(min_value=1, max_value=140))
def test_what_is_spelled_for_banks_has_their_letters_alone(text: str, most: int) -> None:
    spelled = spell_for_banks(text=text, letters_most=most)
    assert TAKEN.fullmatch(spelled)
    assert len(spelled) <= most
    assert spelled == spelled.strip(" /")
    assert "//" not in spelled
    assert spell_for_banks(text=spelled, letters_most=most) == spelled


def test_names_are_spelled_as_their_readers_would() -> None:
    for name, said in (
        ("Kölner Töne & Söhne", "Koelner Toene + Soehne"),
        ("Straße/Чайка", "Strasse/Chayka"),
        ("Dvořák_Łódź", "Dvorak-Lodz"),
        ("a//b/ /c/", "a/b/c"),
    ):
        assert spell_for_banks(text=name, letters_most=70) == said


@given(id=st.uuids())
def test_a_reference_is_read_back_however_a_bank_spaces_it(id: object) -> None:  # noqa: A002
    from uuid import UUID

    assert isinstance(id, UUID)
    said = bank_reference(id=id)
    assert len(said) <= 35
    spaced = " ".join(said[at : at + 4] for at in range(0, len(said), 4))
    assert read_bank_reference(text=spaced.lower()) == id
    assert read_bank_reference(text=f"{said}0") is None
