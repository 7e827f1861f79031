"""A listener at a gateway: tops up, pays back, and is disputed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pennywhistle.adapters.gateways.interface import DisputeState
from pennywhistle.adapters.gateways.sandbox import DELAY, DISPUTE_LASTS, SandboxGateway
from pennywhistle.flows.pay_back_top_up import pay_back_top_up
from pennywhistle.flows.record_dispute import record_dispute
from pennywhistle.flows.top_up_wallet import Card, top_up_wallet
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.ledger.queries import get_available, get_balance
from pennywhistle.shop.payments.going_back.rules import PayBackFacts
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.rules import TopUpTerms
from tests.cast import NOW, euros

CARDS = {
    "plain": "4242 4242 4242 4242",
    "won": "4000 0000 0000 2685",
    "lost": "4000 0000 0000 0259",
    "inquiry": "4000 0000 0000 1976",
    "refund pending": "4000 0000 0000 7726",
    "refund comes back": "4000 0000 0000 5126",
}
DISPUTED = NOW + DELAY
DECIDED = DISPUTED + DISPUTE_LASTS


@dataclass(frozen=True)
class Till:
    """A gateway, and what its listener does with it."""

    gateway: SandboxGateway
    person: Person

    def top_up(self, amount: str = "10.00", card: str = "plain", bonus: str = "0") -> TopUp:
        return top_up_wallet(
            top_up_id=new_id(now=NOW),
            person_id=self.person.pk,
            amount=euros(amount),
            card=Card(CARDS[card]),
            gateway=self.gateway,
            now=NOW,
            terms=TopUpTerms(bonus=euros(bonus)),
        )

    def pay_back(self, top_up: TopUp, amount: str, *, form: UUID | None = None) -> PayBackFacts:
        return pay_back_top_up(
            pay_back_id=form or new_id(now=NOW),
            top_up_id=top_up.pk,
            amount=euros(amount),
            asked_by=None,
            gateways={self.gateway.name: self.gateway},
            now=NOW,
        )

    def dispute(self, top_up: TopUp, *, at: datetime = DISPUTED) -> DisputeState:
        """What the gateway says of the dispute over a top-up at an instant."""
        return self.gateway.get_dispute(dispute_handle=f"dispute-{top_up.handle}", now=at)

    def hear(self, dispute: DisputeState) -> None:
        record_dispute(dispute=dispute, gateway_name=self.gateway.name, now=DISPUTED)

    @property
    def spendable(self) -> Money:
        return get_available(code=f"wallet/{self.person.pk}/EUR", currency="EUR")


def stands(code: str) -> Money:
    return get_balance(code=code, currency="EUR")
