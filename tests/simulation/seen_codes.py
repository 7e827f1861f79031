"""See what became of vouchers and gifts, and count what they moved."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from pennywhistle.shop.payments.codes.rules import code_sha256
from pennywhistle.shop.payments.models import Gift, Voucher
from tests.simulation.expected import Expected
from tests.simulation.listeners import Listener, Listeners


@dataclass(frozen=True)
class Printed:
    """A voucher that was made; one that `is_past` is out of date before anybody redeems it."""

    micros: int
    currency: str
    is_free: bool
    is_past: bool = False


@dataclass
class SeenCodes:
    """Vouchers and gifts that are not at their end, and what each must be worth."""

    listeners: Listeners
    expected: Expected
    vouchers: dict[str, Printed] = field(default_factory=dict)
    gifts: dict[UUID, tuple[Listener, int, str]] = field(default_factory=dict)

    def look(self) -> None:
        """See everything that may have changed."""
        self._vouchers()
        self._gifts()

    def _vouchers(self) -> None:
        hashes = {code_sha256(code): code for code in self.vouchers}
        rows = Voucher.objects.filter(code_sha256__in=[*hashes], redeemed_by__isnull=False)
        for row in rows:
            printed = self.vouchers.pop(hashes[row.code_sha256])
            listener = self.listeners[row.redeemed_by_id or 0]
            assert printed.currency == listener.currency, f"{row} is of another currency"
            assert not printed.is_past, f"{row} was out of date"
            giver = "promotions" if printed.is_free else "clearing/voucher"
            self.expected.move(f"{giver}/{printed.currency}", listener.wallet, printed.micros)
            self.expected.seen["voucher"] += 1

    def _gifts(self) -> None:
        for row in Gift.objects.filter(pk__in=[*self.gifts]):
            buyer, micros, state = self.gifts[row.pk]
            account = f"gifts/{buyer.currency}"
            assert (row.buyer_id, row.amount_micros) == (buyer.id, micros)
            if state == "asked":
                self.expected.move(buyer.wallet, account, micros)
                self.gifts[row.pk] = (buyer, micros, "open")
                self.expected.seen["gift"] += 1
            owner_id = row.redeemed_by_id or (buyer.id if row.taken_back_at else None)
            if owner_id is not None:
                owner = self.listeners[owner_id]
                assert owner.currency == buyer.currency, f"{row} is of another currency"
                self.expected.move(account, owner.wallet, micros)
                del self.gifts[row.pk]
                self.expected.seen[
                    "gift redeemed" if row.redeemed_by_id else "gift taken back"
                ] += 1
