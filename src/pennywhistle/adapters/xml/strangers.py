"""A stranger's XML: read within limits, without document types, entities or network."""

from __future__ import annotations

from io import BytesIO

from lxml import etree


class XmlRefusedError(ValueError):
    """What is not read: the line, and why."""


def read_tree(
    data: bytes,
    *,
    what: str,
    depth_most: int,
    nodes_most: int,
    text_letters_most: int | None = None,
) -> etree._Element:
    """The root of `what`, such as a `message`, without comments. Raises `XmlRefusedError`.

    `nodes_most` is of elements and attributes together; lxml itself refuses a text of more than 10 MB.
    """
    events = etree.iterparse(
        BytesIO(data),
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    depth = count = 0
    root: etree._Element | None = None
    try:
        for event, node in events:
            if event == "end":
                depth -= 1
                if text_letters_most and len(node.text or "") > text_letters_most:
                    raise _refused(node, f"a text of more than {text_letters_most:,} letters")
                continue
            if root is None:
                root = node
                if root.getroottree().docinfo.doctype:
                    raise _refused(root, f"it declares a document type, which no {what} does")
            depth += 1
            count += 1 + len(node.attrib)
            if depth > depth_most:
                raise _refused(node, f"elements lie more than {depth_most} deep")
            if count > nodes_most:
                raise _refused(node, f"there are more than {nodes_most:,} elements and attributes")
    except etree.XMLSyntaxError as error:
        raise XmlRefusedError(
            f"line {error.lineno or 1}: this is not well-formed XML: {error.msg}"
        ) from None
    if root is None:
        raise XmlRefusedError("line 1: the file is empty")
    return root


def _refused(node: etree._Element, why: str) -> XmlRefusedError:
    return XmlRefusedError(f"line {node.sourceline}: {why}")
