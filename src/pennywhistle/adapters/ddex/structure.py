"""What a message must hold to be read at all, whatever an operator's schemas say besides."""

from __future__ import annotations

from lxml import etree

from pennywhistle.adapters.ddex.xml import refused, text_of
from pennywhistle.kit.release_messages import NEW_RELEASE, PURGE_RELEASE

RELEASES_MOST = 2_000
DEALS_MOST = 50_000

# What may stand at the top of a message, in any version that is read.
_TOP = frozenset(
    [
        *("MessageHeader", "UpdateIndicator", "IsBackfill", "ReleaseAdmin", "CatalogTransfer"),
        *("PartyList", "WorkList", "CueSheetList", "ResourceList", "CollectionList"),
        *("ChapterList", "ReleaseList", "DealList", "SupplementalDocumentList", "PurgedRelease"),
    ]
)
_MANY = frozenset({"ReleaseAdmin"})

# path → what must be below it; where words are parted by `|`, one of them.
# https://service.ddex.net/ — ERN 3.8.2 and 4.3, "Message definition".
_Rules = dict[str, tuple[str, ...]]
_EACH: _Rules = {
    ".": ("MessageHeader",),
    "MessageHeader": ("MessageId", "MessageSender", "MessageRecipient", "MessageCreatedDateTime"),
    "MessageHeader/MessageSender": ("PartyId",),
    "ReleaseList/Release": ("ReleaseId",),
    "DealList/ReleaseDeal": ("DealReleaseReference", "Deal"),
    "DealList/ReleaseDeal/Deal/DealTerms": ("ValidityPeriod",),
}
_THREE: _Rules = {
    ".": ("ResourceList", "ReleaseList"),
    "ResourceList/SoundRecording": (
        *("SoundRecordingId", "ResourceReference", "ReferenceTitle", "Duration"),
        "SoundRecordingDetailsByTerritory",
    ),
    "ReleaseList/Release": (
        *("ReferenceTitle", "ReleaseDetailsByTerritory"),
        "ReleaseResourceReferenceList|ResourceOmissionReason",
    ),
    "DealList/ReleaseDeal/Deal/DealTerms": (
        *("Usage|TakeDown|AllDealsCancelled", "TerritoryCode|ExcludedTerritoryCode"),
    ),
    "DealList/ReleaseDeal/Deal/DealTerms/Usage": ("UseType",),
}
_FOUR: _Rules = {
    ".": ("PartyList", "ResourceList", "ReleaseList"),
    "PartyList/Party": ("PartyReference", "PartyName|PartyId"),
    "ResourceList/SoundRecording": (
        *("ResourceReference", "ResourceId|SoundRecordingEdition", "Duration"),
        "DisplayTitleText|DisplayTitle",
    ),
    "ReleaseList/Release": (
        *("ReleaseReference", "ReleaseType", "DisplayTitleText|DisplayTitle"),
        *("DisplayArtistName|DisplayArtist", "ReleaseLabelReference"),
    ),
    "ReleaseList/TrackRelease": ("ReleaseReference", "ReleaseId", "ReleaseResourceReference"),
}
_PURGE: _Rules = {".": ("PurgedRelease",)}


def check_structure(root: etree._Element, *, version: str) -> None:
    """Raise `MessageRefusedError` for what lacks, is said twice, or has no place."""
    if root.tag not in (NEW_RELEASE, PURGE_RELEASE):
        raise refused(
            root,
            f"{root.tag} is read by nobody here: a {NEW_RELEASE} opens sales, a {PURGE_RELEASE} "
            "ends them",
        )
    _check_top(root)
    own = _PURGE if root.tag == PURGE_RELEASE else _THREE if version < "4" else _FOUR
    for rules in (_EACH, own):
        for path, needed in rules.items():
            for node in root.iterfind(path) if path != "." else [root]:
                _check_children(node, needed)
    if root.tag == NEW_RELEASE:
        _check_counts(root)


def _check_top(root: etree._Element) -> None:
    seen: set[str] = set()
    for child in root:
        if child.tag not in _TOP:
            raise refused(child, f"{_said(child)} has no place in a {root.tag}")
        if child.tag in seen - _MANY:
            raise refused(child, f"{child.tag} stands in the message twice")
        seen.add(child.tag)


def _check_children(node: etree._Element, needed: tuple[str, ...]) -> None:
    for words in needed:
        if all(node.find(word) is None for word in words.split("|")):
            raise refused(node, f"{node.tag} lacks its {words.replace('|', ' or ')}")


def _check_counts(root: etree._Element) -> None:
    releases = [node for node in root.iterfind("ReleaseList/*") if "Release" in str(node.tag)]
    if not releases:
        raise refused(root, "there is no release in it")
    if len(releases) > RELEASES_MOST:
        raise refused(root, f"there are more than {RELEASES_MOST:,} releases: send fewer at once")
    if len(root.findall("DealList/ReleaseDeal/Deal")) > DEALS_MOST:
        raise refused(root, f"there are more than {DEALS_MOST:,} deals: send fewer at once")


def by_reference(nodes: list[etree._Element], name: str) -> dict[str, etree._Element]:
    """Nodes by the references they give themselves. Raises for a reference given twice."""
    found: dict[str, etree._Element] = {}
    for node in nodes:
        for reference in node.findall(name):
            text = text_of(reference)
            if not text:
                raise refused(reference, f"{name} is empty")
            if text in found:
                raise refused(reference, f"{name} {text[:40]!r} is given twice")
            found[text] = node
    return found


def named(reference: etree._Element, nodes: dict[str, etree._Element]) -> etree._Element:
    """What a reference names. Raises `MessageRefusedError` where it names nothing."""
    text = text_of(reference)
    if text not in nodes:
        raise refused(reference, f"{reference.tag} {text[:40]!r} names nothing in this message")
    return nodes[text]


def _said(node: etree._Element) -> str:
    return str(etree.QName(node).localname)[:60]
