"""DDEX's own schemas, where an operator has them under DDEX's licence: they may not be shipped.

https://kb.ddex.net/about-ddex-standards/implementation-licence/
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from lxml import etree

from pennywhistle.adapters.ddex.xml import MessageRefusedError

FILES_MOST = 200
SCHEMA_BYTES_MOST = 20_000_000


class SchemasMissingError(LookupError):
    """A folder of schemas that holds none for a message's version."""


def check_schema(data: bytes, *, namespace: str, folder: Path) -> None:
    """Raise `MessageRefusedError` with the line and reason of the first thing that does not conform,
    and `SchemasMissingError` where the folder has no schema of the message's namespace.

    `data` has been read within limits before: see `xml.parse`.
    """
    schema = _schema(folder, namespace)
    tree = etree.fromstring(data, _parser())
    if not schema.validate(tree):
        error = schema.error_log[0]
        raise MessageRefusedError(f"line {error.line}: {error.message}")


@lru_cache(maxsize=8)
def _schema(folder: Path, namespace: str) -> etree.XMLSchema:
    for path in sorted(folder.rglob("*.xsd"))[:FILES_MOST]:
        if path.stat().st_size > SCHEMA_BYTES_MOST:
            continue
        try:
            root = etree.parse(path, _parser()).getroot()
            if root.get("targetNamespace") == namespace:
                # By its path, so that what it imports is found beside it.
                return etree.XMLSchema(etree.parse(path, _parser()))
        except (etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
            raise SchemasMissingError(f"{path} is no schema that can be used: {error}") from None
    raise SchemasMissingError(
        f"there is no schema for {namespace} in {folder}: put DDEX's release-notification.xsd of "
        "that version there, with the file of allowed values that it imports"
    )


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
