"""Writes to vouchers and gifts, and to what is counted of codes that are tried."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.operations import hold_account, open_accounts
from pennywhistle.shop.ledger.seal_operations import sealed_days_told
from pennywhistle.shop.payments.chart import new_account
from pennywhistle.shop.payments.codes.models import CodeTry, Gift, Voucher
from pennywhistle.shop.payments.codes.queries import (
    count_open_gifts,
    gift_facts,
    voucher_facts,
)
from pennywhistle.shop.payments.codes.rules import (
    CodeTakenError,
    GiftFacts,
    GiftRefusedError,
    UnknownCodeError,
    UnknownGiftError,
    VoucherRefusedError,
    check_gift,
    check_voucher,
    code_sha256,
    gift_transfers,
    voucher_transfers,
)
from pennywhistle.shop.payments.codes.tries import (
    FORGOTTEN_AFTER,
    Claim,
    Tries,
    check_tries,
    free_of,
    one_less,
    one_less_opened,
    one_more,
)
from pennywhistle.shop.payments.going_back.queries import get_shortage
from pennywhistle.shop.payments.going_back.rules import WalletShutError
from pennywhistle.shop.payments.operations import hold_wallet, post_due
from pennywhistle.shop.payments.rules import wallet_code
from pennywhistle.shop.payments.top_ups.rules import TopUpLimits


@sealed_days_told()
def store_vouchers(
    *,
    codes: Sequence[str],
    batch: str,
    amount: Money,
    now: datetime,
    expires_at: datetime | None = None,
    is_free: bool = False,
) -> None:
    """Keep new vouchers by the fingerprints of their codes; those that are kept already stay.
    Transaction: one of its own. Raises `CodeTakenError` for a code that is kept as another voucher,
    and then keeps none; `SealedDayError`."""
    worth = {
        "batch": batch,
        "amount_micros": amount.micros,
        "currency": amount.currency,
        "is_free": is_free,
        "expires_at": expires_at,
    }
    prints = dict.fromkeys(code_sha256(code) for code in codes)
    with transaction.atomic():
        known = Voucher.objects.filter(code_sha256__in=prints)
        kept = set(known.values_list("code_sha256", flat=True))
        if known.filter(**worth).count() != len(kept):
            raise CodeTakenError(
                "some of these codes are vouchers already, of another batch, worth or end: make new codes"
            )
        Voucher.objects.bulk_create(
            Voucher(code_sha256=each, issued_at=now, **worth) for each in prints if each not in kept
        )


def mark_sold(*, batch: str, codes: Collection[str], now: datetime) -> Money | None:
    """Some till has sold vouchers of a batch (the `codes` alone, if any): at most `SOLD_AT_ONCE` of
    those that are neither given away, nor told as sold, nor redeemed, nor at their end. What they
    are worth, None where there are none (left).

    Transaction: one of its own.
    """
    lasting = Q(expires_at=None) | Q(expires_at__gt=now)
    if codes:
        lasting &= Q(code_sha256__in=[code_sha256(code) for code in codes])
    with transaction.atomic():
        rows = Voucher.objects.select_for_update().filter(
            lasting, batch=batch, is_free=False, sold_at=None, redeemed_at=None
        )
        chosen = list(rows.order_by("currency", "pk")[:SOLD_AT_ONCE])
        chosen = [row for row in chosen if row.currency == chosen[0].currency]
        for row in chosen:
            row.sold_at = now
        Voucher.objects.bulk_update(chosen, ["sold_at"])
        facts = [voucher_facts(row=row) for row in chosen]
        post_due(transfers=[each for one in facts for each in voucher_transfers(facts=one)])
    if not chosen:
        return None
    return Money.total((one.amount for one in facts), chosen[0].currency)


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a code was worth; `is_first` is False where its person had redeemed it before, `is_gift`
    tells a gift from a voucher of the store."""

    worth: Money
    is_first: bool
    is_gift: bool = False


