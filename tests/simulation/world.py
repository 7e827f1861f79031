"""The simulated store: who there is, what time it is, who is killed, and what must hold after it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TypeVar

from pennywhistle.adapters.gateways.interface import GatewayError, NoticeKind
from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.flows.grant_licence import LicenceRequest, grant_licence
from pennywhistle.flows.hear_gateway import process_messages
from pennywhistle.flows.issue_paper import (
    Numbered,
    issue_missing_credit_notes,
    issue_missing_receipts,
)
from pennywhistle.flows.outfit import Outfit
from pennywhistle.flows.pay_back_top_up import settle_pending_pay_backs
from pennywhistle.flows.record_payment_event import (
    SettlementError,
    ask_for_fees,
    settle_pending_top_ups,
)
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.flows.watch_gateways import list_ways_to_pay, probe_gateways
from pennywhistle.shop.ledger.models import Account, Seal, Transfer
from pennywhistle.shop.ledger.seals import ClockDoubtError, SealedDayError
from pennywhistle.shop.licensing.models import Licence
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.pricing.rules import PricingError
from pennywhistle.shop.royalties.rules import RoyaltyError
from pennywhistle.shop.sales.operations import sweep_quotes
from pennywhistle.shop.sales.rules import SaleError
from tests.cast import NOW, Cast
from tests.simulation.expected import Move
from tests.simulation.kills import die_within
from tests.simulation.listeners import Listener
from tests.simulation.prices import Prices, Recording
from tests.simulation.seen_sales import Granted
from tests.simulation.sights import Sights

T = TypeVar("T")

# What the store may say no with.
REFUSALS = (
    *(SaleError, PaymentError, PricingError, RoyaltyError),
    *(GatewayError, SettlementError, SealedDayError, ClockDoubtError),
)

KILLED_OF_100 = 30
FORGOTTEN_OF_100 = 30  # Of those killed: nobody asks again.
REPEATED_OF_100 = 15
SETTLE_AFTER = timedelta(seconds=3)
# Times that a listener asks again within one step before it is called a failure.
ASKED_AGAIN_MOST = 10


@dataclass(frozen=True)
class Refused:
    """The store said no."""

    error: Exception


@dataclass(frozen=True)
class Letter:
    """A message of a gateway, and when it comes."""

    due_at: datetime
    gateway: str
    kind: NoticeKind
    handle: str
    event_id: str


@dataclass
class World:
    """Everything that a step may draw from, and change."""

    chance: Random
    cast: Cast
    listeners: Sequence[Listener]
    releases: Mapping[int, tuple[int, ...]]
    names: Mapping[int, str]  # The short name of each release.
    folder: Path
    gateways: Mapping[str, SandboxGateway]
    outfit: Outfit
    sights: Sights
    prices: Prices
    step: int = 0
    clock: datetime = NOW
    now: datetime = NOW  # What this step believes: the clock, or a little before it.
    letters: list[Letter] = field(default_factory=list)
    unwritten: set[uuid.UUID] = field(default_factory=set)  # Pay-backs that no letter tells of.
    touched: set[int] = field(default_factory=set)  # Purchases that may have gone back.
    licences: dict[str, LicenceRequest] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    sick: set[str] = field(
        default_factory=set
    )  # Gateways that were since their circuit was closed.
    calls: Counter[str] = field(default_factory=Counter)  # The most seen of each deed.
    did: Counter[str] = field(default_factory=Counter)
    last_transfer: int = 0
    papers: dict[str, int] = field(default_factory=lambda: {"receipts": 0, "notes": 0})

    def new_id(self) -> uuid.UUID:
        """Drawn, so that a year can be replayed."""
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)

    def happens(self, of_100: int) -> bool:
        """True so many times of a hundred."""
        return self.chance.randrange(100) < of_100

    def spendable(self, listener: Listener) -> int:
        """What somebody's wallet must hold that is not reserved, in micros."""
        return self.sights.expected.spendable(listener.wallet)

    def perform(self, name: str, call: Callable[[], T]) -> T | Refused | None:
        """Do it, or be refused; None where it was killed and nobody asked again.

        Sometimes it is killed first, sometimes sent again. Whatever happens, the laws hold after it.
        """
        if self.happens(KILLED_OF_100):
            self.kill(name, call)
            if self.happens(FORGOTTEN_OF_100):
                self.did[f"{name}, forgotten"] += 1
                return None
            if self.happens(30):
                self.work()
        outcome = self.attempt(name, call)
        if self.happens(REPEATED_OF_100):
            again = self.attempt(f"{name}, again", call)
            if isinstance(again, Refused) and not isinstance(outcome, Refused):
                assert isinstance(again.error, GatewayError | SettlementError), again
        return outcome

    def insist(self, name: str, call: Callable[[], T]) -> T:
        """Do it, and again where it was killed. Fails where the store says no."""
        outcome = self.perform(name, call)
        if outcome is None:
            outcome = self.attempt(f"{name}, at last", call)
        assert not isinstance(outcome, Refused), outcome
        return outcome

    def attempt(self, name: str, call: Callable[[], T]) -> T | Refused:
        """Do it once, and look."""
        try:
            outcome: T | Refused = call()
            self.did[name] += 1
        except REFUSALS as error:
            outcome = Refused(error)
            self.did[f"{name}, {type(error).__name__}"] += 1
            if isinstance(error, SealedDayError):
                assert Seal.objects.filter(day__gte=self.now.date()).exists(), "no day is sealed"
        self.look()
        return outcome

    def kill(self, name: str, call: Callable[[], object]) -> None:
        """Let a process die of it: at any of its calls, or about one of its commits."""
        only = "COMMIT" if self.happens(50) else ""
        most = self.calls[name + only] or (6 if only else 64)
        fail_at = self.chance.randint(1, most)
        is_dead = die_within(
            call=call, fail_at=fail_at, only=only, folder=self.folder, refusals=REFUSALS
        )
        self.did["killed" if is_dead else "ended before its kill"] += 1
        if not is_dead:
            self.calls[name + only] = max(2 if only else 8, fail_at)
        self.look()

    def look(self) -> None:
        """See what came of it, and hold the books against what must have moved."""
        self.sights.look(max(self.clock, self.now), self.touched)
        moved: Counter[Move] = Counter()
        rows = Transfer.objects.filter(pk__gt=self.last_transfer).order_by("pk")
        facts = rows.values_list(
            "pk", "debit_account__code", "credit_account__code", "amount_micros", "phase"
        )
        codes = set()
        for pk, debit, credit, micros, phase in facts:
            self.last_transfer = pk
            codes |= {debit, credit}
            if phase in ("posted", "posts"):
                moved[(debit, credit, micros)] += 1
        expected = self.sights.expected
        extra, lacking = moved - expected.moves, expected.moves - moved
        assert not extra, f"moved without a reason: {extra}"
        assert not lacking, f"did not move: {lacking}"
        expected.moves.clear()
        self.check_wallets(codes)

    def check_wallets(self, codes: set[str] | None) -> None:
        """Guarded accounts hold what they must; all of them for None."""
        expected = self.sights.expected
        rows = Account.objects.filter(is_guarded=True)
        for row in rows if codes is None else rows.filter(code__in=codes):
            stands = (row.balance_micros, row.reserved_micros)
            must = (expected.balances[row.code], expected.reserved[row.code])
            assert stands == must, f"{row.code} holds {stands} instead of {must}"
            assert 0 <= row.reserved_micros <= row.balance_micros

    def list_ways(self) -> list[str]:
        """The ways to pay that are offered; none is left out that has always answered."""
        offered = list_ways_to_pay(gateways=self.gateways)
        for name, gateway in self.gateways.items():
            assert name in offered or name in self.sick, f"{name} is well, and left out"
            if name in offered and not (gateway.folder / "trouble").exists():
                self.sick.discard(name)
        return offered

    def work(self) -> None:
        """What the worker does every few seconds, some of it killed."""
        now, gateways = self.now, self.gateways
        receipts, notes = (max(0, last - 100) for last in self.papers.values())
        rounds: dict[str, Callable[[], object]] = {
            "probe": lambda: probe_gateways(gateways=gateways, now=now),
            "settle top-ups": lambda: settle_pending_top_ups(
                gateways=gateways, created_before=now - SETTLE_AFTER, now=now
            ),
            "ask for fees": lambda: ask_for_fees(gateways=gateways, now=now),
            "settle pay-backs": lambda: settle_pending_pay_backs(
                gateways=gateways, created_before=now - SETTLE_AFTER, now=now
            ),
            "hear": lambda: process_messages(gateways=gateways, now=now),
            "receipts": lambda: issue_missing_receipts(after_id=receipts, now=now),
            "notes": lambda: issue_missing_credit_notes(after_id=notes, now=now),
            "sweep": lambda: sweep_quotes(expired_before=now - timedelta(days=1)),
        }
        for name, call in rounds.items():
            if self.happens(5):
                self.kill(name, call)
            done = self.attempt(name, call)
            if isinstance(done, Numbered):
                assert all(isinstance(why, REFUSALS) for _, why in done.failed), done.failed
                self.papers[name] = max(done.last_id, self.papers[name])

    def seal(self) -> None:
        """Seal the days that are over, and none that is not, whatever the clock says."""
        if self.happens(10):
            self.kill("seal", lambda: seal_books(now=self.now))
        sealed = self.attempt("seal", lambda: seal_books(now=self.now))
        if isinstance(sealed, Refused):  # The store was quiet for long, and somebody has looked.
            assert isinstance(sealed.error, ClockDoubtError), sealed
            self.attempt("seal, looked", lambda: seal_books(now=self.now, is_clock_right=True))
        self.check_sealed()

    def check_sealed(self) -> None:
        """No day is sealed that is not over."""
        newest = Seal.objects.order_by("-day").first()
        assert newest is None or newest.day < self.clock.date(), f"{newest} is sealed too early"

    def expect_letter(
        self, gateway: str, kind: NoticeKind, handle: str, happens_at: datetime
    ) -> None:
        """A gateway will tell of it: at once or days later, once or several times."""
        for number in range(self.chance.choice([1, 1, 1, 2, 3])):
            wait = self.chance.choice([1, 1, 60, 3_600, 200_000])
            due_at = happens_at + timedelta(seconds=wait)
            event_id = f"{kind}-{handle}-{happens_at:%m%d%H%M%S}-{number % 2}"
            self.letters.append(Letter(due_at, gateway, kind, handle, event_id))

    def grant(self, request: LicenceRequest, terms: Recording) -> None:
        """Grant a licence, and remember whom it pays."""
        grant_licence(request=request, granted_by=self.cast.otto.pk, now=self.now)
        row = Licence.objects.get(number=request.number)
        self.licences[request.number] = request
        self.sights.sales.licences[row.pk] = Granted(row.licensor_id, terms.rate, terms.floor)
