"""What a DDEX release message says, whatever the version it was written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pennywhistle.kit.deals import Deal, why_closed

NEW_RELEASE = "NewReleaseMessage"
PURGE_RELEASE = "PurgeReleaseMessage"


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file that a message names: its path as written, and its hash where one is told."""

    path: str
    hash_algorithm: str = ""
    hash_value: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class MessageTrack:
    """A recording in a release. `deals` are those of its own release, where it has one."""

    isrc: str | None
    title: str | None
    duration_ms: int | None
    artist: str | None = None
    p_line: str | None = None
    files: tuple[DeliveredFile, ...] = ()
    deals: tuple[Deal, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageRelease:
    """What is sold as one thing: an album, a single. Identifiers are as the message has them."""

    icpn: str | None
    grid: str | None
    title: str | None
    artist: str | None
    label: str | None
    tracks: tuple[MessageTrack, ...]
    deals: tuple[Deal, ...]
    kinds: tuple[str, ...] = ()
    genre: str | None = None
    released_on: str | None = None
    p_line: str | None = None
    c_line: str | None = None
    images: tuple[DeliveredFile, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseMessage:
    """A message; `sender` is its DDEX party id. `warnings` are what taking it in would ask about."""

    kind: str
    version: str
    message_id: str
    sender: str
    sender_name: str | None
    created_at: str
    is_test: bool
    releases: tuple[MessageRelease, ...]
    warnings: tuple[str, ...] = ()


def message_facts(message: ReleaseMessage) -> dict[str, Any]:
    """The message as `ern read --json` prints it: docs/ddex.md has the keys."""
    return {
        "version": message.version,
        "kind": message.kind,
        "message_id": message.message_id,
        "sender": message.sender,
        "sender_name": message.sender_name,
        "created_at": message.created_at,
        "is_test": message.is_test,
        "releases": [_release_facts(release) for release in message.releases],
        "warnings": list(message.warnings),
    }


def _release_facts(release: MessageRelease) -> dict[str, Any]:
    return {
        "icpn": release.icpn,
        "grid": release.grid,
        "title": release.title,
        "artist": release.artist,
        "label": release.label,
        "tracks": [_track_facts(track) for track in release.tracks],
        "deals": [_deal_facts(deal) for deal in release.deals],
    }


def _track_facts(track: MessageTrack) -> dict[str, Any]:
    return {
        "isrc": track.isrc,
        "title": track.title,
        "duration_ms": track.duration_ms,
        "artist": track.artist,
        "deals": [_deal_facts(deal) for deal in track.deals],
    }


def _deal_facts(deal: Deal) -> dict[str, Any]:
    why = why_closed(deal=deal)
    return {
        "territories": list(deal.territories),
        "excluded_territories": list(deal.excluded_territories),
        "uses": list(deal.uses),
        "models": list(deal.models),
        "start": deal.start or None,
        "end": deal.end or None,
        "opens_sale": why is None,
        "why_closed": why and why.value,
    }
