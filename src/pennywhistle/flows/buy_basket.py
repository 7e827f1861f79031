"""Buy what a quote offers: wallet, ledger, royalties and library in one transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.operations import hold_account, post
from pennywhistle.shop.library.operations import add_items
from pennywhistle.shop.library.queries import list_owned_pairs
from pennywhistle.shop.licensing.queries import list_terms_by_id
from pennywhistle.shop.licensing.rules import LicenceTerms
from pennywhistle.shop.payments.operations import open_wallet
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.royalties.operations import accrue
from pennywhistle.shop.sales.models import Quote
from pennywhistle.shop.sales.operations import (
    hold_quote,
    open_sales_accounts,
    store_purchase,
)
from pennywhistle.shop.sales.queries import PurchaseFacts, find_purchase_of_quote
from pennywhistle.shop.sales.rules import (
    AlreadyOwnedError,
    NotEnoughMoneyError,
    QuoteExpiredError,
    check_quote_stands,
    sale_transfers,
)


def buy_basket(
    *, quote_id: UUID, person_id: int, now: datetime, waiver_text: str = ""
) -> PurchaseFacts:
    """Consume a person's quote as it stands; nothing is recomputed (law 3).

    `waiver_text` is the version of the words by which they gave up the right of withdrawal, empty
    where they did not (`shop/sales/waiver.py`).

    Buying the same quote again returns the purchase that it became. Transaction: one of its own,
    durable; no file, network or encoder inside. Raises `QuoteNotYoursError`, `QuoteExpiredError`
    (also where a licence of it has ended), `NotEnoughMoneyError`, `AlreadyOwnedError`; then
    nothing has changed.
    """
    with transaction.atomic(durable=True):
        quote = hold_quote(quote_id=quote_id, person_id=person_id)
        if (bought := find_purchase_of_quote(quote_id=quote_id)) is not None:
            return bought
        wallet = open_wallet(person_id=person_id, currency=quote.currency)
        hold_account(code=wallet)  # One purchase of a person at a time: what is owned stays so.
        licences = _check(quote, now)
        lines = store_purchase(quote=quote, now=now, waiver_text=waiver_text)
        taxed = {line.tax_country for line in lines if line.tax_country}
        open_sales_accounts(tax_countries=taxed, currency=quote.currency)
        transfers = [
            transfer for line in lines for transfer in sale_transfers(line=line, wallet=wallet)
        ]
        transfers += accrue(lines=lines, licences=licences)
        post(transfers=transfers)
        add_items(lines=lines)
    purchase = find_purchase_of_quote(quote_id=quote_id)
    if purchase is None:
        raise QuoteExpiredError(f"purchase of quote {quote_id} was committed and is not there")
    return purchase


def check_offer(*, quote_id: UUID, now: datetime) -> None:
    """Raise `QuoteExpiredError` for an offer that `buy_basket` would refuse for its age or its
    licences, whoever asks. Three queries."""
    _licences_in_force(Quote.objects.get(pk=quote_id), now)


def _licences_in_force(quote: Quote, now: datetime) -> dict[int, LicenceTerms]:
    """The licences that a quote names, by id; refuses a quote that is too old or has lost one."""
    check_quote_stands(expires_at=quote.expires_at, now=now)
    rows = list(quote.lines.all())
    named = {row.recording_licence_id for row in rows} | {row.work_licence_id for row in rows}
    licences = list_terms_by_id(licence_ids=named)
    for licence in licences.values():
        if licence.ends_at is not None and now >= licence.ends_at:
            raise QuoteExpiredError(
                f"The licence {licence.number} of {licence.licensor} has ended since this offer "
                "was made. Look at your basket again."
            )
    return licences


def _check(quote: Quote, now: datetime) -> dict[int, LicenceTerms]:
    """Refuse a quote that no longer stands; the licences that it names, by id."""
    licences = _licences_in_force(quote, now)
    rows = list(quote.lines.all())
    pairs = {(row.track_id, row.recipe) for row in rows}
    owned = list_owned_pairs(person_id=quote.person_id, track_ids=[row.track_id for row in rows])
    if pairs & owned:
        raise AlreadyOwnedError(
            "Part of this offer is in your library by now. Look at your basket again."
        )
    balance = get_wallet_balance(person_id=quote.person_id, currency=quote.currency)
    total = Money(quote.total_micros, quote.currency)
    if balance < total:
        raise NotEnoughMoneyError(missing=total - balance)
    return licences
