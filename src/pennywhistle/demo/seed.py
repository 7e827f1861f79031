"""Fill a store with the demo: every step is a real flow, as an operator would run it.

Run again, it completes what is missing and keeps what is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pennywhistle.demo.catalogue import (
    CURRENCY,
    LANTERN_ROW,
    LICENCES,
    LICENSORS,
    RELEASES,
    DemoLicence,
    DemoRelease,
)
from pennywhistle.demo.delivery import write_delivery
from pennywhistle.flows.add_label_member import add_label_member
from pennywhistle.flows.ask_price import PriceRequest, ask_price
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.gather_evidence import gather_evidence
from pennywhistle.flows.grant_licence import LicenceRequest, grant_licence
from pennywhistle.flows.ingest_folder import ingest_folder
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.make_promotion import PromotionRequest, make_promotion
from pennywhistle.flows.open_storefront import StorefrontRequest, open_storefront
from pennywhistle.flows.outfit import Outfit
from pennywhistle.flows.publish_release import publish_release
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.set_prices import PriceListRequest, set_prices
from pennywhistle.flows.sign_up import sign_up
from pennywhistle.kit.ids import new_id, new_voucher_code
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.queries import find_person
from pennywhistle.shop.catalogue.queries import (
    find_release_by_upc,
    list_tracks_of_release,
)
from pennywhistle.shop.library.queries import list_owned_pairs
from pennywhistle.shop.payments.codes.queries import list_voucher_batches
from pennywhistle.shop.payments.queries import get_wallet_balance, list_wallet_movements
from pennywhistle.shop.pricing.asked import list_promotions
from pennywhistle.shop.storefronts.queries import find_storefront, get_shopfront

DOMAIN = "127.0.0.1"
SHOP = StorefrontRequest(
    name="The Whistle Stop",
    domain=DOMAIN,
    currency=CURRENCY,
    lossy_per_mb="0.06",
    lossless_per_mb="0.04",
    floor_per_track="0.05",
    imprint="The Whistle Stop, 4 Quay Lane, Doolin, Ireland. hello@whistlestop.example",
)

LISTENER, LABEL, OPERATOR = "listener@example.org", "label@example.org", "operator@example.org"
# Each: who, their address, their password.
_SIGN_INS = (
    ("listener", LISTENER, "tin-whistle-in-d"),
    ("label", LABEL, "lantern-row-records"),
    ("operator", OPERATOR, "mind-the-till-please"),
)
COUNTRY = "IE"

# What there is beside prices by the megabyte: a code, discounts by what was spent, a bonus; an album
# that costs less than its tunes, and one whose price listeners name.
CODE, CODE_TAKES_OFF = "TINWHISTLE", "10%"
_TIERS, _BONUSES = "5=5, 20=10", "bank=2.5"
_ASKED = (
    PriceRequest("whole", RELEASES[3].upc, "fixed", "0.35"),
    PriceRequest("whole", RELEASES[1].upc, "named", "0.30", "1.00"),
)

# Someone who has bought before, so that the books and the statements have something to show.
_REGULAR = "regular@example.org"
_REGULAR_BUYS = ("mp3-192", "flac", "opus-128")

_VISITORS_BATCH = "demo visitors"


@dataclass(frozen=True, slots=True)
class SignIn:
    """Someone to sign in as, and what there is for them to see."""

    who: str
    email: str
    password: str
    sees: str


def seed_demo(
    *, outfit: Outfit, folder: Path, on_step: Callable[[str], None], now: datetime
) -> None:
    """Bring the demo store to its full state, by way of deliveries written under `folder`.

    `on_step` is told what is being done.
    """
    if find_storefront(domain=DOMAIN) is None:
        open_storefront(request=SHOP, now=now)
    for number, release in enumerate(RELEASES, start=1):
        stored = find_release_by_upc(upc=release.upc)
        if stored is None or stored.state == "draft":
            _stock(release, f"Release {number} of {len(RELEASES)}", folder, outfit, on_step, now)
    shutil.rmtree(folder, ignore_errors=True)
    on_step("Recording licences …")
    for number, licence in enumerate(LICENCES, start=1):
        request = _request(licence, number=f"WS-{number:03}")
        grant_licence(request=request, granted_by=None, now=now)
    on_step("Opening the door …")
    price_demo(now=now)
    _people(now)


def price_demo(*, now: datetime) -> None:
    """Set what the demo shop prices otherwise than by the megabyte, once: the code comes last."""
    shop = get_shopfront(domain=DOMAIN, now=now)
    if list_promotions(storefront_id=shop.id):
        return
    request = PriceListRequest(currency=CURRENCY, tiers=_TIERS, bonuses=_BONUSES)
    # After the list that the shop was opened with.
    set_prices(request=request, domain=DOMAIN, now=now + timedelta(microseconds=1))
    for asked in _ASKED:
        ask_price(request=asked, domain=DOMAIN, asked_by=None, now=now)
    code = PromotionRequest(code=CODE, takes_off=CODE_TAKES_OFF, starts_at=now)
    make_promotion(request=code, domain=DOMAIN, now=now)


def list_sign_ins() -> list[SignIn]:
    """Who can sign in to a seeded store, with the listener's wallet as it is now."""
    person = find_person(email=LISTENER)
    balance = Money.zero(CURRENCY)
    if person is not None:
        balance = get_wallet_balance(person_id=person.pk, currency=CURRENCY)
    sees = {LISTENER: f"{balance} in the wallet", LABEL: LANTERN_ROW, OPERATOR: "the desk: /desk/"}
    return [SignIn(who, email, password, sees[email]) for who, email, password in _SIGN_INS]


