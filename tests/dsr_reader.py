"""A reader of sales reports that knows them by DDEX's schemas alone, and shares no code with their writer.

Cells get their names from the schema of their record, in order; records find their place in a tree
by the profile's own element; and libxml2 holds that tree against the schema: mandatory cells, numbers,
dates, patterns, allowed values, and which record may follow which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree

from tests.needs import PUBLISHED

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_GROUPING = "ResourceIdentificationGrouping"
_SCHEMAS = {
    ("BasicAudioProfile", "1.2"): "BasicAudioProfile-1.2.xsd",
    ("FinancialReportingToRecordCompaniesProfileSRB", "1.0"): (
        "FinancialReportingToRecordCompaniesProfileSRB-1.0.xsd"
    ),
}


@dataclass(frozen=True)
class Row:
    """A record: its type, and its cells by name; those that may hold several are lists."""

    kind: str
    cells: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.cells[name]


@dataclass(frozen=True)
class Column:
    """What the schema says of a cell."""

    name: str
    is_list: bool


def read_report(text: str) -> list[Row]:
    """The records of a report; raises AssertionError where its schema does not allow it."""
    assert text.endswith("\n")
    assert not text.startswith("\ufeff")
    lines = text[:-1].split("\n")
    profile = tuple(lines[0].split("\t")[2:4])
    schema = _SCHEMAS[profile[0], profile[1]]
    rows = [_row(line, schema) for line in lines]
    tree = _tree(rows, schema, profile[0])
    validator = _validator(schema)
    assert validator.validate(tree), validator.error_log
    return rows


def _row(line: str, schema: str) -> Row:
    cells = list(_cells(line))
    kind = cells[0][0]
    columns = _columns(schema)[kind]
    assert len(cells) == len(columns), f"{kind} has {len(cells)} cells, not {len(columns)}"
    values = {}
    for column, parts in zip(columns, cells, strict=True):
        assert column.is_list or len(parts) == 1, f"{column.name} of {kind} holds one value"
        values[column.name] = parts if column.is_list else parts[0]
    return Row(kind, values)


def _cells(line: str) -> Iterator[list[str]]:
    """Cells divided by tabs, values within by pipes. A backslash before a tab, two before a pipe and
    three in a row stand for a tab, a pipe and a backslash."""
    values, value, at = [], "", 0
    while at < len(line):
        for written, meant in (("\\\\\\", "\\"), ("\\\\|", "|"), ("\\\t", "\t")):
            if line.startswith(written, at):
                value, at = value + meant, at + len(written)
                break
        else:
            letter, at = line[at], at + 1
            assert letter != "\\", f"a backslash that escapes nothing: {line!r}"
            if letter in "\t|":
                values.append(value)
                value = ""
                if letter == "\t":
                    yield values
                    values = []
            else:
                value += letter
    yield [*values, value]


def _tree(rows: list[Row], schema: str, profile: str) -> Any:
    """The report as the profile's element has it."""
    root = etree.Element(f"{{{_namespace(schema)}}}{profile}")
    block, block_id = root, None
    for row in rows:
        if profile == "BasicAudioProfile" and "BlockId" in row.cells:
            if row["BlockId"] != block_id:
                block, block_id = etree.SubElement(root, "BasicAudioProfileBlock"), row["BlockId"]
            into = block
            if row.kind.startswith(("AS", "MW")):
                if not len(block) or block[-1].tag != _GROUPING:
                    etree.SubElement(block, _GROUPING)
                into = block[-1]
        else:
            into, block_id = root, None
        _put(into, row)
    return root


def _put(into: Any, row: Row) -> None:
    element = etree.SubElement(into, f"RecordType-{row.kind}")
    for name, value in row.cells.items():
        for part in value if isinstance(value, list) else [value]:
            if part:  # An empty cell is one that is not there.
                etree.SubElement(element, name).text = part


@cache
def _root(schema: str) -> Any:
    """The schema; one of its names ends in a space, which no parser takes."""
    text = (PUBLISHED / "dsr" / schema).read_text(encoding="utf-8")
    mended = text.replace('"DealSpecificCell "', '"DealSpecificCell"')
    return etree.fromstring(mended.encode(), base_url=str(PUBLISHED / "dsr" / schema))


@cache
def _validator(schema: str) -> Any:
    return etree.XMLSchema(_root(schema))


def _namespace(schema: str) -> str:
    return str(_root(schema).get("targetNamespace"))


@cache
def _columns(schema: str) -> dict[str, list[Column]]:
    """The cells of each record type, by what its first cell has to say."""
    found = {}
    for kind in _root(schema).findall(f"{_XSD}complexType"):
        elements = kind.findall(f"{_XSD}sequence/{_XSD}element")
        if elements and elements[0].get("name") == "RecordType":
            (word,) = elements[0].iter(f"{_XSD}pattern")
            found[word.get("value")] = [
                Column(each.get("name"), each.get("maxOccurs") == "unbounded") for each in elements
            ]
    return found
