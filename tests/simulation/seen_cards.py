"""See what became of top-ups, of money that goes back to a card, and of disputes.

The store's documents are believed only as far as the gateways' own memories bear them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pennywhistle.adapters.gateways.sandbox_cards import dispute_state, fee_of, state_of
from pennywhistle.adapters.gateways.sandbox_memory import SandboxMemory
from pennywhistle.shop.payments.models import Dispute, PayBack, TopUp
from tests.simulation.expected import Expected
from tests.simulation.listeners import Listener

DISPUTE_FEE_MINOR_UNITS = 2_000


@dataclass(frozen=True)
class Charged:
    """A top-up that was asked for, in micros."""

    listener: Listener
    micros: int
    bonus: int
    gateway: str

    @property
    def clearing(self) -> str:
        """What its gateway owes to the store."""
        return f"clearing/{self.gateway}/{self.listener.currency}"

    def account(self, name: str) -> str:
        """The store's account of that name in the currency of the top-up."""
        return f"{name}/{self.listener.currency}"


@dataclass
class SeenCards:
    """Every top-up that was `asked`, those `top_ups` whose end or fee is not known, and pay-backs
    that may still move."""

    memories: Mapping[str, SandboxMemory]
    expected: Expected
    asked: dict[UUID, Charged] = field(default_factory=dict)
    top_ups: dict[UUID, Charged] = field(default_factory=dict)
    credited: set[UUID] = field(default_factory=set)
    pay_backs: dict[UUID, tuple[UUID, int]] = field(default_factory=dict)
    pay_back_states: dict[UUID, str] = field(default_factory=dict)
    gone_back: Counter[UUID] = field(default_factory=Counter)  # By top-up.
    disputes: dict[int, Any] = field(default_factory=dict)

    def look(self, now: datetime) -> None:
        """See everything that may have changed."""
        self._top_ups(now)
        self._pay_backs()
        self._disputes(now)

    def _top_ups(self, now: datetime) -> None:
        for row in TopUp.objects.filter(pk__in=[*self.top_ups]):
            asked = self.top_ups[row.pk]
            charge = self.memories[asked.gateway].find_charge(str(row.pk))
            told = (row.person_id, row.amount_micros, row.currency, row.bonus_micros, row.gateway)
            listener = asked.listener
            said = (listener.id, asked.micros, listener.currency, asked.bonus, asked.gateway)
            assert told == said, row
            truth = state_of(charge, now)[0] if charge else "declined"
            if row.state == "succeeded" and row.pk not in self.credited:
                assert truth == "succeeded", f"top-up {row.pk} succeeded, and the gateway: {truth}"
                self.credited.add(row.pk)
                self.expected.move(asked.clearing, listener.wallet, asked.micros)
                self.expected.move(asked.account("promotions"), listener.wallet, asked.bonus)
                self.expected.seen["top-up"] += 1
            if row.fee_micros is not None:
                assert charge is not None
                assert row.fee_micros == fee_of(charge).micros
                fees = asked.account(f"fees/{asked.gateway}")
                self.expected.move(fees, asked.clearing, row.fee_micros)
                del self.top_ups[row.pk]
            elif row.state == "declined":
                assert truth in ("declined", "begun"), f"{row.pk} was declined, and is {truth}"
                del self.top_ups[row.pk]
                self.expected.seen["top-up declined"] += 1

    def _pay_backs(self) -> None:
        for row in PayBack.objects.filter(pk__in=[*self.pay_backs]):
            top_up_id, micros = self.pay_backs[row.pk]
            assert (row.top_up_id, row.amount_micros) == (top_up_id, micros)
            asked = self.asked[top_up_id]
            assert 0 <= row.bonus_micros <= asked.bonus
            state = self._pay_back(row, asked, self.pay_back_states.get(row.pk, ""))
            self.pay_back_states[row.pk] = state
            if state in ("declined", "returned"):
                del self.pay_backs[row.pk]

    def _pay_back(self, row: PayBack, asked: Charged, state: str) -> str:
        """Count what moved since `state`; the state by now."""
        wallet, both = asked.listener.wallet, row.amount_micros + row.bonus_micros
        gone = (
            (wallet, asked.clearing, row.amount_micros),
            (wallet, asked.account("promotions"), row.bonus_micros),
        )
        if not state:
            self.expected.reserved[wallet] += both
            self.gone_back[row.top_up_id] += row.amount_micros
            assert self.gone_back[row.top_up_id] <= asked.micros, "more goes back than came"
            state = "pending"
        if state == "pending" and row.state != "pending":
            self.expected.reserved[wallet] -= both
            state = "declined" if row.state == "declined" else "succeeded"
            if state == "succeeded":
                assert self.memories[asked.gateway].find_refund(str(row.pk)) is not None
                for move in gone:
                    self.expected.move(*move)
            self.expected.seen[f"pay-back {state}"] += 1
        if state == "succeeded" and row.state == "returned":
            for debit, credit, amount in gone:
                self.expected.move(credit, debit, amount)
            state = "returned"
            self.expected.seen["pay-back returned"] += 1
        if state in ("declined", "returned"):
            self.gone_back[row.top_up_id] -= row.amount_micros
        return state

    def _disputes(self, now: datetime) -> None:
        still_open = [pk for pk, row in self.disputes.items() if row.closed_at is None]
        new = Dispute.objects.filter(pk__gt=max(self.disputes, default=0))
        for row in (new | Dispute.objects.filter(pk__in=still_open)).order_by("pk"):
            asked = self.asked[row.top_up_id]
            charge = self.memories[asked.gateway].find_charge(str(row.top_up_id))
            assert charge is not None
            truth = dispute_state(charge, now)
            assert (row.person_id, row.amount_micros) == (asked.listener.id, asked.micros)
            before = self.disputes.get(row.pk)
            if row.opened_at is not None and (before is None or before.opened_at is None):
                assert truth in ("open", "won", "lost")
                self._open(row, asked)
            if row.closed_at is not None:
                assert truth == row.stage
                self._close(row, asked)
            self.disputes[row.pk] = row

    def _open(self, row: Dispute, asked: Charged) -> None:
        wallet, losses = asked.listener.wallet, asked.account("losses")
        assert row.frozen_micros == min(row.amount_micros, self.expected.spendable(wallet))
        assert row.fee_micros == asked.listener.micros(DISPUTE_FEE_MINOR_UNITS)
        self.expected.move(wallet, asked.listener.held, row.frozen_micros)
        self.expected.move(losses, asked.clearing, row.amount_micros)
        self.expected.move(asked.account(f"fees/{asked.gateway}"), asked.clearing, row.fee_micros)
        self.expected.seen["dispute"] += 1

    def _close(self, row: Dispute, asked: Charged) -> None:
        wallet, held = asked.listener.wallet, asked.listener.held
        losses = asked.account("losses")
        assert row.later_fee_micros == 0
        self.expected.seen[f"dispute {row.stage}"] += 1
        if row.stage == "won":
            self.expected.move(held, wallet, row.frozen_micros)
            self.expected.move(asked.clearing, losses, row.amount_micros)
            return
        short = row.amount_micros - row.frozen_micros
        assert row.made_good_micros == min(short, self.expected.spendable(wallet))
        assert 0 <= row.bonus_micros <= asked.bonus
        self.expected.move(held, losses, row.frozen_micros)
        self.expected.move(wallet, losses, row.made_good_micros)
        self.expected.move(wallet, asked.account("promotions"), row.bonus_micros)

    def shortage(self, person_id: int) -> bool:
        """Whether a dispute has left that wallet short."""
        return any(
            row.person_id == person_id
            and row.stage in ("open", "lost")
            and row.forgiven_at is None
            and row.amount_micros > row.frozen_micros + row.made_good_micros
            for row in self.disputes.values()
        )
