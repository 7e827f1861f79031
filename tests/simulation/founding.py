"""A store in an empty database: listeners, releases, licensors, prices and codes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from random import Random

from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.adapters.gateways.sandbox_memory import SandboxMemory
from pennywhistle.adapters.storage.booklets import BookletStore
from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.adapters.storage.masters import MasterStore
from pennywhistle.adapters.storage.rendition_cache import RenditionCache
from pennywhistle.flows.make_promotion import PromotionRequest, make_promotion
from pennywhistle.flows.outfit import Outfit
from pennywhistle.flows.set_prices import PriceListRequest, set_prices
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.catalogue.models import Release
from tests.cast import LABEL, NOW, SOCIETY, assemble, stock_release
from tests.simulation.bank import Bank
from tests.simulation.expected import Expected
from tests.simulation.listeners import VAT, Listener
from tests.simulation.prices import WORK_RATE, Code, PriceList, Prices, Recording
from tests.simulation.seen_bank import SeenBank
from tests.simulation.seen_cards import SeenCards
from tests.simulation.seen_codes import SeenCodes
from tests.simulation.seen_payouts import SeenPayouts
from tests.simulation.seen_sales import SeenSales
from tests.simulation.sights import Sights
from tests.simulation.world import World

FOUNDED = NOW - timedelta(days=1)
GATEWAYS = ("sandbox", "reserve")
CURRENCIES = ("EUR", "EUR", "EUR", "USD", "JPY")

# The recordings of the second label are paid for in euros at the least, and so sold in no other.
RECORDINGS = {
    "Lantern": Recording(Fraction(60, 100)),
    "Harbour": Recording(Fraction(1, 2), floor=60_000),
}
HARBOUR = replace(
    LABEL,
    number="HAR-1",
    licensor="Harbour Songs",
    repertoire="Harbour",
    rate="50%",
    floor_per_track="0.06",
)
LICENSED = {
    "LAN": (LABEL, RECORDINGS["Lantern"]),
    "MER": (SOCIETY, Recording(WORK_RATE)),
    "HAR": (HARBOUR, RECORDINGS["Harbour"]),
}

CODES = {
    "TENTH": Code(percent=Fraction(10), uses_most=100, uses_per_person_most=2),
    "THREE": Code(percent=Fraction(50), uses_most=3),
    "HARBOUR": Code(percent=Fraction(5, 2), labels=frozenset({"Harbour"})),
    "EURO": Code(micros=1_000_000, currency="EUR", uses_per_person_most=1),
}

FIRST_LISTS = {
    "EUR": PriceListRequest(
        "EUR",
        lossy_per_mb="0.03",
        lossless_per_mb="0.02",
        floor_per_track="0.09",
        album_lossy="1.10",
        album_lossless="2.05",
        tiers="3=5, 9=12.5",
    ),
    "USD": PriceListRequest(
        "USD",
        lossy_per_mb="0.033",
        lossless_per_mb="0.021",
        floor_per_track="0.10",
        tiers="4=7",
    ),
    "JPY": PriceListRequest(
        "JPY", lossy_per_mb="4.5", lossless_per_mb="3.1", floor_per_track="15", album_lossy="150"
    ),
}


def found_world(*, seed: int, people: int, folder: Path) -> World:
    """So many listeners, five releases, three licensors, prices in three currencies, two gateways,
    a bank and four codes."""
    chance = Random(seed)
    cast = assemble(licences=())
    listeners = _listeners(chance, people)
    releases = dict(
        (
            (cast.release_id, cast.track_ids),
            *(stock_release(f"Album {n}", ("A", "B", "C", "D")) for n in range(2)),
            stock_release("Long", tuple(f"T{n}" for n in range(12))),
            stock_release("Shanties", ("X", "Y", "Z"), label="Harbour"),
        )
    )
    rows = Release.objects.select_related("label")
    prices = Prices(
        labels={row.pk: row.label.name for row in rows},
        tracks=releases,
        recordings=RECORDINGS,
        codes=CODES,
    )
    world = World(
        chance=chance,
        cast=cast,
        listeners=listeners,
        releases=releases,
        names={row.pk: row.slug for row in rows},
        folder=folder,
        gateways={name: SandboxGateway(folder / name, name=name) for name in GATEWAYS},
        outfit=_outfit(folder),
        sights=_sights(listeners, folder, prices),
        prices=prices,
    )
    for request, terms in LICENSED.values():
        world.grant(request, terms)
    for first in FIRST_LISTS.values():
        set_prices(request=first, domain="testserver", now=FOUNDED)
        world.prices.lists.append((FOUNDED, first.currency, list_of(first)))
    _make_codes()
    return world


def list_of(request: PriceListRequest) -> PriceList:
    """What a request asks for, where it says everything."""

    def micros(text: str) -> int:
        return int(Fraction(text) * 1_000_000)

    pairs = [part.split("=") for part in request.tiers.split(",") if "=" in part]
    albums = {"lossy": request.album_lossy, "lossless": request.album_lossless}
    return PriceList(
        rates={
            "lossy": micros(request.lossy_per_mb),
            "lossless": micros(request.lossless_per_mb),
        },
        floor=micros(request.floor_per_track),
        albums={kind: micros(text) for kind, text in albums.items() if text not in ("", "none")},
        tiers=[(micros(spent), Fraction(percent.strip())) for spent, percent in pairs],
    )


def _listeners(chance: Random, people: int) -> list[Listener]:
    emails = [f"listener{number}@example.org" for number in range(people)]
    countries = [chance.choice(sorted(VAT)) for _ in emails]
    Person.objects.bulk_create(
        [Person(email=email, country=c) for email, c in zip(emails, countries, strict=True)]
    )
    return [
        Listener(Person.objects.get(email=email).pk, country, chance.choice(CURRENCIES))
        for email, country in zip(emails, countries, strict=True)
    ]


def _sights(listeners: list[Listener], folder: Path, prices: Prices) -> Sights:
    expected, by_id = Expected(), {one.id: one for one in listeners}
    memories = {}
    for name in GATEWAYS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        memories[name] = SandboxMemory(folder / name)
    return Sights(
        expected,
        SeenCards(memories, expected),
        SeenCodes(by_id, expected),
        SeenBank(Bank(), by_id, expected),
        SeenSales(expected, prices),
        SeenPayouts(expected),
    )


def _outfit(folder: Path) -> Outfit:
    """Empty stores: no master is there that a file could be made of again."""
    stores = folder / "stores"
    return Outfit(
        masters=MasterStore(stores / "masters"),
        covers=CoverStore(stores / "covers"),
        booklets=BookletStore(stores / "booklets"),
        renditions=RenditionCache(stores / "renditions"),
        working_folder=stores / "encoding",
        gateways={},
    )


def _make_codes() -> None:
    for code, terms in CODES.items():
        off = f"{terms.micros / 1_000_000:.2f}"
        if terms.percent is not None:
            off = f"{float(terms.percent)}%"
        make_promotion(
            request=PromotionRequest(
                code=code,
                takes_off=off,
                starts_at=FOUNDED,
                currency=terms.currency,
                uses_most=terms.uses_most,
                uses_per_person_most=terms.uses_per_person_most,
                labels=sorted(terms.labels),
            ),
            domain="testserver",
            now=FOUNDED,
        )
