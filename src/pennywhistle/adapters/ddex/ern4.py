"""Releases and recordings of ERN 4.x: parties stand in a list, tracks' releases in elements of
their own.
"""

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


def read_track(
    node: etree._Element, parties: dict[str, etree._Element], *, language: str
) -> MessageTrack:
    """A recording; from 4.3 on its identifiers stand in an edition. Raises `MessageRefusedError`."""
    editions = node.findall("SoundRecordingEdition")
    return MessageTrack(
        isrc=text_at(node, "ResourceId/ISRC", "SoundRecordingEdition/ResourceId/ISRC") or None,
        title=choosing.title_4(node, language=language) or None,
        duration_ms=duration_ms_at(node),
        artist=_artist(node, parties, language) or None,
        p_line=line_of(node, "PLine", *editions),
        files=_files([node, *editions]),
    )


def read_release(
    node: etree._Element,
    resources: dict[str, etree._Element],
    parties: dict[str, etree._Element],
    *,
    language: str,
) -> Part:
    """A release, or that of a track, without its tracks and deals. Raises `MessageRefusedError`."""
    grouped = [
        reference
        for group in node.findall("ResourceGroup")
        for reference in choosing.in_sequence(group)
    ]
    references = [*grouped, *node.findall("ReleaseResourceReference")]
    held = {text_of(reference): named(reference, resources) for reference in references}
    icpn, grid = release_ids(node)
    release = MessageRelease(
        icpn=icpn,
        grid=grid,
        title=_title(node, held, language) or None,
        artist=_artist(node, parties, language) or None,
        label=_label(node, parties, language) or None,
        tracks=(),
        deals=(),
        # A clip's release says what it is by its element's name.
        kinds=(str(node.tag), *texts_at(node, "ReleaseType")),
        genre=text_at(node, "Genre/GenreText") or None,
        released_on=text_at(node, "ReleaseDate", "OriginalReleaseDate") or None,
        p_line=line_of(node, "PLine"),
        c_line=line_of(node, "CLine"),
        images=_images(node, held, resources),
    )
    return Part(
        node=node,
        release=release,
        references=tuple(texts_at(node, "ReleaseReference")),
        recordings=recordings_in(held),
        others=others_in(held),
        is_track=node.tag != "Release",
        is_main=node.tag == "Release",
    )


def _title(node: etree._Element, held: dict[str, etree._Element], language: str) -> str:
    """A track's release may leave its title to its recording."""
    if title := choosing.title_4(node, language=language):
        return title
    return next((choosing.title_4(what, language=language) for what in held.values()), "")


def _artist(node: etree._Element, parties: dict[str, etree._Element], language: str) -> str:
    artists = [
        (artist, choosing.name_of(named(reference, parties), language=language))
        for artist in node.findall("DisplayArtist")
        for reference in artist.findall("ArtistPartyReference")
    ]
    if name := choosing.best_text(node, "DisplayArtistName", language=language):
        return name
    return choosing.main_artists(artists, role="DisplayArtistRole")


def _label(node: etree._Element, parties: dict[str, etree._Element], language: str) -> str:
    for reference in node.findall("ReleaseLabelReference"):
        named(reference, parties)
    chosen = choosing.label_4(node, language=language)
    return "" if chosen is None else choosing.name_of(named(chosen, parties), language=language)


def _files(places: list[etree._Element]) -> tuple[DeliveredFile, ...]:
    """What is delivered as a recording, without clips."""
    return tuple(
        file
        for place in places
        for technical in place.findall("TechnicalDetails")
        if not is_true(technical, "IsClip", "IsPreview")
        for node in [*technical.findall("DeliveryFile/File"), *technical.findall("File")]
        if (file := file_of(node)) is not None
    )


def _images(
    node: etree._Element, held: dict[str, etree._Element], resources: dict[str, etree._Element]
) -> tuple[DeliveredFile, ...]:
    """Front covers in the release's groups, or linked to them."""
    linked = [
        named(reference, resources) for reference in node.iter("LinkedReleaseResourceReference")
    ]
    covers = [
        image
        for image in [*held.values(), *linked]
        if image.tag == "Image" and text_at(image, "Type") in ("FrontCoverImage", "")
    ]
    return tuple(dict.fromkeys(file for image in covers for file in _files([image])))
