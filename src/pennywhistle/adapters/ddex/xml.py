"""A message's XML, within limits, and what is asked of its elements.

Elements of the message's own namespace come out under their plain names, as those without one do,
so that a path is written the same for every version and however the sender writes its prefixes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree

from pennywhistle.adapters.xml.strangers import XmlRefusedError, read_tree

# What a message of 1,000 tracks and 20,000 deals has; reading it stays below 200 MB and 5 s.
FILE_BYTES_MOST = 10_000_000
DEPTH_MOST = 40
NODES_MOST = 400_000
TAG_BYTES_MOST = 20_000
TEXT_LETTERS_MOST = 100_000

# In these the marks of XML are single bytes, so that a tag's length is seen before it is read.
_ENCODINGS = frozenset({b"", b"ascii", b"iso-8859-1", b"iso-8859-15", b"us-ascii", b"utf-8"})
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")
_LONG_TAG = re.compile(rb"<(?![!?])[^>]{%d}" % TAG_BYTES_MOST)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class MessageRefusedError(ValueError):
    """A message that is not taken: the line, and why."""


@dataclass(frozen=True, slots=True)
class Document:
    """The root under its plain name, and the namespace that it stood in."""

    root: etree._Element
    namespace: str


def parse(data: bytes) -> Document:
    """The message's tree. Raises `MessageRefusedError`."""
    if len(data) > FILE_BYTES_MOST:
        raise MessageRefusedError(
            f"line 1: the file has more than {FILE_BYTES_MOST:,} bytes: send fewer releases at once"
        )
    _check_bytes(data)
    try:
        root = read_tree(
            data,
            what="message",
            depth_most=DEPTH_MOST,
            nodes_most=NODES_MOST,
            text_letters_most=TEXT_LETTERS_MOST,
        )
    except XmlRefusedError as error:
        raise MessageRefusedError(str(error)) from None
    namespace = etree.QName(root).namespace or ""
    if namespace:
        prefix = f"{{{namespace}}}"
        for node in list(root.iter(f"{prefix}*")):
            node.tag = node.tag.removeprefix(prefix)
    return Document(root, namespace)


def _check_bytes(data: bytes) -> None:
    """Refuse what would cost memory before a parser says what it is."""
    text = data.removeprefix(_BYTE_ORDER_MARK)
    declared = _DECLARED.match(text[:1000])
    if b"\x00" in text[:4] or (declared and declared[1].lower() not in _ENCODINGS):
        raise MessageRefusedError("line 1: write the message in UTF-8, as DDEX asks")
    if (found := _LONG_TAG.search(data)) is not None:
        line = data.count(b"\n", 0, found.start()) + 1
        raise MessageRefusedError(f"line {line}: a tag has more than {TAG_BYTES_MOST:,} bytes")


def refused(node: etree._Element, why: str) -> MessageRefusedError:
    """The error to raise: where, and why."""
    return MessageRefusedError(f"line {node.sourceline}: {why}")


def text_of(node: etree._Element | None) -> str:
    """An element's text in one line; "" where there is no element or no text."""
    return "" if node is None else " ".join((node.text or "").split())


def text_at(node: etree._Element, *paths: str) -> str:
    """The first text that is told at one of these paths; "" where none is."""
    return next(iter(texts_at(node, *paths)), "")


def texts_at(node: etree._Element, *paths: str) -> list[str]:
    """Every text at these paths, in order, without those that say nothing."""
    return [text for path in paths for found in node.findall(path) if (text := text_of(found))]


def is_true(node: etree._Element, *paths: str) -> bool:
    """Whether a flag at one of these paths is set."""
    return any(text in ("true", "1") for text in texts_at(node, *paths))


def number_of(node: etree._Element, path: str) -> int | None:
    """A whole number at a path, or None where there is none."""
    text = text_at(node, path)
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None
