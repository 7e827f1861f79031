"""The fixed cast: who buys, who sells, who grants, and what is on the shelves.

Alice and Bob listen; Lena is of the label Lantern; Otto is the operator. Lantern's release has
three tracks. The Meridian Society grants the works at 15% of receipts, Lantern its recordings at
60%. Everything here goes through the real flows and operations.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pennywhistle.flows.grant_licence import LicenceRequest, grant_licence
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.kit.ids import new_id
from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.accounts.operations import create_person
from pennywhistle.shop.catalogue import operations as catalogue
from pennywhistle.shop.catalogue.facts import MeasuredSize
from pennywhistle.shop.catalogue.rules import NewMaster, NewRelease, NewTrack
from pennywhistle.shop.sales.queries import QuoteFacts
from pennywhistle.shop.sales.rules import Evidence
from pennywhistle.shop.storefronts.models import Storefront
from pennywhistle.shop.storefronts.operations import save_storefront, set_prices

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OPENED = datetime(2026, 1, 1, tzinfo=UTC)
PASSWORD = "penny for a tune"
GERMANY = (Evidence("declared", "DE"),)

SOCIETY = LicenceRequest(
    number="MER-1",
    licensor="Meridian Society",
    licensor_kind="society",
    right="WORK",
    repertoire_kind="whole",
    repertoire="",
    uses=("DOWNLOAD", "PREVIEW"),
    territories="worldwide",
    starts_at=OPENED,
    ends_at=None,
    rate="15%",
    base="net-of-tax",
    floor_per_track="",
    currency="EUR",
    document_reference="Agreement 12 of 2025-12-01",
)
LABEL = replace(
    SOCIETY,
    number="LAN-1",
    licensor="Lantern Records",
    licensor_kind="label",
    right="RECORDING",
    repertoire_kind="label",
    repertoire="Lantern",
    territories="all-but FR,JP",
    rate="60/100",
    document_reference="Letter of 2025-12-12",
)


@dataclass(frozen=True)
class Cast:
    """Who and what the tests speak of."""

    alice: Person
    bob: Person
    lena: Person
    otto: Person
    storefront: Storefront
    release_id: int
    track_ids: tuple[int, ...]


def euros(text: str) -> Money:
    """`euros("5.00")`."""
    return Money.parse(text, "EUR")


def master(name: str, *, frames: int = 44_100 * 180) -> NewMaster:
    """Facts of a 16-bit stereo master; its bytes are never asked for."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return NewMaster(
        sha256=digest,
        pcm_sha256=hashlib.sha256(digest.encode()).hexdigest(),
        flac_md5=digest[:32],
        container="flac",
        codec="flac",
        size_bytes=frames * 2,
        frames=frames,
        sample_rate_hz=44_100,
        bits_per_sample=16,
        channels=2,
        duration_ms=frames * 1000 // 44_100,
        loudness_lufs=-17.0,
        true_peak_dbtp=-1.5,
        peaks=bytes(200),
        measured_sizes={
            "flac": MeasuredSize(frames * 2, ""),
            "alac": MeasuredSize(frames * 2 + 500, ""),
        },
    )


def assemble(*, licences: tuple[LicenceRequest, ...] = (LABEL, SOCIETY)) -> Cast:
    """Bring the cast together in an empty database."""
    storefront = save_storefront(
        slug="main",
        name="The Whistle Stop",
        domain="testserver",
        currency="EUR",
        territories=TerritorySet.worldwide(),
        collects_vat=True,
        imprint="Otto Operator, 1 Quay Street",
    )
    set_prices(
        storefront=storefront,
        lossy_per_mb=euros("0.03"),
        lossless_per_mb=euros("0.02"),
        floor_per_track=euros("0.09"),
        valid_from=OPENED,
    )
    release_id, track_ids = stock_release("Reels", ("The Kesh", "Drowsy Maggie", "Morrison's"))
    people = {
        name: create_person(email=f"{name}@example.org", password=PASSWORD, country="DE")
        for name in ("alice", "bob", "lena")
    }
    otto = create_person(email="otto@example.org", password=PASSWORD, is_operator=True)
    catalogue.add_label_member(label_name="Lantern", person_id=people["lena"].pk)
    for request in licences:
        grant_licence(request=request, granted_by=otto.pk, now=OPENED)
    return Cast(
        **people, otto=otto, storefront=storefront, release_id=release_id, track_ids=track_ids
    )


def open_yen_shop() -> None:
    """A second storefront, `yen.example`, in a currency with nothing below its unit."""
    yen = save_storefront(
        slug="yen",
        name="Yen",
        domain="yen.example",
        currency="JPY",
        territories=TerritorySet.worldwide(),
        collects_vat=True,
        imprint="",
    )
    set_prices(
        storefront=yen,
        lossy_per_mb=Money.parse("4", "JPY"),
        lossless_per_mb=Money.parse("3", "JPY"),
        floor_per_track=Money.parse("15", "JPY"),
        valid_from=OPENED,
    )


def stock_release(
    title: str, tracks: tuple[str, ...], *, label: str = "Lantern", upc: str | None = None
) -> tuple[int, tuple[int, ...]]:
    """A live release; (release id, track ids)."""
    release = NewRelease(title=title, artist="Ann Piper", label=label, upc=upc)
    ids = [
        catalogue.add_track(
            release=release,
            track=NewTrack(name, "Ann Piper", 1, number, isrc=f"ZZPEN26{number:05d}"),
            master=master(f"{title}/{name}"),
            now=OPENED,
        )
        for number, name in enumerate(tracks, start=1)
    ]
    release_id = ids[0][0]
    catalogue.set_cover(release_id=release_id, sha256="ab" * 32, media_type="image/jpeg")
    catalogue.publish(release_id=release_id, now=OPENED)
    return release_id, tuple(track_id for _, track_id in ids)


def fill_wallet(person: Person, amount: str, *, now: datetime = NOW) -> None:
    """Give a person money by a voucher, as a stranger would get it."""
    code = uuid.uuid4().hex
    issue_vouchers(codes=[code], batch="tests", amount=euros(amount), now=now)
    redeem_voucher(code=code, person_id=person.pk, domain="testserver", now=now)


def quote(
    cast: Cast,
    *items: BasketItem,
    person: Person | None = None,
    evidence: tuple[Evidence, ...] = GERMANY,
    now: datetime = NOW,
) -> QuoteFacts:
    """A quote for Alice unless for another; the whole release in `mp3-192` unless told."""
    return quote_basket(
        quote_id=new_id(now=now),
        person_id=(person or cast.alice).pk,
        items=items or (BasketItem("release", cast.release_id, "mp3-192"),),
        domain="testserver",
        evidence=evidence,
        now=now,
    )
