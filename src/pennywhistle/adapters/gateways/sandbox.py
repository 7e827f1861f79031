"""A card gateway of pretend money, with a memory of its own as a real one has.

`sandbox_cards.py` tells its test numbers, `sandbox_memory.py` what it remembers.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from pennywhistle.adapters.gateways.interface import (
    Activity,
    ActivityKind,
    BadSignatureError,
    Card,
    CardRefusedError,
    ChargeState,
    DisputeState,
    GatewayNotice,
    GatewayRefusedError,
    GatewayUnreachableError,
    Means,
    NoticeKind,
    RefundState,
    UnreadableMessageError,
)
from pennywhistle.adapters.gateways.sandbox_cards import (
    COUNTRIES,
    DELAY,
    DISPUTE_LASTS,
    ChargeRecord,
    RefundRecord,
    dispute_fee,
    dispute_state,
    disputed_at,
    fee_of,
    read_number,
    refund_state,
    state_of,
    taken_at,
)
from pennywhistle.adapters.gateways.sandbox_memory import SandboxMemory
from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money

__all__ = ["DELAY", "DISPUTE_LASTS", "SIGNATURE_HEADER", "SandboxGateway"]

# A message's HMAC-SHA256 in hexadecimal, over the instant it was sent, a dot, and its body.
SIGNATURE_HEADER = "sandbox-signature"

# A message older than this is refused, as Stripe's library does with its own.
MESSAGE_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SandboxGateway:
    """Charges are files under `folder`; their handles are our references.

    `secret` signs its messages.
    """

    folder: Path
    name: str = "sandbox"
    secret: str = field(default="pretend-money", repr=False)

    @property
    def answers_within(self) -> timedelta:
        """See `Gateway.answers_within`."""
        return timedelta(seconds=1)

    def check(self) -> None:
        """See `Gateway.check`."""
        with self._memory():
            pass

    def begin(self, *, reference: str, amount: Money, means: Means, now: datetime) -> str:
        """See `Gateway.begin`."""
        with self._memory() as memory:
            if not isinstance(means, Card):
                raise CardRefusedError("The sandbox keeps no cards. Give a test number.")
            memory.begin(reference, read_number(means.number), amount, now)
            return reference

    def charge(self, *, handle: str, now: datetime) -> ChargeState:
        """See `Gateway.charge`."""
        with self._memory() as memory:
            charge = _known(memory.find_charge(handle), handle)
            if not charge.answer:
                memory.take(handle, now)
            return _charge_state(_known(memory.find_charge(handle), handle), now)

    def answer(self, *, handle: str, is_accepted: bool, now: datetime) -> ChargeState:
        """What a listener answers the bank of `ASKS_FIRST`; the first answer stays."""
        with self._memory() as memory:
            charge = _known(memory.find_charge(handle), handle)
            if state_of(charge, now)[0] == "action":
                memory.answer(handle, "accepted" if is_accepted else "refused", now)
            return _charge_state(_known(memory.find_charge(handle), handle), now)

    def find_charge(self, *, handle: str, now: datetime) -> ChargeState | None:
        """See `Gateway.find_charge`."""
        with self._memory() as memory:
            charge = memory.find_charge(handle)
            return _charge_state(charge, now) if charge else None

    def cancel(self, *, handle: str, now: datetime) -> ChargeState | None:
        """See `Gateway.cancel`."""
        with self._memory() as memory:
            charge = memory.find_charge(handle)
            if charge is None:
                return None
            if state_of(charge, now)[0] in ("begun", "action"):
                memory.answer(handle, "cancelled", now)
            return _charge_state(_known(memory.find_charge(handle), handle), now)

    def refund(
        self, *, handle: str, refund_reference: str, amount: Money, now: datetime
    ) -> RefundState:
        """See `Gateway.refund`."""
        with self._memory() as memory:
            if memory.find_refund(refund_reference) is None:
                charge = _known(memory.find_charge(handle), handle)
                if state_of(charge, now)[0] != "succeeded":
                    raise GatewayRefusedError("nothing was charged that could go back")
                if amount > charge.amount - _gone_back(memory, handle, now):
                    raise GatewayRefusedError("more would go back than came")
                memory.keep_refund(refund_reference, handle, amount, now)
            refund = memory.find_refund(refund_reference)
            if refund is None or (refund.charge.reference, refund.amount) != (handle, amount):
                raise GatewayRefusedError(f"{refund_reference} is the name of another refund")
            return _refund_state(refund, now)

    def find_refund(
        self, *, handle: str, refund_reference: str, now: datetime
    ) -> RefundState | None:
        """See `Gateway.find_refund`."""
        with self._memory() as memory:
            refund = memory.find_refund(refund_reference)
            is_of_charge = refund is not None and refund.charge.reference == handle
            return _refund_state(refund, now) if refund and is_of_charge else None

    def get_refund(self, *, refund_handle: str, now: datetime) -> RefundState:
        """See `Gateway.get_refund`. The sandbox's name for a refund is ours."""
        with self._memory() as memory:
            refund = memory.find_refund(refund_handle)
            if refund is None:
                raise GatewayRefusedError(f"the sandbox knows no refund {refund_handle}")
            return _refund_state(refund, now)

    def get_dispute(self, *, dispute_handle: str, now: datetime) -> DisputeState:
        """See `Gateway.get_dispute`. A dispute is named `dispute-` and its charge's reference."""
        with self._memory() as memory:
            charge = memory.find_charge(dispute_handle.removeprefix("dispute-"))
            state = dispute_state(charge, now) if charge else ""
            if charge is None or not state:
                raise GatewayRefusedError(f"the sandbox knows no dispute {dispute_handle}")
            currency = charge.amount.currency
            return DisputeState(
                reference=dispute_handle,
                charge_reference=charge.reference,
                charge_handle=charge.reference,
                state=state,
                amount=charge.amount,
                fee=Money.zero(currency) if state == "inquiry" else dispute_fee(currency),
                reason="fraudulent",
                raw={"reference": dispute_handle, "state": state},
            )

    def list_activity(self, *, within: Period, now: datetime) -> Iterator[Activity]:
        """See `Gateway.list_activity`."""
        with self._memory() as memory:
            lines = [
                line
                for charge in memory.iterate_charges()
                for line in _charge_activity(charge, now)
            ]
            lines += [
                line
                for refund in memory.iterate_refunds()
                for line in _refund_activity(refund, now)
            ]
        lines.sort(key=lambda line: line.at, reverse=True)
        yield from (line for line in lines if line.at in within)

    def list_messages(self, *, now: datetime) -> Iterator[tuple[Mapping[str, str], bytes]]:
        """See `SpeaksHere.list_messages`: it writes of disputes alone, as each moves on."""
        with self._memory() as memory:
            disputes = [
                (f"dispute-{charge.reference}", state)
                for charge in memory.iterate_charges()
                if (state := dispute_state(charge, now))
            ]
        for handle, state in disputes:
            yield self.compose_message(
                kind=NoticeKind.DISPUTE, handle=handle, event_id=f"{handle}-{state}", now=now
            )

    def compose_message(
        self, *, kind: NoticeKind, handle: str, event_id: str, now: datetime
    ) -> tuple[dict[str, str], bytes]:
        """The headers and the body of a message that the sandbox would send about `handle`."""
        said = {"id": event_id, "kind": kind, "handle": handle, "at": now.isoformat()}
        body = json.dumps(said).encode()
        sent_at = str(int(now.timestamp()))
        return {SIGNATURE_HEADER: f"{sent_at}.{self._sign(sent_at, body)}"}, body

    def read_event(
        self, *, headers: Mapping[str, str], body: bytes, now: datetime
    ) -> GatewayNotice:
        """See `Gateway.read_event`."""
        sent_at, _, signature = headers.get(SIGNATURE_HEADER, "").partition(".")
        fits = hmac.compare_digest(signature.encode(), self._sign(sent_at, body).encode())
        if not fits or not sent_at.isdecimal():
            raise BadSignatureError("the message is not signed by the sandbox")
        if abs(now.timestamp() - int(sent_at)) > MESSAGE_LASTS.total_seconds():
            raise BadSignatureError("the message was signed too long ago")
        return self.read_stored(body=body)

    def read_stored(self, *, body: bytes) -> GatewayNotice:
        """See `Gateway.read_stored`."""
        try:
            said = json.loads(body)
            return GatewayNotice(
                gateway=self.name,
                event_id=str(said["id"]),
                event_type=str(said["kind"]),
                kind=NoticeKind(said["kind"]),
                handle=str(said["handle"]),
                said_at=datetime.fromisoformat(said["at"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableMessageError(f"the message cannot be read: {error!r}") from error

    def _sign(self, sent_at: str, body: bytes) -> str:
        signed = sent_at.encode() + b"." + body
        return hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()

    @contextmanager
    def _memory(self) -> Iterator[SandboxMemory]:
        """The memory; a folder that fails is this gateway's broken line."""
        try:
            memory = SandboxMemory(self.folder)
            memory.check_trouble()
            yield memory
        except OSError as error:
            raise GatewayUnreachableError(
                f"The card service gave no answer: {error}. What became of it is asked later."
            ) from error


def _known(charge: ChargeRecord | None, handle: str) -> ChargeRecord:
    if charge is None:
        raise GatewayRefusedError(f"the sandbox knows no charge {handle}")
    return charge


def _charge_state(charge: ChargeRecord, now: datetime) -> ChargeState:
    state, reason = state_of(charge, now)
    return ChargeState(
        reference=charge.reference,
        state=state,
        amount=charge.amount,
        decline_reason=reason,
        raw={"reference": charge.reference, "state": state, "last4": charge.number[-4:]},
        handle=charge.reference,
        fee=fee_of(charge) if state == "succeeded" else None,
        card_country=COUNTRIES.get(charge.number, ""),
    )


def _refund_state(refund: RefundRecord, now: datetime) -> RefundState:
    state, reason = refund_state(refund, now)
    return RefundState(
        refund_reference=refund.reference_given,
        handle=refund.refund_reference,
        charge_handle=refund.charge.reference,
        state=state,
        amount=refund.amount,
        decline_reason=reason,
        raw={"reference": refund.refund_reference, "state": state},
    )


def _gone_back(memory: SandboxMemory, handle: str, now: datetime) -> Money:
    charge = _known(memory.find_charge(handle), handle)
    back = (
        refund.amount
        for refund in memory.iterate_refunds()
        if refund.charge.reference == handle and refund_state(refund, now)[0] != "declined"
    )
    return Money.total(back, charge.amount.currency)


def _charge_activity(charge: ChargeRecord, now: datetime) -> Iterator[Activity]:
    """The charge, the dispute that took it away, and the one that brought it back."""
    reference, currency = charge.reference, charge.amount.currency
    dispute, none = f"dispute-{reference}", Money.zero(currency)
    at = taken_at(charge)
    if at is None or state_of(charge, now)[0] != "succeeded":
        return
    kind, fee = ActivityKind.CHARGE, fee_of(charge)
    yield Activity(kind, reference, reference, reference, charge.amount, fee, at)
    opened_at, state = disputed_at(charge), dispute_state(charge, now)
    if opened_at is None or state in ("", "inquiry"):
        return
    kind, fee = ActivityKind.DISPUTE, dispute_fee(currency)
    yield Activity(kind, dispute, reference, reference, -charge.amount, fee, opened_at)
    if state == "won":
        # The money comes back, the fee does not.
        kind, at = ActivityKind.DISPUTE_WON, opened_at + DISPUTE_LASTS
        yield Activity(kind, dispute, reference, reference, charge.amount, none, at)


def _refund_activity(refund: RefundRecord, now: datetime) -> Iterator[Activity]:
    """The refund once it succeeded, and its money where the card did not take it."""
    reference, charge = refund.refund_reference, refund.charge.reference
    none = Money.zero(refund.amount.currency)
    state, _ = refund_state(refund, now)
    if state == "pending":
        return
    kind = ActivityKind.REFUND
    given = refund.reference_given
    yield Activity(kind, reference, charge, given, -refund.amount, none, refund.asked_at)
    if state == "declined":
        at = refund.asked_at + DELAY
        kind = ActivityKind.REFUND_FAILED
        yield Activity(kind, reference, charge, given, refund.amount, none, at)