def redeem(*, code: str, person_id: int, accepted: Collection[str], now: datetime) -> Redeemed:
    """Move a voucher's worth into a wallet, once; `accepted` as for `check_voucher`. Transaction: one of its own.

    Whoever redeemed it and sends it again is told what it was worth, and nothing moves. Raises
    `VoucherRefusedError`.
    """
    fingerprint = code_sha256(code)
    with transaction.atomic():
        voucher = Voucher.objects.select_for_update().filter(code_sha256=fingerprint).first()
        if voucher is None:
            raise UnknownCodeError("This code is not one of ours. Check it against the paper.")
        amount = Money(voucher.amount_micros, voucher.currency)
        if voucher.redeemed_by_id == person_id:
            return Redeemed(amount, is_first=False)
        if voucher.redeemed_by_id is not None:
            raise VoucherRefusedError("This voucher has been used already.")
        check_voucher(
            currency=voucher.currency,
            accepted=accepted,
            expires_at=voucher.expires_at,
            now=now,
        )
        hold_wallet(person_id=person_id, currency=voucher.currency)
        voucher.redeemed_by_id = person_id
        voucher.redeemed_at = now
        voucher.save(update_fields=["redeemed_by", "redeemed_at"])
        post_due(transfers=voucher_transfers(facts=voucher_facts(row=voucher)))
    return Redeemed(amount, is_first=True)


# Vouchers that are told as sold in one transaction.
SOLD_AT_ONCE = 500

# Rows of forgotten tries that one try takes away.
SWEPT_AT_ONCE = 20


def buy_gift(
    *,
    gift_id: UUID,
    code: str,
    buyer_id: int,
    amount: Money,
    greeting: str,
    limits: TopUpLimits,
    now: datetime,
) -> GiftFacts:
    """Move money out of a wallet behind a code, once under that id.

    Transaction: one of its own; it holds the wallet. Raises `GiftRefusedError`, `WalletShutError`
    where a dispute left the wallet short, `OverdrawnError`.
    """
    with transaction.atomic():
        wallet = wallet_code(person_id=buyer_id, currency=amount.currency)
        open_accounts(accounts=[new_account(code=wallet)])
        hold_account(code=wallet)
        known = Gift.objects.filter(pk=gift_id).first()
        if known is not None:
            if (known.buyer_id, known.amount_micros) != (buyer_id, amount.micros):
                raise GiftRefusedError("This form was sent before with another amount.")
            return gift_facts(row=known)
        check_gift(
            amount=amount,
            greeting=greeting,
            open_count=count_open_gifts(buyer_id=buyer_id),
            limits=limits,
        )
        if shortage := get_shortage(person_id=buyer_id, currency=amount.currency):
            raise WalletShutError(missing=shortage)
        row = Gift.objects.create(
            id=gift_id,
            code_sha256=code_sha256(code),
            buyer_id=buyer_id,
            amount_micros=amount.micros,
            currency=amount.currency,
            greeting=greeting,
            bought_at=now,
        )
        return _post_for(row)


def redeem_gift(*, code: str, person_id: int, accepted: Collection[str], now: datetime) -> Redeemed:
    """Move a gift into a wallet, once; whoever redeemed it and sends it again is told its worth.

    Its own buyer takes it back by that, so that the money is what it was before. It is worth nothing
    while a dispute leaves its buyer's wallet short. Transaction: one of its own. Raises `VoucherRefusedError`, of which `UnknownCodeError` is one.
    """
    with transaction.atomic():
        rows = Gift.objects.select_for_update().filter(code_sha256=code_sha256(code))
        row = rows.first()
        if row is None:
            raise UnknownCodeError("This code is not one of ours. Check it against the paper.")
        amount = Money(row.amount_micros, row.currency)
        taker_id = row.buyer_id if row.taken_back_at is not None else row.redeemed_by_id
        if taker_id == person_id:
            return Redeemed(amount, is_first=False, is_gift=True)
        if row.redeemed_at is not None:
            raise VoucherRefusedError("This gift has been redeemed already.")
        if row.taken_back_at is not None:
            raise VoucherRefusedError("Whoever bought this gift has taken it back.")
        check_voucher(currency=row.currency, accepted=accepted, expires_at=None, now=now)
        if row.buyer_id == person_id:
            row.taken_back_at = now
        elif get_shortage(person_id=row.buyer_id, currency=row.currency):
            raise VoucherRefusedError(
                "This gift waits until its buyer has settled something with the shop. Ask them."
            )
        else:
            hold_wallet(person_id=person_id, currency=row.currency)
            row.redeemed_by_id, row.redeemed_at = person_id, now
        row.save(update_fields=["redeemed_by", "redeemed_at", "taken_back_at"])
        _post_for(row)
    return Redeemed(amount, is_first=True, is_gift=True)


