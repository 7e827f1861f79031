"""Which of several names, titles and details speaks: for all the world first, then in the language
of the message, then the first that stands there.
"""

from __future__ import annotations

from lxml import etree

from pennywhistle.adapters.ddex.xml import number_of, text_at, text_of, texts_at

_WORLD = "Worldwide"
_MAIN_ROLES = frozenset({"MainArtist"})

# The title that listeners see, then what it is formally called. Others are no name to sell under.
_TITLE_TYPES = ("DisplayTitle", "FormalTitle", "", "OriginalTitle")
_LABEL_TYPES = ("", "DisplayLabelName", "DisplayLabel")


def best(nodes: list[etree._Element], *, language: str) -> etree._Element | None:
    """The one that is the default, speaks for all the world, and in the message's language."""

    def rank(node: etree._Element) -> tuple[bool, bool, bool]:
        territory = node.get("ApplicableTerritoryCode", _WORLD)
        spoken = node.get("LanguageAndScriptCode", language)
        return (node.get("IsDefault") not in ("true", "1"), territory != _WORLD, spoken != language)

    return min(nodes, key=rank, default=None)


def best_text(node: etree._Element, path: str, *, language: str) -> str:
    """The text of the best of the elements at a path that say anything."""
    return text_of(best([n for n in node.findall(path) if text_of(n)], language=language))


def details(node: etree._Element, name: str) -> list[etree._Element]:
    """3.x's details by territory, those for all the world first."""

    def rank(block: etree._Element) -> int:
        if _WORLD in texts_at(block, "TerritoryCode"):
            return 0
        return 1 if block.find("ExcludedTerritoryCode") is not None else 2

    return sorted(node.findall(name), key=rank)


def title_3(node: etree._Element, blocks: list[etree._Element], *, language: str) -> str:
    """The title that listeners see, or the one that businesses refer to."""
    for kind in _TITLE_TYPES:
        for block in blocks:
            typed = [
                title
                for title in block.findall("Title")
                if title.get("TitleType", "") == kind and text_at(title, "TitleText")
            ]
            if (found := best(typed, language=language)) is not None:
                return text_at(found, "TitleText")
    return text_at(node, "ReferenceTitle/TitleText", "Title/TitleText")


def title_4(node: etree._Element, *, language: str) -> str:
    """The title as it is to be displayed, in one text, or that in parts."""
    if text := best_text(node, "DisplayTitleText", language=language):
        return text
    parts = best(node.findall("DisplayTitle"), language=language)
    return "" if parts is None else text_at(parts, "TitleText")


def name_of(party: etree._Element, *, language: str) -> str:
    """A party's full name."""
    names = [name for name in party.findall("PartyName") if text_at(name, "FullName")]
    chosen = best(names, language=language)
    return text_at(party, "FullName") if chosen is None else text_at(chosen, "FullName")


def main_artists(artists: list[tuple[etree._Element, str]], *, role: str) -> str:
    """The names of the main artists in their order; where none is the main one, of all."""

    def place(pair: tuple[etree._Element, str]) -> int:
        given = pair[0].get("SequenceNumber", "")
        return int(given) if given.isascii() and given.isdigit() else len(artists)

    told = [(node, name) for node, name in sorted(artists, key=place) if name]
    main = [name for node, name in told if _MAIN_ROLES & set(texts_at(node, role))]
    return ", ".join(dict.fromkeys(main or [name for _, name in told]))


def label_3(blocks: list[etree._Element], *, language: str) -> str:
    """The label's name that listeners see."""
    for block in blocks:
        named = [label for label in block.findall("LabelName") if text_of(label)]
        shown = [label for label in named if label.get("LabelNameType", "") in _LABEL_TYPES]
        if (found := best(shown or named, language=language)) is not None:
            return text_of(found)
    return ""


def label_4(node: etree._Element, *, language: str) -> etree._Element | None:
    """The reference to the label that listeners see."""
    labels = node.findall("ReleaseLabelReference")
    shown = [label for label in labels if label.get("LabelType", "") in _LABEL_TYPES]
    return best(shown or labels, language=language)


def in_sequence(group: etree._Element) -> list[etree._Element]:
    """The references to resources in a group and those below it, in the order they are heard."""

    def place(child: etree._Element) -> tuple[bool, int]:
        number = number_of(child, "SequenceNumber")
        return (number is None, number or 0)

    found: list[etree._Element] = []
    parts = [node for node in group if node.tag in ("ResourceGroup", "ResourceGroupContentItem")]
    for part in sorted(parts, key=place):
        if part.tag == "ResourceGroup":
            found += in_sequence(part)
        else:
            found += part.findall("ReleaseResourceReference")
    found += group.findall("ResourceGroupResourceReferenceList/ResourceGroupResourceReference")
    return found
