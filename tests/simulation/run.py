"""Let a year pass: step after step, day after day, month after month."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from django.utils import timezone

from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.flows.pay_out import end_payout, pay_out
from pennywhistle.flows.reconcile_gateway import reconcile_gateway
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import Period, month_period
from pennywhistle.shop.ledger.queries import get_balance, iterate_accounts
from pennywhistle.shop.licensing.models import Licensor
from pennywhistle.shop.payments.gateways.models import GatewayMessage
from pennywhistle.shop.payments.going_back.models import PayBack
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.royalties.payouts import PayoutFacts
from pennywhistle.shop.sales.models import Paper, Purchase, SaleLine
from tests.cast import NOW
from tests.simulation.deeds import DEEDS
from tests.simulation.founding import found_world
from tests.simulation.listeners import UNITS
from tests.simulation.misfortunes import deliver_letters, mend
from tests.simulation.world import World

YEAR_DAYS = 365
# Rounds of the worker, minutes apart, within which everything has come to its end.
LAST_ROUNDS = 40

# Where the desk may stand. The books are in UTC, whatever its wall clock says, and that turns at
# these instants: https://data.iana.org/time-zones/releases/
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
TURNS = (
    datetime(2027, 3, 14, 7, tzinfo=UTC),
    datetime(2027, 3, 28, 1, tzinfo=UTC),
    datetime(2027, 10, 31, 1, tzinfo=UTC),
    datetime(2027, 11, 7, 6, tzinfo=UTC),
)


@dataclass(frozen=True)
class Year:
    """How a year went."""

    seed: int
    steps: int
    lines_sold: int
    transfers: int
    looks: int
    findings: tuple[str, ...]
    did: Counter[str]
    seen: Counter[str]


class YearError(AssertionError):
    """A law that was broken, with how to see it again."""


def simulate(*, seed: int, steps: int, people: int, folder: Path, days: int = YEAR_DAYS) -> Year:
    """So many days in an empty database. Raises `YearError` at the first law that is broken."""
    world = found_world(seed=seed, people=people, folder=folder)
    try:
        for world.step in range(1, steps + 1):
            with timezone.override(ZoneInfo(world.chance.choice(ZONES))):
                _pass_time(world, timedelta(days=days) * 2 / steps)
                _step(world)
        _end(world)
    except Exception as error:
        raise YearError(
            f"step {world.step} on {world.now:%Y-%m-%d %H:%M:%S}: {error!r}\nreplay it: python -m "
            f"tests.simulation --seed {seed} --steps {steps} --people {people} --days {days}"
        ) from error
    return Year(
        seed=seed,
        steps=steps,
        lines_sold=SaleLine.objects.count(),
        transfers=world.last_transfer,
        looks=sum(world.did.values()),
        findings=(),
        did=world.did,
        seen=world.sights.expected.seen,
    )


def _pass_time(world: World, wait: timedelta) -> None:
    """Seconds, or days: every other step waits so long, more or less."""
    chance, before = world.chance, world.clock
    if chance.random() < 0.5:
        world.clock += timedelta(seconds=chance.randint(0, 900))
    else:
        world.clock += wait * chance.expovariate(1)
        _stop_at_a_turn(world, before)
    world.now = world.clock
    if before.date() != world.clock.date():
        _new_month(world, before)
        world.seal()
    if world.happens(6):  # Clocks are set back now and then.
        world.now -= timedelta(seconds=chance.choice([1, 30, 300, 8_000]))
        world.did["clock set back"] += 1


def _stop_at_a_turn(world: World, before: datetime) -> None:
    """Now and then at the very instant at which a month or a day ends, or wall clocks are changed,
    or just about it."""
    midnight = world.clock.replace(hour=0, minute=0, second=0, microsecond=0)
    turns = [at for at in (*TURNS, midnight, midnight.replace(day=1)) if before < at <= world.clock]
    if turns and world.happens(30):
        world.clock = world.chance.choice(turns) + timedelta(
            microseconds=world.chance.choice([-1, 0, 1])
        )
        world.did["a turn of the clock"] += 1


def _step(world: World) -> None:
    if world.happens(30):
        mend(world)
    deliver_letters(world)
    if world.happens(40):
        world.work()
    weights, deeds = zip(*DEEDS, strict=True)
    world.chance.choices(deeds, weights)[0](world)


def _new_month(world: World, before: datetime) -> None:
    """At each turn of a month: statements, payouts, and everything is counted."""
    month = before.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while (following := month_period(f"{month:%Y-%m}").ends_at) and following <= world.clock:
        for licensor in Licensor.objects.order_by("pk"):
            _state(world, licensor, f"{month:%Y-%m}")
            for currency in sorted(UNITS):
                _pay(world, licensor, currency)
        check_everything(world)
        month = following


def _state(world: World, licensor: Licensor, month: str) -> None:
    """A statement says what was counted here."""
    stated = world.perform(
        "statement",
        lambda: [
            (one.total, one.csv_text)
            for one in issue_statement(
                licensor_name=licensor.name, period=month_period(month), now=world.now
            )
        ],
    )
    if isinstance(stated, list):
        accrued = world.sights.sales.accrued
        told = {total.currency: total.micros for total, _ in stated}
        for currency in UNITS:
            must = accrued[(licensor.pk, month, currency)]
            assert told.get(currency, 0) == must, (licensor.name, month, currency)
        for total, text in stated:
            *lines, _ = csv.DictReader(io.StringIO(text))
            assert sum(Decimal(line["due"]) for line in lines) * 1_000_000 == total.micros


def _pay(world: World, licensor: Licensor, currency: str) -> None:
    """What is owed in whole cents is set aside, and leaves the bank, or is called off."""
    payout_id = world.new_id()
    world.sights.payouts.payouts[payout_id] = (licensor.pk, currency)
    made = world.perform(
        "pay out",
        lambda: pay_out(
            payout_id=payout_id, licensor_name=licensor.name, currency=currency, now=world.now
        ),
    )
    if isinstance(made, PayoutFacts):
        is_paid = world.happens(80)
        world.perform(
            "end payout",
            lambda: end_payout(payout_id=payout_id, is_paid=is_paid, now=world.now),
        )


def check_everything(world: World) -> None:
    """Every account holds what was counted, every currency sums to nothing, the books verify."""
    expected, total = world.sights.expected, Counter[str]()
    for account in iterate_accounts():
        stands = get_balance(code=account.code, currency=account.currency).micros
        assert stands == expected.balances[account.code], (account.code, stands)
        total[account.currency] += stands
    assert not any(total.values()), total
    world.check_wallets(None)
    assert Purchase.objects.count() == len(world.sights.sales.purchases)
    world.sights.bank.check_told()
    report = verify_books()
    assert report.findings == (), report.findings
    world.did["books verified"] += 1


def _end(world: World) -> None:
    """The year is over and everything in order again: nothing stays on its way."""
    mend(world)
    for _ in range(LAST_ROUNDS):
        world.clock += timedelta(days=3)
        world.now = world.clock
        deliver_letters(world)
        world.work()
        if not world.letters and _is_all_settled():
            break
    assert _is_all_settled(), "something is still on its way"
    assert not TopUp.objects.filter(pk__in=[*world.sights.cards.top_ups])
    assert sorted(world.list_ways()) == sorted(world.gateways), "a gateway is well, and left out"
    for purchase_id in world.sights.sales.purchases:
        assert Paper.objects.filter(document=f"purchase/{purchase_id}").exists(), purchase_id
    world.seal()
    check_everything(world)
    for listener in world.listeners:
        world.sights.sales.check_library(listener.id)
    for gateway in world.gateways.values():
        whole = Period(NOW - timedelta(days=1), world.now)
        found = reconcile_gateway(gateway=gateway, within=whole, now=world.now)
        assert found.differences == (), found.differences


def _is_all_settled() -> bool:
    return not (
        TopUp.objects.filter(state="pending").exists()
        or PayBack.objects.filter(state="pending").exists()
        or GatewayMessage.objects.filter(processed_at=None).exists()
    )
