"""What 3.x and 4.x say alike, and how a message's parts come together as releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lxml import etree

from pennywhistle.adapters.ddex.xml import text_at
from pennywhistle.kit.deals import Deal, is_music
from pennywhistle.kit.release_messages import DeliveredFile, MessageRelease, MessageTrack

RECORDING = "SoundRecording"


def recordings_in(held: Mapping[str, etree._Element]) -> tuple[str, ...]:
    """The references of what is heard."""
    return tuple(name for name, node in held.items() if node.tag == RECORDING)


def others_in(held: Mapping[str, etree._Element]) -> int:
    """How many are neither heard nor seen on a cover: videos, texts, software."""
    return sum(node.tag not in (RECORDING, "Image") for node in held.values())


@dataclass(frozen=True, slots=True)
class Part:
    """A release as a message lists it: what is sold whole, or the release of a single track.

    `recordings` are the references of its sound recordings, in order; `others` counts what it holds
    besides, but for images. `is_track`: it says so of itself. `is_main`: likewise.
    """

    node: etree._Element
    release: MessageRelease
    references: tuple[str, ...]
    recordings: tuple[str, ...]
    others: int
    is_track: bool
    is_main: bool


def release_ids(node: etree._Element) -> tuple[str | None, str | None]:
    """ICPN and GRid, without identifiers that were replaced."""
    current = [
        ids for ids in node.findall("ReleaseId") if ids.get("IsReplaced") not in ("true", "1")
    ]

    def first(name: str) -> str | None:
        return next((text for ids in current if (text := text_at(ids, name))), None)

    return first("ICPN"), first("GRid")


def line_of(node: etree._Element, name: str, *blocks: etree._Element) -> str | None:
    """The text of a P- or C-line, with its year where the text has none."""
    for place in (node, *blocks):
        for line in place.findall(name):
            text, year = text_at(line, f"{name}Text"), text_at(line, "Year")
            if text:
                return text if year in text else f"{year} {text}"
    return None


def file_of(node: etree._Element) -> DeliveredFile | None:
    """A file as 3.x or 4.x names it."""
    name = text_at(node, "URI", "URL")
    if not name:
        folder, name = text_at(node, "FilePath"), text_at(node, "FileName")
        name = f"{folder.rstrip('/')}/{name}" if folder and name else name
    if not name:
        return None
    return DeliveredFile(
        path=name,
        hash_algorithm=text_at(node, "HashSum/HashSumAlgorithmType", "HashSum/Algorithm"),
        hash_value=text_at(node, "HashSum/HashSum", "HashSum/HashSumValue"),
        line=node.sourceline or 0,
    )


def assemble(
    parts: list[Part], tracks: Mapping[str, MessageTrack], deals: Mapping[str, list[Deal]]
) -> Iterator[MessageRelease]:
    """Releases that are sold whole, each with its tracks; the deals of a track's own release go to
    the track. A track's release that belongs to none of them is one of its own.
    """
    wholes = [part for part in parts if not _is_component(part, parts)]
    singles = [part for part in parts if _is_component(part, parts)]
    for part in wholes:
        held = [
            replace(
                tracks[reference],
                deals=tuple(
                    deal
                    for single in singles
                    if reference in single.recordings
                    for deal in _deals_of(single, deals)
                ),
            )
            for reference in part.recordings
        ]
        yield replace(part.release, tracks=tuple(held), deals=_deals_of(part, deals))


def _deals_of(part: Part, deals: Mapping[str, list[Deal]]) -> tuple[Deal, ...]:
    """Its deals; where it is no music to be sold as files, they open nothing."""
    sells = is_music(kinds=part.release.kinds) and bool(part.recordings or not part.others)
    return tuple(
        deal if sells else replace(deal, is_music=False)
        for reference in part.references
        for deal in deals.get(reference, ())
    )


def _is_component(part: Part, parts: list[Part]) -> bool:
    """Whether it is the release of one track that another release here holds."""
    if part.is_main or len(part.recordings) != 1:
        return False
    return any(
        other is not part
        and not other.is_track
        and part.recordings[0] in other.recordings
        and (part.is_track or other.is_main or len(other.recordings) > 1)
        for other in parts
    )
