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
from pennywhistle.adapters.storage.booklets import BookletStore
from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.adapters.storage.masters import MasterStore
from pennywhistle.adapters.storage.rendition_cache import RenditionCache, Swept
from pennywhistle.flows.measures import Count, get_measures
from pennywhistle.shop.encoding.queries import list_encode_costs


@dataclass(frozen=True, slots=True)
class Outfit:
    """Masters, covers, booklets and renditions on disk, and the gateways that take money, by name.

    Encoders that must write into a file do so below `working_folder`.
    """

    masters: MasterStore
    covers: CoverStore
    booklets: BookletStore
    renditions: RenditionCache
    working_folder: Path
    gateways: dict[str, Gateway]


@cache
def get_outfit() -> Outfit:
    """The outfit of this process."""
    set_confined(settings.CONFINE_ENCODERS)
    gateways: dict[str, Gateway] = {}
    if settings.SANDBOX_CARDS:
        sandbox = SandboxGateway(settings.SANDBOX_FOLDER)
        gateways[sandbox.name] = sandbox
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
        gateways=gateways,
    )


def _costs_of(keys: Collection[str]) -> Mapping[str, float]:
    return list_encode_costs(keys=keys)


def _count_evicted(swept: Swept) -> None:
    measures = get_measures()
    measures.count(Count.CACHE_EVICTED_FILES, swept.evicted)
    measures.count(Count.CACHE_EVICTED_BYTES, swept.evicted_bytes)
