"""How long it takes to tell whether a track with 747 deals is licensed in a country at an instant.

The deals are random: whole catalogue, label, release and track, lists of countries, all but lists and
CISAC's groups, months by the clocks of many zones, some suspended. Every answer of the compiled form is
held against `cover`, which looks at every deal.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from statistics import median

from bench.figure import Figure, at_most, exactly
from pennywhistle.kit import tis
from pennywhistle.kit.clock import Period
from pennywhistle.kit.local_time import LocalTime
from pennywhistle.kit.territory import COUNTRIES, TerritorySet
from pennywhistle.shop.licensing.compiled import CompiledCoverage
from pennywhistle.shop.licensing.rules import (
    LicenceTerms,
    Repertoire,
    Right,
    TariffTerms,
    TrackRef,
    Use,
    cover,
)

DEALS = 747
ROUNDS = 9
ASKED_BY_ROUND = 2_000
TRACK = TrackRef(1, 1, 1)
_TARIFF = TariffTerms("T", 1, Fraction(15, 100), "net-of-tax")
_REPERTOIRES = (
    Repertoire("whole"),
    Repertoire("label", 1),
    Repertoire("release", 1),
    Repertoire("track", 1),
)
_ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata")
_FIRST = datetime(2026, 1, 1)  # noqa: DTZ001 by the clocks of each deal's zone
_DAYS = 720

_Asked = tuple[Use, str, datetime]


def run() -> Iterator[Figure]:
    """An answer, the first one to each question, and answers that differ from the slow way's."""
    chance = random.Random(747)
    deals = [_deal(number, chance) for number in range(DEALS)]
    compiled = CompiledCoverage(deals)
    rounds = [[_question(chance) for _ in range(ASKED_BY_ROUND)] for _ in range(ROUNDS)]

    def quickly(asked: _Asked) -> None:
        use, territory, instant = asked
        compiled.cover(track=TRACK, use=use, territory=territory, instant=instant)

    def slowly(asked: _Asked) -> None:
        use, territory, instant = asked
        cover(track=TRACK, use=use, territory=territory, instant=instant, licences=deals)

    for use in Use:
        for country in COUNTRIES:
            quickly((use, country, datetime(2025, 1, 1, tzinfo=UTC)))
    unasked = [_each_us(quickly, questions) for questions in rounds]
    differing = sum(_differ(deals, compiled, asked) for questions in rounds for asked in questions)
    quick = [_each_us(quickly, questions) for questions in rounds]
    slow = [_each_us(slowly, questions[: ASKED_BY_ROUND // 20]) for questions in rounds]
    first = median(_first_us(deals, questions[0]) for questions in rounds)
    against = f"{median(slow):.0f} µs by looking at each of {DEALS} deals"
    yield at_most("coverage_answer", median(quick), 5, "µs", against)
    yield at_most("coverage_answer_not_asked_before", median(unasked), 100, "µs", against)
    yield at_most("coverage_compiled_with_first_answer", first, None, "µs", against)
    yield exactly(
        "coverage_escapes",
        differing,
        0,
        "answers",
        f"{ROUNDS * ASKED_BY_ROUND:,} random questions answered by both",
    )


def _deal(number: int, chance: random.Random) -> LicenceTerms:
    zone, day = chance.choice(_ZONES), chance.randrange(_DAYS)
    starts = LocalTime(_FIRST + timedelta(days=day), zone).first_instant
    ends = None
    if chance.random() < 0.8:
        length = timedelta(days=day + chance.randrange(1, 180))
        ends = LocalTime(_FIRST + length, zone).first_instant
    suspended: tuple[Period, ...] = ()
    if chance.random() < 0.1:
        begins = starts + timedelta(days=chance.randrange(60))
        suspended = (Period(begins, begins + timedelta(days=chance.randrange(1, 30))),)
    return LicenceTerms(
        id=number,
        number=f"D-{number}",
        licensor_id=1,
        licensor="Licensor",
        right=chance.choice(list(Right)),
        repertoire=chance.choice(_REPERTOIRES),
        uses=frozenset(chance.sample(list(Use), chance.randint(1, 3))),
        territories=_territories(chance),
        starts_at=starts,
        ends_at=ends,
        tariff=_TARIFF,
        document_reference="drawn",
        suspended=suspended,
    )


def _territories(chance: random.Random) -> TerritorySet:
    listed = chance.sample(sorted(COUNTRIES), chance.randint(1, 12))
    kind = chance.randrange(5)
    if kind == 0:
        return TerritorySet.all_but(listed)
    if kind == 1:
        return TerritorySet.only([chance.choice(sorted(tis.GROUPS))])
    return TerritorySet.only(listed)


def _question(chance: random.Random) -> _Asked:
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(_DAYS * 1440))
    return chance.choice(list(Use)), chance.choice(sorted(COUNTRIES)), instant


def _differ(deals: list[LicenceTerms], compiled: CompiledCoverage, asked: _Asked) -> bool:
    use, territory, instant = asked
    quick = compiled.cover(track=TRACK, use=use, territory=territory, instant=instant)
    slow = cover(track=TRACK, use=use, territory=territory, instant=instant, licences=deals)
    return quick != slow


def _each_us(answer: Callable[[_Asked], None], questions: list[_Asked]) -> float:
    """Microseconds for each of the questions."""
    begun = time.perf_counter()
    for asked in questions:
        answer(asked)
    return (time.perf_counter() - begun) / len(questions) * 1e6


def _first_us(deals: list[LicenceTerms], asked: _Asked) -> float:
    use, territory, instant = asked
    begun = time.perf_counter()
    CompiledCoverage(deals).cover(track=TRACK, use=use, territory=territory, instant=instant)
    return (time.perf_counter() - begun) * 1e6
