"""Reads of files of payments, and of what the bank told of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

from django.db.models import Count, Max, Q, Sum

from pennywhistle.kit.money import Money
from pennywhistle.kit.payment_files import Payment
from pennywhistle.shop.payments.banking.queries import list_entries_by_key
from pennywhistle.shop.royalties.models import (
    Payout,
    PayoutBooking,
    PayoutFile,
    PayoutOrder,
    PayoutReturn,
)
from pennywhistle.shop.royalties.payout_files import (
    PAYMENTS_MOST,
    FileFacts,
    FileHead,
    Sender,
    UnknownFileError,
    digest_of,
)
from pennywhistle.shop.royalties.payout_queries import IDS_AT_ONCE, list_payouts_by_id
from pennywhistle.shop.royalties.payout_terms import CURRENCY
from pennywhistle.shop.royalties.payouts import PayoutFacts, bank_reference

FILES_SHOWN = 50


def find_file(*, file_id: UUID) -> FileFacts | None:
    """The file of that id, or None. Two queries."""
    row = PayoutFile.objects.filter(pk=file_id).first()
    if row is None:
        return None
    orders = PayoutOrder.objects.filter(file=row).select_related("payout").order_by("position")
    return FileFacts(
        id=row.pk,
        version=row.version,
        sender=Sender(row.debtor, row.iban, row.bic),
        execute_on=row.execute_on,
        made_at=row.made_at,
        payments=tuple(payment_of(order=order, amount=_amount(order.payout)) for order in orders),
    )


def payment_of(*, order: PayoutOrder, amount: Money) -> Payment:
    """A payment of a file as its row says. No query."""
    return Payment(
        reference=bank_reference(id=order.payout_id),
        amount=amount,
        holder=order.holder,
        iban=order.iban,
        bic=order.bic,
        text=order.text,
    )


def get_file(*, file_id: UUID) -> FileFacts:
    """The file of that id, or `UnknownFileError`. Two queries."""
    found = find_file(file_id=file_id)
    if found is None:
        raise UnknownFileError(
            f"no file of payments has the id {file_id}; `payout files` shows them"
        )
    return found


def list_files() -> list[FileHead]:
    """The newest files. One query."""
    rows = PayoutFile.objects.annotate(open=Count("orders", filter=Q(orders__payout__end=None)))
    return [_head(row, row.open) for row in rows.order_by("-made_at", "-pk")[:FILES_SHOWN]]


def list_unsent(*, licensor_ids: Collection[int] | None = None) -> list[PayoutFacts]:
    """Payouts on their way that stand in no file, of these licensors or of all, the oldest first, as
    many as one takes. Two queries."""
    rows = Payout.objects.filter(end=None, order=None, currency=CURRENCY).order_by("made_at", "pk")
    if licensor_ids is not None:
        rows = rows.filter(licensor_id__in=licensor_ids)
    ids = list(rows.values_list("pk", flat=True)[:PAYMENTS_MOST])
    found = list_payouts_by_id(payout_ids=ids)
    return [found[each] for each in ids]


def list_file_payouts(
    *, file_ids: Collection[UUID]
) -> dict[UUID, tuple[FileHead, tuple[UUID, ...]]]:
    """Those files, and the payouts of each in their order. Two queries for every `IDS_AT_ONCE`."""
    ids = sorted(file_ids)
    found = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        rows = PayoutFile.objects.filter(pk__in=ids[start : start + IDS_AT_ONCE])
        for row in rows.prefetch_related("orders"):
            orders = sorted(row.orders.all(), key=lambda order: order.position)
            found[row.pk] = (_head(row, 0), tuple(order.payout_id for order in orders))
    return found


def iterate_wrong_payouts() -> Iterator[tuple[str, str]]:
    """Files whose payments are no longer what they were, and payouts that no entry of the bank account
    bears out: what it is, and what is wrong. Three queries, two for each file, one for each payout."""
    rows = PayoutFile.objects.annotate(
        n=Count("orders"),
        s=Sum("orders__payout__amount_micros", default=0),
        last=Max("orders__position", default=0),
    )
    for row in rows.order_by("pk").iterator(chunk_size=2_000):
        if (row.n, row.s) != (row.payment_count, row.total_micros):
            said, kept = _head(row, 0).total, Money(row.s, CURRENCY)
            yield (
                f"payout file {row.pk}",
                f"it has {row.payment_count} payments of {said}, and {row.n} of {kept} are kept",
            )
        elif row.last != row.n or digest_of(file=get_file(file_id=row.pk).contents) != row.digest:
            yield f"payout file {row.pk}", "it or a payment of it is no longer what was sent"
    yield from _wrong_bookings()
    yield from _wrong_returns()


def _wrong_bookings() -> Iterator[tuple[str, str]]:
    rows = PayoutBooking.objects.select_related("payout__end", "payout__order__file")
    for row in rows.order_by("pk").iterator(chunk_size=2_000):
        payout, order = row.payout, getattr(row.payout, "order", None)
        amounts = {payout.amount_micros, order.file.total_micros if order else 0}
        yield from _held_against(row, amounts, is_credit=False)


def _wrong_returns() -> Iterator[tuple[str, str]]:
    rows = PayoutReturn.objects.select_related("payout__end")
    for row in rows.order_by("pk").iterator(chunk_size=2_000):
        yield from _held_against(row, {row.payout.amount_micros}, is_credit=True)


def _held_against(
    row: PayoutBooking | PayoutReturn, amounts: set[int], *, is_credit: bool
) -> Iterator[tuple[str, str]]:
    where, end = f"document payout/{row.payout_id}", getattr(row.payout, "end", None)
    if end is None or not end.is_paid:
        yield where, "the bank account tells of it, and it is not paid"
    entry = list_entries_by_key(keys=[row.entry_key]).get(row.entry_key)
    if entry is None:
        yield where, "no entry of the bank account bears it out"
        return
    facts = entry[1]
    if facts.is_credit != is_credit or facts.amount.micros not in amounts:
        yield where, f"the entry of the bank account is of {facts.amount}, and not this payout's"
    if facts.booked_on != row.booked_on:
        yield where, f"it was booked on {facts.booked_on}, and says {row.booked_on}"
    if is_credit and facts.outcome != "ours":
        yield where, "it came back by an entry that is said to be another's"


def _amount(row: Payout) -> Money:
    return Money(row.amount_micros, row.currency)


def _head(row: PayoutFile, open_count: int) -> FileHead:
    return FileHead(
        id=row.pk,
        made_at=row.made_at,
        payment_count=row.payment_count,
        total=Money(row.total_micros, CURRENCY),
        open_count=open_count,
    )
