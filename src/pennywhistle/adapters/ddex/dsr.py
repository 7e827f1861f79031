"""Sales reports in DDEX's flat form: records of cells, one a line, and the name of their file.

Digital Sales Reporting Message Suite, part 1:
https://dsr1.ddex.net/digital-sales-report-message-suite%3A-part-1-architecture
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby

from pennywhistle.kit.money import Money
from pennywhistle.kit.sales_reports import ReportedSale, SalesReport

# Part 1 asks for the versions of parts 1, 2 and 8 behind the slash. The schemas of the two profiles
# that are written here allow this and no more.
_MESSAGE_VERSION = "dsrf/"

# Where more than one territory is reported: part 1 leaves the word to sender and recipient.
_MANY_TERRITORIES = "Multi"

_HEAD = (
    "RecordType",
    "MessageVersion",
    "Profile",
    "ProfileVersion",
    "MessageId",
    "MessageCreatedDateTime",
    "FileNumber",
    "NumberOfFiles",
    "UsageStartDate",
    "UsageEndDate",
    "SenderPartyId",
    "SenderName",
    "ServiceDescription",
    "RecipientPartyId",
    "RecipientName",
    "RepresentedRepertoire",
)

# A line's end has no escape in the form, readers exist that split at every tab, and XML, which many put
# reports into, has no control characters and no U+FFFE or U+FFFF: all that is one space.
_DIVIDES = re.compile("[\\s\x00-\x1f\x7f-\x9f\ufffe\uffff]+")

# https://dsr1.ddex.net/digital-sales-report-message-suite%253A-part-1-architecture/6-structure/6.6-technical-details/6.6.4-communicating-delimiters/
_ESCAPES = str.maketrans({"\\": "\\\\\\", "|": "\\\\|"})

Cell = str | int | bool | Money | date


@dataclass(frozen=True, slots=True)
class Profile:
    """Which of DDEX's profiles a report follows."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The licensor's sales of one territory; `id` is that of their summary record."""

    id: str
    territory: str
    sales: tuple[ReportedSale, ...]
    currency: str

    @property
    def usages(self) -> int:
        """Sales less refunds."""
        return sum(sale.usages for sale in self.sales)

    @property
    def returns(self) -> int:
        """Refunds."""
        return sum(sale.is_refund for sale in self.sales)

    @property
    def net_revenue(self) -> Money:
        """What buyers paid for them without tax."""
        return Money.total((sale.net_revenue for sale in self.sales), self.currency)

    @property
    def owed(self) -> Money:
        """What the licensor is owed for them."""
        return Money.total((sale.owed for sale in self.sales), self.currency)


def summarise(report: SalesReport) -> dict[str, Summary]:
    """The summaries of a report by territory, numbered from 1 in the alphabet's order."""

    def territory_of(sale: ReportedSale) -> str:
        return sale.territory

    groups = groupby(sorted(report.sales, key=territory_of), key=territory_of)
    return {
        territory: Summary(str(number), territory, tuple(sales), report.currency)
        for number, (territory, sales) in enumerate(groups, start=1)
    }


def record(names: Sequence[str], values: Mapping[str, Cell]) -> str:
    """One record, with its line's end: the cells of these names in their order, empty unless given."""
    unknown = values.keys() - set(names)
    if unknown:
        raise KeyError(f"a record of {names[:2]} has no {', '.join(sorted(unknown))}")
    return "\t".join(_text(values.get(name, "")) for name in names) + "\n"


def head(report: SalesReport, profile: Profile, *, body: Iterable[str]) -> str:
    """The first record. The message's id is made of what it says: another text is another message."""
    digest = hashlib.sha256(f"{report.recipient.party_id} {report.created_at}".encode())
    for line in body:
        digest.update(line.encode())
    return record(
        _HEAD,
        {
            "RecordType": "HEAD",
            "MessageVersion": _MESSAGE_VERSION,
            "Profile": profile.name,
            "ProfileVersion": profile.version,
            "MessageId": f"{report.service}-{report.starts_on:%Y%m%d}-{digest.hexdigest()[:32]}",
            "MessageCreatedDateTime": instant_text(report.created_at),
            "FileNumber": 1,
            "NumberOfFiles": 1,
            "UsageStartDate": report.starts_on,
            "UsageEndDate": report.ends_on,
            "SenderPartyId": report.sender.party_id,
            "SenderName": report.sender.name,
            "ServiceDescription": report.service,
            "RecipientPartyId": report.recipient.party_id,
            "RecipientName": report.recipient.name,
        },
    )


def file_name(report: SalesReport) -> str:
    """`DSR_<to>_<from>_<service>_2026-11_DE_1of1_20261201T093000.tsv`, as part 1, 8.1 says."""
    where = report.territories
    parts = (
        "DSR",
        report.recipient.party_id,
        report.sender.party_id,
        report.service,
        _period(report),
        where[0] if len(where) == 1 else _MANY_TERRITORIES,
        "1of1",
        f"{report.created_at.astimezone(UTC):%Y%m%dT%H%M%S}",
    )
    return "_".join(parts) + ".tsv"


def instant_text(instant: datetime) -> str:
    """An instant as records have it: `2026-12-01T09:30:00Z`."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def pattern_or_nothing(text: str, pattern: str) -> str:
    """An identifier as it is, or nothing where it has another form than the profile allows."""
    return text if re.fullmatch(pattern, text) else ""


def _period(report: SalesReport) -> str:
    following = report.ends_on + timedelta(days=1)
    next_month = (report.starts_on.replace(day=1) + timedelta(days=32)).replace(day=1)
    if report.starts_on.day == 1 and following == next_month:
        return f"{report.starts_on:%Y-%m}"
    return f"{report.starts_on}--{report.ends_on}"


def _text(value: Cell) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Money):
        return _decimal(value.decimal)
    if isinstance(value, str):
        return _DIVIDES.sub(" ", value).strip().translate(_ESCAPES)
    return str(value)


def _decimal(amount: Decimal) -> str:
    """Every digit and no more; zero is `0`, as part 1, 6.6.11 asks."""
    return f"{amount:.6f}".rstrip("0").rstrip(".")
