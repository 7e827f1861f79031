"""A DDEX release message (ERN), from bytes to what it says. docs/ddex.md tells what is read.

Versions: https://service.ddex.net/ — 3.8.2, 4.1.1, 4.2 and 4.3, and those near them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from pennywhistle.adapters.ddex import ern3, ern4
from pennywhistle.adapters.ddex.deal_list import Dealing, read_deals
from pennywhistle.adapters.ddex.identifiers import identifier_warnings
from pennywhistle.adapters.ddex.parts import RECORDING, Part, assemble, release_ids
from pennywhistle.adapters.ddex.schemas import check_schema
from pennywhistle.adapters.ddex.structure import by_reference, check_structure
from pennywhistle.adapters.ddex.xml import Document, parse, refused, text_at, text_of, texts_at
from pennywhistle.kit.deal_dates import DealDateError, begins_at
from pennywhistle.kit.release_messages import (
    PURGE_RELEASE,
    MessageRelease,
    MessageTrack,
    ReleaseMessage,
)

_NAMESPACE = re.compile(
    r"https?://(?:www\.)?ddex\.net/xml/(?:[0-9]{4}/)?ern(?:-main)?/([0-9]{2,3})/?"
)
_SCHEMA_VERSION = re.compile(r"(?:[0-9]{4}/)?ern(?:-main)?/([0-9]{2,3})")
_READ = frozenset(
    [
        "341",
        "35",
        "351",
        "36",
        "361",
        "37",
        "371",
        "38",
        "381",
        "382",
        "383",
        "39",
        "40",
        "41",
        "411",
        "412",
        "42",
        "421",
        "43",
        "431",
        "432",
        "433",
    ]
)


def read_message(data: bytes, *, schemas: Path | None = None) -> ReleaseMessage:
    """What a message says. Raises `MessageRefusedError`, and `SchemasMissingError` where `schemas`
    is a folder without the one that is needed.
    """
    document = parse(data)
    root, version = document.root, _version(document)
    if schemas is not None:
        check_schema(data, namespace=document.namespace, folder=schemas)
    check_structure(root, version=version)
    warnings: list[str] = []
    releases = tuple(
        _purged(root) if root.tag == PURGE_RELEASE else _releases(root, version, warnings)
    )
    header = root.find("MessageHeader")
    assert header is not None
    sender = header.find("MessageSender")
    is_test = text_at(header, "MessageControlType") == "TestMessage"
    if is_test:
        warnings.append("this is a test message: what it says is not meant")
    return ReleaseMessage(
        kind=root.tag,
        version=version,
        message_id=text_at(header, "MessageId"),
        sender=_party_id(sender),
        sender_name=text_at(sender, "PartyName/FullName", "TradingName") or None,
        created_at=_created_at(header),
        is_test=is_test,
        releases=releases,
        warnings=(*warnings, *identifier_warnings(releases)),
    )


def _version(document: Document) -> str:
    """`3.8.2` of the namespace, or of the attribute that 3.x has beside it."""
    root = document.root
    found = _NAMESPACE.fullmatch(document.namespace)
    if found is None and not document.namespace:
        found = _SCHEMA_VERSION.fullmatch(root.get("MessageSchemaVersionId", ""))
    if found is None:
        said = document.namespace or str(root.tag)
        raise refused(root, f"this is {said[:80]!r}, and not a release message of DDEX (ERN)")
    if found[1] not in _READ:
        raise refused(
            root,
            f"this is ERN {'.'.join(found[1])}, which is not read: 3.8.2, 4.1.1, 4.2 and 4.3 are, "
            "and those near them",
        )
    return ".".join(found[1])


def _party_id(sender: etree._Element) -> str:
    """The DDEX party id, where there are several of a party."""
    told = [node for node in sender.findall("PartyId") if text_of(node)]
    flagged = [node for node in told if node.get("IsDPID") in ("true", "1")]
    shaped = [node for node in told if text_of(node).startswith("PADPIDA")]
    return text_of(next(iter([*flagged, *shaped, *told]), None))


def _created_at(header: etree._Element) -> str:
    node = header.find("MessageCreatedDateTime")
    text = text_of(node)
    assert node is not None
    try:
        begins_at(text=text, country="IS")
    except DealDateError as error:
        raise refused(node, f"MessageCreatedDateTime: {error}") from None
    if "T" not in text:
        raise refused(node, f"MessageCreatedDateTime: {text!r} has no time of day")
    return text


def _purged(root: etree._Element) -> Iterator[MessageRelease]:
    for node in root.findall("PurgedRelease"):
        icpn, grid = release_ids(node)
        title = text_at(node, "Title/TitleText") or None
        yield MessageRelease(icpn, grid, title, None, None, (), ())


def _releases(root: etree._Element, version: str, warnings: list[str]) -> Iterator[MessageRelease]:
    nodes = [node for node in root.iterfind("ReleaseList/*") if str(node.tag).endswith("Release")]
    resources = by_reference(list(root.iterfind("ResourceList/*")), "ResourceReference")
    is_three = version < "4"
    parts, tracks = (_three if is_three else _four)(root, nodes, resources)
    recipients = frozenset(texts_at(root, "MessageHeader/MessageRecipient/PartyId"))
    deals = read_deals(
        root, by_reference(nodes, "ReleaseReference"), Dealing(is_three, recipients, warnings)
    )
    warnings.extend(
        f"line {part.node.sourceline}: {part.others} of its resources are no recordings and no "
        "covers, and are left"
        for part in parts
        if part.others
    )
    yield from assemble(parts, tracks, deals)


def _three(
    root: etree._Element, nodes: list[etree._Element], resources: dict[str, etree._Element]
) -> tuple[list[Part], dict[str, MessageTrack]]:
    language = root.get("LanguageAndScriptCode", "")
    parts = [ern3.read_release(node, resources, language=language) for node in nodes]
    tracks = {
        name: ern3.read_track(node, language=language)
        for name, node in resources.items()
        if node.tag == RECORDING
    }
    return parts, tracks


def _four(
    root: etree._Element, nodes: list[etree._Element], resources: dict[str, etree._Element]
) -> tuple[list[Part], dict[str, MessageTrack]]:
    language = root.get("LanguageAndScriptCode", "")
    parties = by_reference(list(root.iterfind("PartyList/Party")), "PartyReference")
    parts = [ern4.read_release(node, resources, parties, language=language) for node in nodes]
    tracks = {
        name: ern4.read_track(node, parties, language=language)
        for name, node in resources.items()
        if node.tag == RECORDING
    }
    return parts, tracks