def issue_demo_voucher(*, now: datetime) -> str | None:
    """A code worth 2.00 for whoever signs up in the demo shop.

    None where an earlier one has not been redeemed: codes are kept by their fingerprints alone, so
    that one cannot be told again.
    """
    batches = [batch for batch in list_voucher_batches() if batch.name == _VISITORS_BATCH]
    if any(batch.redeemed_count < batch.count for batch in batches):
        return None
    code = new_voucher_code()
    issue_vouchers(
        codes=[code], batch=_VISITORS_BATCH, amount=Money.parse("2.00", CURRENCY), now=now
    )
    return code


def _stock(
    release: DemoRelease,
    place: str,
    folder: Path,
    outfit: Outfit,
    on_step: Callable[[str], None],
    now: datetime,
) -> None:
    """Play a release, deliver it, ingest it, publish it."""
    on_step(f"{place}: {release.title}, playing …")
    delivered = write_delivery(
        release=release,
        into=folder,
        on_track=lambda name: on_step(f"{place}: {release.title}, played {name}"),
    )
    ingest_folder(
        folder=delivered,
        label_name=None,
        masters=outfit.masters,
        covers=outfit.covers,
        booklets=outfit.booklets,
        working_folder=outfit.working_folder,
        on_progress=lambda progress: on_step(f"{place}: taking in {progress.name}"),
        now=now,
    )
    publish_release(name=release.upc, now=now)


def _request(licence: DemoLicence, *, number: str) -> LicenceRequest:
    kinds = {licensor.name: licensor.kind for licensor in LICENSORS}
    return LicenceRequest(
        number=number,
        licensor=licence.licensor,
        licensor_kind=kinds[licence.licensor],
        right=licence.right,
        repertoire_kind=licence.repertoire_kind,
        repertoire=licence.repertoire,
        uses=licence.uses,
        territories=licence.territories,
        starts_at=datetime.fromisoformat(licence.starts).astimezone(UTC),
        ends_at=datetime.fromisoformat(licence.ends).astimezone(UTC) if licence.ends else None,
        rate=licence.rate,
        base=licence.base,
        floor_per_track=licence.floor_per_track or "",
        currency=CURRENCY,
        document_reference=licence.document_reference,
        preview_seconds=licence.preview_seconds,
    )


def _people(now: datetime) -> None:
    """Sign the demo's people up, and give each what they start with, once."""
    for _, email, password in _SIGN_INS:
        country = COUNTRY if email == LISTENER else ""
        person_id = _person(email, password, country=country, is_operator=email == OPERATOR)
        if email == LABEL:
            add_label_member(label_name=LANTERN_ROW, email=email)
        if email == LISTENER:
            _fill_new_wallet(person_id, "5.00", now)
    regular_id = _person(_REGULAR, new_voucher_code(), country=COUNTRY, is_operator=False)
    _fill_new_wallet(regular_id, "10.00", now)
    _shop_regularly(regular_id, now)


def _person(email: str, password: str, *, country: str, is_operator: bool) -> int:
    """The id of a person of the demo, signed up if need be."""
    known = find_person(email=email)
    if known is not None:
        return known.pk
    return sign_up(email=email, password=password, country=country, is_operator=is_operator)


def _fill_new_wallet(person_id: int, amount: str, now: datetime) -> None:
    """Put money into a wallet that never held any."""
    if list_wallet_movements(person_id=person_id, currency=CURRENCY):
        return
    code = new_voucher_code()
    issue_vouchers(
        codes=[code], batch="demo wallets", amount=Money.parse(amount, CURRENCY), now=now
    )
    redeem_voucher(code=code, person_id=person_id, domain=DOMAIN, now=now)


def _shop_regularly(person_id: int, now: datetime) -> None:
    """Buy the first track of the first releases, each in another recipe, unless it is owned."""
    evidence = gather_evidence(address="127.0.0.1", declared=COUNTRY, local_country="")
    for release, recipe in zip(RELEASES, _REGULAR_BUYS, strict=False):
        stored = find_release_by_upc(upc=release.upc)
        if stored is None:
            continue
        track_id = list_tracks_of_release(release_id=stored.id)[0].id
        owned = list_owned_pairs(person_id=person_id, track_ids=[track_id])
        if (track_id, recipe) in owned:
            continue
        quote = quote_basket(
            quote_id=new_id(now=now),
            person_id=person_id,
            items=[BasketItem("track", track_id, recipe)],
            domain=DOMAIN,
            evidence=evidence,
            now=now,
        )
        buy_basket(quote_id=quote.id, person_id=person_id, now=now)
