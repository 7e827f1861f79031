"""Releases and recordings of ERN 3.x: details stand by territory, names in place."""

from __future__ import annotations

from lxml import etree

from pennywhistle.adapters.ddex import choosing
from pennywhistle.adapters.ddex.durations import duration_ms_at
from pennywhistle.adapters.ddex.parts import (
    Part,
    file_of,
    line_of,
    others_in,
    recordings_in,
    release_ids,
)
from pennywhistle.adapters.ddex.structure import named
from pennywhistle.adapters.ddex.xml import is_true, text_at, text_of, texts_at
from pennywhistle.kit.release_messages import DeliveredFile, MessageRelease, MessageTrack

_TRACK_KINDS = frozenset({"TrackRelease", "VideoTrackRelease"})
_DETAILS = "ReleaseDetailsByTerritory"


def read_track(node: etree._Element, *, language: str) -> MessageTrack:
    """A recording as its first details tell it. Raises `MessageRefusedError`."""
    blocks = choosing.details(node, "SoundRecordingDetailsByTerritory")
    return MessageTrack(
        isrc=text_at(node, "SoundRecordingId/ISRC") or None,
        title=choosing.title_3(node, blocks, language=language) or None,
        duration_ms=duration_ms_at(node),
        artist=_artist(blocks, language) or None,
        p_line=line_of(node, "PLine", *blocks),
        files=_files(blocks, "TechnicalSoundRecordingDetails"),
    )


def read_release(
    node: etree._Element, resources: dict[str, etree._Element], *, language: str
) -> Part:
    """A release, without its tracks and deals. Raises `MessageRefusedError`."""
    blocks = choosing.details(node, _DETAILS)
    references = _resource_references(node, blocks)
    held = {text_of(reference): named(reference, resources) for reference in references}
    kinds = tuple(texts_at(node, "ReleaseType", f"{_DETAILS}/ReleaseType"))
    icpn, grid = release_ids(node)
    release = MessageRelease(
        icpn=icpn,
        grid=grid,
        title=choosing.title_3(node, blocks, language=language) or None,
        artist=_artist(blocks, language) or None,
        label=choosing.label_3(blocks, language=language) or None,
        tracks=(),
        deals=(),
        kinds=kinds,
        genre=next((t for b in blocks for t in texts_at(b, "Genre/GenreText")), None),
        released_on=_released_on(node, blocks),
        p_line=line_of(node, "PLine", *blocks),
        c_line=line_of(node, "CLine", *blocks),
        images=_images(list(held.values())),
    )
    return Part(
        node=node,
        release=release,
        references=tuple(texts_at(node, "ReleaseReference")),
        recordings=recordings_in(held),
        others=others_in(held),
        is_track=bool(_TRACK_KINDS & set(kinds)),
        is_main=node.get("IsMainRelease") in ("true", "1"),
    )


def _resource_references(
    node: etree._Element, blocks: list[etree._Element]
) -> list[etree._Element]:
    """In the order of the groups, then what the list alone names."""
    grouped = [
        reference
        for block in blocks[:1]
        for group in block.findall("ResourceGroup")
        for reference in choosing.in_sequence(group)
    ]
    listed = node.findall("ReleaseResourceReferenceList/ReleaseResourceReference")
    return [*grouped, *listed]


def _artist(blocks: list[etree._Element], language: str) -> str:
    for block in blocks:
        if name := choosing.best_text(block, "DisplayArtistName", language=language):
            return name
        artists = [
            (artist, choosing.name_of(artist, language=language))
            for artist in block.findall("DisplayArtist")
        ]
        if name := choosing.main_artists(artists, role="ArtistRole"):
            return name
    return ""


def _released_on(node: etree._Element, blocks: list[etree._Element]) -> str | None:
    told = [text for block in blocks for text in texts_at(block, "ReleaseDate")]
    told += texts_at(node, "GlobalReleaseDate", "GlobalOriginalReleaseDate")
    return next(iter(told), None)


def _files(blocks: list[etree._Element], name: str) -> tuple[DeliveredFile, ...]:
    """The files of the first details that name any, without previews."""
    for block in blocks:
        found = [
            file
            for technical in block.findall(name)
            if not is_true(technical, "IsPreview")
            for node in technical.findall("File")
            if (file := file_of(node)) is not None
        ]
        if found:
            return tuple(found)
    return ()


def _images(held: list[etree._Element]) -> tuple[DeliveredFile, ...]:
    covers = [
        node
        for node in held
        if node.tag == "Image" and text_at(node, "ImageType") in ("FrontCoverImage", "")
    ]
    return tuple(
        file
        for node in covers
        for file in _files(
            choosing.details(node, "ImageDetailsByTerritory"), "TechnicalImageDetails"
        )
    )
