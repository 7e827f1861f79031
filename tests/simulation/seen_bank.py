"""See what became of the movements of the bank's account, and count whose they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from pennywhistle.shop.payments.models import BankDecision, BankEntry
from tests.simulation.bank import Bank, Booked, tag_of
from tests.simulation.expected import Expected
from tests.simulation.listeners import UNITS, Listener, Listeners

CLEARING, UNCLAIMED, PROMOTIONS = "clearing/bank/EUR", "unclaimed/EUR", "promotions/EUR"


@dataclass(frozen=True)
class Slip:
    """A slip that was asked for: whose, and what the store adds to what comes."""

    listener: Listener
    percent: Fraction


@dataclass
class SeenBank:
    """What the bank booked, by its tag; of it what statements `told`, and the store has kept."""

    bank: Bank
    listeners: Listeners
    expected: Expected
    slips: dict[str, Slip] = field(default_factory=dict)  # By reference.
    told: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    waiting: dict[int, Booked] = field(default_factory=dict)  # Credits that nobody has decided on.
    asked: dict[int, tuple[str, int | None]] = field(default_factory=dict)
    newest: int = 0

    def look(self) -> None:
        """See everything that may have changed."""
        rows = BankEntry.objects.filter(pk__gt=self.newest).order_by("pk")
        for row in rows.select_related("decision"):
            self.newest = row.pk
            self._arrived(row)
        decided = BankDecision.objects.filter(entry_id__in=[*self.waiting]) if self.waiting else ()
        for decision in decided:
            booked = self.waiting.pop(decision.entry_id)
            said = (decision.outcome, decision.person_id)
            assert said == self.asked[decision.entry_id], f"{said} was not decided"
            self._decided(decision, booked)

    def _arrived(self, row: BankEntry) -> None:
        tag = tag_of(row.text)
        alike = [one for one in self.bank.booked if one.tag == tag]
        self.kept[tag] += 1
        assert self.kept[tag] <= self.told[tag] <= len(alike), f"{tag} was kept too often"
        booked = alike[0]
        signed = row.amount_micros if row.is_credit else -row.amount_micros
        assert (signed, row.booked_on) == (booked.micros, booked.day), tag
        self.expected.seen["bank entry"] += 1
        if not row.is_credit:
            assert not hasattr(row, "decision")
            return
        self.expected.move(CLEARING, UNCLAIMED, row.amount_micros)
        owner = self.owner_of(booked)
        decision: BankDecision | None = getattr(row, "decision", None)
        if owner is None:
            assert decision is None, f"{tag} names nobody, and was decided"
            self.waiting[row.pk] = booked
        else:
            assert decision is not None, f"{tag} is {owner}'s, and nobody's here"
            assert (decision.outcome, decision.person_id) == ("credited", owner.id), tag
            self._decided(decision, booked)

    def owner_of(self, booked: Booked) -> Listener | None:
        """Whose it is by what stands on it: one slip's, if that wallet is in euros."""
        if booked.is_reversal or len(booked.slips) != 1:
            return None
        (reference,) = booked.slips
        listener = self.slips[reference].listener
        return listener if listener.currency == "EUR" else None

    def _decided(self, decision: BankDecision, booked: Booked) -> None:
        self.expected.seen[f"bank {decision.outcome}"] += 1
        if decision.person_id is None:
            self.expected.move(UNCLAIMED, CLEARING, booked.micros)
            return
        wallet = self.listeners[decision.person_id].wallet
        assert wallet.endswith("/EUR"), f"euros went into {wallet}"
        self.expected.move(UNCLAIMED, wallet, booked.micros)
        bonus = 0
        if len(booked.slips) == 1 and not booked.is_reversal:
            slip = self.slips[next(iter(booked.slips))]
            if slip.listener.id == decision.person_id:
                unit = UNITS["EUR"]
                bonus = int(booked.micros * slip.percent / 100 / unit) * unit
        self.expected.move(PROMOTIONS, wallet, bonus)

    def counted(self, movements: Iterable[Booked]) -> Counter[str]:
        """How often each tag stands among them."""
        return Counter(one.tag for one in movements)

    def lacking_since(self) -> date:
        """The first day of which the store lacks something, or the newest."""
        lacking = self.counted(self.bank.booked) - self.kept
        days = [one.day for one in self.bank.booked if lacking[one.tag]]
        return min(days, default=self.bank.today)

    def check_told(self) -> None:
        """Everything that an accepted statement told is kept."""
        assert self.kept == self.told, f"lost: {self.told - self.kept}"
