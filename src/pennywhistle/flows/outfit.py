"""The outside things that this store works with, as its settings name them.

Doors take them from here and hand them to flows; tests build their own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from pennywhistle.adapters.audio.process import set_confined
from pennywhistle.adapters.gateways.interface import Gateway
from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.adapters.gateways.stripe_cards import StripeGateway
from pennywhistle.adapters.reports.day_lines import DayLineStore
from pennywhistle.adapters.storage.booklets import BookletStore
from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.adapters.storage.masters import MasterStore
from pennywhistle.adapters.storage.messages import MessageStore
from pennywhistle.adapters.storage.rendition_cache import RenditionCache, Swept
from pennywhistle.flows.measures import Count, get_measures
from pennywhistle.flows.rate_cards import read_rate_cards
from pennywhistle.flows.take_delivery import Dock
from pennywhistle.shop.encoding.queries import list_encode_costs


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where bank transfers go. `bic` is empty where banks need none."""

    iban: str
    bic: str
    holder: str


@dataclass(frozen=True, slots=True)
class Outfit:
    """Masters, covers, booklets and renditions on disk, and the gateways that take money, by name
    and in the order in which the wallet offers them.

    Encoders that must write into a file do so below `working_folder`. `bank` is None where the
    store takes no bank transfers.
    """

    masters: MasterStore
    covers: CoverStore
    booklets: BookletStore
    renditions: RenditionCache
    working_folder: Path
    gateways: dict[str, Gateway]
    bank: BankAccount | None = None


@cache
def get_outfit() -> Outfit:
    """The outfit of this process."""
    set_confined(settings.CONFINE_ENCODERS)
    return Outfit(
        masters=MasterStore(settings.MASTERS_FOLDER),
        covers=CoverStore(settings.COVERS_FOLDER),
        booklets=BookletStore(settings.BOOKLETS_FOLDER),
        renditions=RenditionCache(
            settings.RENDITIONS_FOLDER,
            bytes_max=settings.CACHE_BYTES_MAX,
            costs_of=_costs_of,
            on_evicted=_count_evicted,
        ),
        working_folder=settings.ENCODING_FOLDER,
        gateways=_gateways(),
        bank=_bank(),
    )


def get_day_line_store() -> DayLineStore:
    """Where the lines of sealed days are kept."""
    return DayLineStore(settings.DAY_LINES_FOLDER)


def get_message_dock() -> Dock:
    """Where deliveries by messages go. Raises `RateCardError`."""
    outfit = get_outfit()
    return Dock(
        masters=outfit.masters,
        covers=outfit.covers,
        messages=MessageStore(settings.MESSAGES_FOLDER),
        working_folder=outfit.working_folder,
        cards=read_rate_cards(path=settings.DDEX_SENDERS),
        schemas=settings.DDEX_SCHEMAS,
    )


def _bank() -> BankAccount | None:
    return get_bank_account() if "bank" in settings.GATEWAYS else None


def get_bank_account() -> BankAccount | None:
    """The store's own account, whether or not the wallet offers transfers to it; None where none is
    set."""
    if not settings.BANK_IBAN:
        return None
    return BankAccount(settings.BANK_IBAN, settings.BANK_BIC, settings.BANK_HOLDER)


def _gateways() -> dict[str, Gateway]:
    """Those that are set up, in the order in which the wallet offers them."""
    known: dict[str, Gateway] = {}
    if settings.STRIPE_SECRET_KEY:
        known["stripe"] = StripeGateway(
            secret_key=settings.STRIPE_SECRET_KEY,
            public_key=settings.STRIPE_PUBLIC_KEY,
            webhook_secrets=tuple(settings.STRIPE_WEBHOOK_SECRETS),
            api_base=settings.STRIPE_API,
            script_url=settings.STRIPE_SCRIPT,
        )
    if settings.SANDBOX_CARDS:
        known["sandbox"] = SandboxGateway(settings.SANDBOX_FOLDER, secret=settings.SECRET_KEY)
    return {name: known[name] for name in settings.GATEWAYS if name in known}


def _costs_of(keys: Collection[str]) -> Mapping[str, float]:
    return list_encode_costs(keys=keys)


def _count_evicted(swept: Swept) -> None:
    measures = get_measures()
    measures.count(Count.CACHE_EVICTED_FILES, swept.evicted)
    measures.count(Count.CACHE_EVICTED_BYTES, swept.evicted_bytes)
