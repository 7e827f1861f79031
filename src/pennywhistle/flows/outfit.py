"""The outside things that this store works with, as its settings name them.

Doors take them from here and hand them to flows; tests build their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.conf import settings

from pennywhistle.adapters.gateways.interface import Gateway
from pennywhistle.adapters.gateways.sandbox import SandboxGateway
from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.adapters.storage.masters import MasterStore
from pennywhistle.adapters.storage.rendition_cache import RenditionCache


@dataclass(frozen=True, slots=True)
class Outfit:
    """Masters, covers and renditions on disk, and the gateways that take money, by name."""

    masters: MasterStore
    covers: CoverStore
    renditions: RenditionCache
    gateways: dict[str, Gateway]


@cache
def get_outfit() -> Outfit:
    """The outfit of this process."""
    gateways: dict[str, Gateway] = {}
    if settings.SANDBOX_CARDS:
        sandbox = SandboxGateway(settings.SANDBOX_FOLDER)
        gateways[sandbox.name] = sandbox
    return Outfit(
        masters=MasterStore(settings.MASTERS_FOLDER),
        covers=CoverStore(settings.COVERS_FOLDER),
        renditions=RenditionCache(settings.RENDITIONS_FOLDER),
        gateways=gateways,
    )
