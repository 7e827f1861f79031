"""Buy what a quote offers: wallet, ledger, royalties and library in one transaction."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from pennywhistle.shop.ledger.operations import post
from pennywhistle.shop.ledger.queries import get_available
from pennywhistle.shop.ledger.rules import OverdrawnError, TransferFacts, new_account
from pennywhistle.shop.library.operations import add_items
from pennywhistle.shop.library.queries import list_owned_pairs
from pennywhistle.shop.payments import chart as payments
from pennywhistle.shop.payments.going_back.rules import WalletShutError
from pennywhistle.shop.payments.rules import wallet_code
from pennywhistle.shop.pricing.operations import use_promotion
from pennywhistle.shop.pricing.rules import PriceKind
from pennywhistle.shop.royalties import chart as royalties
from pennywhistle.shop.royalties.operations import accrue
from pennywhistle.shop.sales import chart as sales
from pennywhistle.shop.sales.aftercare import count_given_back
from pennywhistle.shop.sales.business import check_taxed_at_home
from pennywhistle.shop.sales.operations import store_purchase
from pennywhistle.shop.sales.queries import PurchaseFacts, find_purchase
from pennywhistle.shop.sales.rules import (
    AlreadyOwnedError,
    NotEnoughMoneyError,
    QuoteExpiredError,
    QuoteNotYoursError,
    check_quote_stands,
    sale_transfers,
)
from pennywhistle.shop.sales.statements import OfferFacts, find_offer, hold_offer

_CHART = payments.ACCOUNTS | sales.ACCOUNTS | royalties.ACCOUNTS


def buy_basket(
    *, quote_id: UUID, person_id: int, now: datetime, waiver_text: str = ""
) -> PurchaseFacts:
    """Consume a person's quote as it stands; nothing is recomputed (law 3).

    `waiver_text` is the version of the words by which they gave up the right of withdrawal, empty
    where they did not (`shop/sales/waiver.py`).

    Buying the same quote again returns the purchase that it became. Transaction: one of its own,
    durable; no file, network or encoder inside. Raises `QuoteNotYoursError`, `QuoteExpiredError`
    (also where a licence of it has ended or is suspended, an order forbids it, or what it upgrades was given back),
    `NotEnoughMoneyError`, `WalletShutError`, `AlreadyOwnedError`, `BusinessAbroadError`,
    `PromotionRefusedError`; then nothing has changed.
    """
    with transaction.atomic(durable=True):
        offer = hold_offer(quote_id=quote_id, now=now)
        if offer is None or offer.person_id != person_id:
            raise QuoteNotYoursError("This offer is not one of yours. Look into your basket again.")
        if offer.purchase_id is not None and (
            bought := find_purchase(purchase_id=offer.purchase_id, person_id=person_id)
        ):
            return bought
        _check_stands(offer, now)
        if offer.shortage:
            raise WalletShutError(missing=offer.shortage)
        purchase = store_purchase(offer=offer, now=now, waiver_text=waiver_text)
        _pay(offer, _transfers(offer, purchase))
        _check_upgraded(offer)
        add_items(lines=purchase.lines)
        if offer.promotion_code:  # The wallet is held: whoever waits for the code waits last.
            use_promotion(
                storefront_id=offer.storefront_id,
                code=offer.promotion_code,
                person_id=person_id,
                quote_id=quote_id,
                now=now,
            )
    return purchase


def check_offer(*, quote_id: UUID, now: datetime) -> None:
    """Raise `QuoteExpiredError` or `BusinessAbroadError` for an offer that `buy_basket` would refuse
    for its age, its licences or its buyer's business, whoever asks. One query."""
    offer = find_offer(quote_id=quote_id, now=now)
    if offer is not None:
        _check_stands(offer, now)


def _check_stands(offer: OfferFacts, now: datetime) -> None:
    """Refuse a quote that is too old or has lost one of the licences that it names, or whose buyer
    has said since that they are a business of another country."""
    check_quote_stands(expires_at=offer.expires_at, now=now)
    if offer.blocked_by:
        raise QuoteExpiredError(
            f"The order {offer.blocked_by} forbids since to sell part of this offer where you are. "
            "Look at your basket again."
        )
    for licence in offer.licences.values():
        if not licence.is_in_force:
            what = "ended" if licence.has_ended else "been suspended"
            raise QuoteExpiredError(
                f"The licence {licence.number} of {licence.licensor} has {what} since this offer "
                "was made. Look at your basket again."
            )
    check_taxed_at_home(
        vat_number=offer.business_number,
        tax_countries=[line.tax_country for line in offer.lines],
    )


def _check_upgraded(offer: OfferFacts) -> None:
    """Refuse upgrades of what was given back since. The wallet is held by now, and whoever gives
    back holds it too: what is read here stays so. One query, where anything is upgraded."""
    bases = {
        reduction.code
        for line in offer.lines
        for reduction in line.reductions
        if reduction.kind == PriceKind.UPGRADE.value
    }
    if bases and count_given_back(documents=bases):
        raise QuoteExpiredError(
            "Something that this offer upgrades was given back since it was made. Look at your "
            "basket again."
        )


def _transfers(offer: OfferFacts, purchase: PurchaseFacts) -> list[TransferFacts]:
    """What the sale moves, its royalties accrued."""
    wallet = wallet_code(person_id=offer.person_id, currency=offer.currency)
    moved = [
        transfer for line in purchase.lines for transfer in sale_transfers(line=line, wallet=wallet)
    ]
    licensor_ids = {licence.id: licence.licensor_id for licence in offer.licences.values()}
    return moved + accrue(lines=purchase.lines, licensor_ids=licensor_ids)


def _pay(offer: OfferFacts, transfers: list[TransferFacts]) -> None:
    """Post the sale; a wallet that does not hold it is told why it cannot buy."""
    codes = {code for transfer in transfers for code in (transfer.debit, transfer.credit)}
    try:
        post(
            transfers=transfers,
            opening=[new_account(code=code, chart=_CHART) for code in codes],
        )
    except OverdrawnError as error:
        lines = offer.lines
        owned = list_owned_pairs(
            person_id=offer.person_id, track_ids=[line.track_id for line in lines]
        )
        if owned & {(line.track_id, line.recipe) for line in lines}:
            raise AlreadyOwnedError(
                "Part of this offer is in your library by now. Look at your basket again."
            ) from error
        wallet = wallet_code(person_id=offer.person_id, currency=offer.currency)
        held = get_available(code=wallet, currency=offer.currency)
        raise NotEnoughMoneyError(missing=offer.total - held) from error