def take_back_gift(*, gift_id: UUID, buyer_id: int, now: datetime) -> GiftFacts:
    """Move a gift that nobody has redeemed back to its buyer; again, nothing changes.

    Transaction: one of its own. Raises `UnknownGiftError`, `GiftRefusedError`.
    """
    with transaction.atomic():
        row = Gift.objects.select_for_update().filter(pk=gift_id, buyer_id=buyer_id).first()
        if row is None:
            raise UnknownGiftError(f"no gift of yours has the number {gift_id}")
        if row.redeemed_at is not None:
            raise GiftRefusedError("This gift has been redeemed already, so it stays where it is.")
        if row.taken_back_at is None:
            row.taken_back_at = now
            row.save(update_fields=["taken_back_at"])
        return _post_for(row)


def _post_for(row: Gift) -> GiftFacts:
    """Post what a gift must have by now."""
    facts = gift_facts(row=row)
    post_due(transfers=gift_transfers(facts=facts))
    return facts


def claim_try(*, subjects: Sequence[str], now: datetime) -> Claim:
    """Count a code as wrong before it is looked at, so that many at once are counted too.

    `give_back_try` takes it off again for a code that is known. Transaction: one of its own. Raises
    `TooManyTriesError` where a subject has to wait, and then counts nothing.
    """
    with transaction.atomic():
        for subject in sorted(subjects):
            CodeTry.objects.get_or_create(subject=subject, defaults={"tried_at": now})
        rows = _hold_tries(subjects)
        before = {row.subject: row.tried_at for row in rows}
        for row in rows:
            free, tries = free_of(subject=row.subject), _tries_of(row)
            check_tries(tries=tries, free=free, now=now)
            _keep_tries(row, one_more(tries=tries, free=free, now=now))
        old = CodeTry.objects.filter(tried_at__lt=now - FORGOTTEN_AFTER)
        stale = list(old.select_for_update(skip_locked=True)[:SWEPT_AT_ONCE])
        old.filter(pk__in=[row.pk for row in stale]).delete()
    return Claim(claimed_at=now, before=before)


def give_back_try(*, claim: Claim, is_good: bool = True) -> None:
    """A code was known: its try does not count, nor do the wrong ones of its person before it. Where
    nobody knows (not `is_good`), the try alone does not. Transaction: one of its own; it holds the
    rows in the order in which `claim_try` does."""
    with transaction.atomic():
        for row in _hold_tries(claim.before):
            left = one_less(tries=_tries_of(row), claim=claim, subject=row.subject, is_good=is_good)
            _keep_tries(row, left)


def give_back_old_try(*, subjects: Sequence[str], now: datetime) -> None:
    """As `give_back_try`, for a try whose claim nobody has kept; the wrong ones of its person still
    count. To be called once for each claim. Transaction: one of its own."""
    with transaction.atomic():
        for row in _hold_tries(subjects):
            free = free_of(subject=row.subject)
            _keep_tries(row, one_less_opened(tries=_tries_of(row), free=free, now=now))


def _hold_tries(subjects: Collection[str]) -> list[CodeTry]:
    """The rows of those subjects, locked, always in the same order."""
    rows = CodeTry.objects.select_for_update().filter(subject__in=[*subjects])
    return list(rows.order_by("subject"))


def _tries_of(row: CodeTry) -> Tries:
    return Tries(row.misses, row.tried_at)


def _keep_tries(row: CodeTry, tries: Tries) -> None:
    row.misses, row.tried_at = tries.misses, tries.tried_at
    row.save(update_fields=["misses", "tried_at"])
