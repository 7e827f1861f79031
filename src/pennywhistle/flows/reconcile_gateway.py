"""Hold a gateway's own list against the books, and name every difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pennywhistle.adapters.gateways.interface import Activity, ActivityKind, Gateway
from pennywhistle.flows.watch_gateways import asking
from pennywhistle.kit.clock import Period
from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.movement_queries import (
    list_documents,
    list_nets,
)
from pennywhistle.shop.ledger.queries import list_codes
from pennywhistle.shop.payments.banking.queries import list_payouts
from pennywhistle.shop.payments.banking.rules import EntryFacts
from pennywhistle.shop.payments.going_back.queries import list_top_ups_beyond
from pennywhistle.shop.payments.rules import clearing_code
from pennywhistle.shop.payments.top_ups.models import TopUp
from pennywhistle.shop.payments.top_ups.queries import (
    list_top_ups_by_handle,
    list_top_ups_settled,
    top_up_facts,
)

# Both sides date what happened by their own clocks: what one has shortly outside the period may
# answer what the other has inside.
SLACK = timedelta(days=1)

# A payout is in the bank account so long after it was sent at the latest: banks take a few working
# days. https://docs.stripe.com/payouts
PAYOUT_LASTS = timedelta(days=14)

_REFUNDS = (ActivityKind.REFUND, ActivityKind.REFUND_FAILED)
_DISPUTES = (ActivityKind.DISPUTE, ActivityKind.DISPUTE_WON)
# Documents of ours that must have their like on the gateway's list.
_ANSWERED = ("pay-back/", "dispute/")


class Kind(StrEnum):
    """What differs."""

    MISSING_HERE = "missing here"
    MISSING_THERE = "missing there"
    AMOUNT = "amount differs"
    FEE = "fee differs"
    REFUND = "refund differs"
    DISPUTE = "dispute differs"
    PAYOUT = "payout differs"
    UNKNOWN = "unknown there"
    BEYOND = "more went back than came"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, and what it is about."""

    kind: Kind
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was compared. `taken` is what the gateway took by charges, by currency."""

    charges: int
    others: int
    taken: tuple[Money, ...]
    paid_out: tuple[Money, ...]
    differences: tuple[Difference, ...]


def reconcile_gateway(*, gateway: Gateway, within: Period, now: datetime) -> Reconciliation:
    """Compare a gateway's list of a period with the books. Reads only; holds the list in memory.

    A payout is compared with what the bank's statements told of that gateway, by its amount, once it
    has had time to arrive. Raises what the gateway raises.
    """
    ends_at = within.ends_at or now
    wide = Period(within.starts_at - PAYOUT_LASTS, ends_at + SLACK)
    with asking(gateway=gateway, now=now):
        theirs = list(gateway.list_activity(within=wide, now=now))
    inside = [line for line in theirs if line.at in within]
    differences = [
        *_compare_charges(gateway, theirs, inside, within),
        *_compare_documents(gateway, theirs, inside, Period(within.starts_at, ends_at)),
        *_compare_payouts(gateway, theirs, Period(within.starts_at, ends_at), now),
        *_name_unknown(inside),
        *_name_beyond(gateway, Period(within.starts_at, ends_at)),
    ]
    charges = [line for line in inside if line.kind is ActivityKind.CHARGE]
    payouts = [line for line in inside if line.kind is ActivityKind.PAYOUT]
    return Reconciliation(
        charges=len(charges),
        others=len(inside) - len(charges),
        taken=_totals(line.amount for line in charges),
        paid_out=_totals(-line.amount for line in payouts),
        differences=tuple(differences),
    )


def _compare_charges(
    gateway: Gateway, theirs: list[Activity], inside: list[Activity], within: Period
) -> Iterator[Difference]:
    """Each charge against its top-up, and each top-up against its charge."""
    charges = {line.handle: line for line in theirs if line.kind is ActivityKind.CHARGE}
    handles = {line.handle for line in inside if line.kind is ActivityKind.CHARGE}
    ours = list_top_ups_by_handle(gateway=gateway.name, handles=handles)
    for handle in sorted(handles):
        yield from _compare_charge(charges[handle], ours.get(handle))
    for top_up in list_top_ups_settled(gateway=gateway.name, within=within):
        if top_up.handle not in charges:
            amount = Money(top_up.amount_micros, top_up.currency)
            said = f"top-up {top_up.pk} of {amount}, charge {top_up.handle or 'without a name'}"
            yield Difference(Kind.MISSING_THERE, said)


def _compare_charge(line: Activity, top_up: TopUp | None) -> Iterator[Difference]:
    what = f"charge {line.handle} of {line.amount} at {line.at:%Y-%m-%d %H:%M}"
    if top_up is None:
        yield Difference(Kind.MISSING_HERE, f"{what} belongs to no top-up")
        return
    facts = top_up_facts(row=top_up)
    if not facts.has_succeeded:
        yield Difference(Kind.MISSING_HERE, f"{what}: top-up {facts.id} is {top_up.state}")
        return
    if not _is_same(facts.amount, line.amount):
        yield Difference(Kind.AMOUNT, f"{what}: top-up {facts.id} is of {facts.amount}")
    if facts.fee is None:
        if line.fee:
            yield Difference(Kind.FEE, f"{what}: it kept {line.fee}, and no fee is posted")
    elif not _is_same(facts.fee, line.fee):
        yield Difference(Kind.FEE, f"{what}: it kept {line.fee}, and {facts.fee} is posted")


def _compare_documents(
    gateway: Gateway, theirs: list[Activity], inside: list[Activity], within: Period
) -> Iterator[Difference]:
    """Refunds and disputes: what each moved there, all in all, against what its document moved."""
    moved: dict[str, list[Activity]] = defaultdict(list)
    for line in theirs:
        if (document := _document(gateway, line)) is not None:
            moved[document].append(line)
    wanted = {document for line in inside if (document := _document(gateway, line)) is not None}
    prefix = clearing_code(gateway=gateway.name, currency="")
    nets: dict[str, Money] = {}
    for code in list_codes(prefix=prefix):
        posted = list_documents(code=code, within=within)
        wanted |= {document for document in posted if document.startswith(_ANSWERED)}
        nets |= list_nets(code=code, documents=wanted)
    for document in sorted(wanted):
        yield from _compare_document(document, moved.get(document, []), nets.get(document))


def _compare_document(
    document: str, lines: list[Activity], net: Money | None
) -> Iterator[Difference]:
    is_refund = document.startswith("pay-back/") or any(line.kind in _REFUNDS for line in lines)
    if not lines:
        if net is not None and net:
            yield Difference(Kind.MISSING_THERE, f"{document}: {net} is posted")
        return
    amounts = [line.amount - line.fee for line in lines]
    there = Money.total(amounts, amounts[0].currency)
    # The clearing account is an asset: what the gateway gave away comes in here.
    here = net if net is not None else Money.zero(there.currency)
    if not _is_same(here, -there):
        kind = Kind.REFUND if is_refund else Kind.DISPUTE
        yield Difference(kind, f"{document}: it moved {there} there, and {-here} here")


def _compare_payouts(
    gateway: Gateway, theirs: list[Activity], within: Period, now: datetime
) -> Iterator[Difference]:
    """Each payout against an entry of the bank account that the operator gave to this gateway, and
    each such entry against a payout: of one amount, not before it, within `PAYOUT_LASTS`."""
    ends_at = within.ends_at or now
    payouts = [line for line in theirs if line.kind is ActivityKind.PAYOUT]
    # One that the bank did not take comes back under the same name.
    came_back = {line.handle for line in payouts if line.amount.micros > 0}
    sent = [line for line in payouts if line.handle not in came_back]
    arrived = list_payouts(
        gateway=gateway.name, within=Period(within.starts_at, ends_at + PAYOUT_LASTS)
    )
    for line in sorted(sent, key=lambda line: line.at):
        answer = next((one for one in arrived if _answers(line, one)), None)
        if answer is not None:
            arrived.remove(answer)
        elif line.at in within and now - line.at > PAYOUT_LASTS:
            said = f"payout {line.handle} of {-line.amount} at {line.at:%Y-%m-%d}"
            yield Difference(Kind.PAYOUT, f"{said} is on no bank statement")
    for entry in arrived:
        if entry.booked_on < ends_at.date():
            said = f"{entry.amount} came to the bank on {entry.booked_on}"
            yield Difference(Kind.PAYOUT, f"{said} ({entry.document}), and no payout is of that")


def _answers(line: Activity, entry: EntryFacts) -> bool:
    waited = entry.booked_on - line.at.date()
    return _is_same(entry.amount, -line.amount) and timedelta() <= waited <= PAYOUT_LASTS


def _document(gateway: Gateway, line: Activity) -> str | None:
    if line.kind in _REFUNDS and line.reference:
        return f"pay-back/{line.reference}"
    if line.kind in (*_REFUNDS, *_DISPUTES):
        # A refund without a reference of ours was made there: it is booked as a dispute.
        return f"dispute/{gateway.name}/{line.handle}"
    return None


def _name_unknown(inside: list[Activity]) -> Iterator[Difference]:
    """What the gateway charged or moved that no document here is about."""
    for line in inside:
        if line.kind in (ActivityKind.FEE, ActivityKind.OTHER):
            said = (
                f"{line.kind} {line.handle}: {line.amount}, kept {line.fee}, at {line.at:%Y-%m-%d}"
            )
            yield Difference(Kind.UNKNOWN, said)


def _name_beyond(gateway: Gateway, within: Period) -> Iterator[Difference]:
    """Top-ups that were paid back and disputed too: both sides say so, and the store pays twice."""
    for one in list_top_ups_beyond(gateway=gateway.name, within=within):
        said = f"top-up {one.id} brought {one.brought}, and {one.gone_back} of it went back"
        yield Difference(Kind.BEYOND, f"{said} by refunds and disputes: object to the dispute")


def _is_same(ours: Money, theirs: Money) -> bool:
    return (ours.currency, ours.micros) == (theirs.currency, theirs.micros)


def _totals(amounts: Iterable[Money]) -> tuple[Money, ...]:
    totals: Mapping[str, list[Money]] = defaultdict(list)
    for amount in amounts:
        totals[amount.currency].append(amount)
    return tuple(Money.total(each, currency) for currency, each in sorted(totals.items()))
