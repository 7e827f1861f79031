"""What each page of the desk takes: frozen objects of plain values, never rows of a table.

Money is money, lengths are milliseconds, instants UTC; templates put them into the reader's
language. A `url` is a path on this site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pennywhistle.doors.desk.correction_form import CorrectionForm
from pennywhistle.doors.desk.forms import StatementForm, VoucherForm
from pennywhistle.doors.desk.licence_forms import EndForm, LicenceForm
from pennywhistle.doors.desk.words import Badge
from pennywhistle.kit.money import Money


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release in a list. `lacks` says what it needs before it can go live."""

    title: str
    url: str
    artist: str
    label: str
    upc: str
    state: Badge
    track_count: int
    duration_ms: int
    created_at: datetime
    lacks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class StateCount:
    """How many releases are in a state, and the list of them."""

    state: Badge
    count: int
    url: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class SalesRow:
    """What was sold in one currency."""

    purchase_count: int
    line_count: int
    gross: Money


@dataclass(frozen=True, slots=True)
class SoldLine:
    """One track sold, without its buyer. `recording` is what its recording licence is due."""

    sold_at: datetime
    track: str
    release: str
    recipe: str
    country: str
    gross: Money
    recording: Money


@dataclass(frozen=True, slots=True)
class OwedRow:
    """What a licensor is owed in one currency."""

    licensor: str
    url: str
    amount: Money


@dataclass(frozen=True, slots=True)
class PendingRow:
    """Top-ups of one currency that are still on their way."""

    count: int
    amount: Money
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """What happened to a licence, from when on, and since when the store knows."""

    what: str
    effective_at: datetime
    recorded_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class LicenceRow:
    """A licence in a list. `period` tells from when and until when, as it was written."""

    number: str
    licensor: str
    licensor_url: str
    right: str
    repertoire: str
    uses: str
    territories: str
    period: str
    footing: str
    tariff: str
    document_reference: str
    state: Badge
    end_url: str
    end_reason: str = ""
    history: tuple[ChangeRow, ...] = ()


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """The desk's first page; what only the operator sees is empty for a label."""

    states: Sequence[StateCount]
    drafts: Sequence[ReleaseRow]
    sales: Sequence[SalesRow]
    sales_days: int
    sold: Sequence[SoldLine]
    owed: Sequence[OwedRow]
    pending: Sequence[PendingRow]
    ending: Sequence[LicenceRow]
    ending_days: int
    report_count: int = 0
    dispute_count: int = 0
    unclaimed_count: int = 0


@dataclass(frozen=True, slots=True)
class ReleasesPage:
    """Releases, newest first; `is_cut` where there are more than one page holds."""

    states: Sequence[StateCount]
    releases: Sequence[ReleaseRow]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class TrackRow:
    """A track with what was measured of its master. Levels are None for silence."""

    place: str
    title: str
    artist: str
    isrc: str
    work_title: str
    composer: str
    iswc: str
    duration_ms: int
    format: str
    channels: str
    size_bytes: int
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    peaks: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """May this track be downloaded there, now? The licences that allow it, or the reason why not.

    `is_covered` is None until a country is chosen. `country_count` counts the countries of the
    world where both rights are covered, of `country_total`.
    """

    place: str
    title: str
    country_count: int
    country_total: int
    is_covered: bool | None = None
    recording: str = ""
    work: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeskReleasePage:
    """A release as the desk sees it. `country` is None until one is chosen; `correct_url` is empty
    for a draft."""

    title: str
    url: str
    artist: str
    label: str
    upc: str
    released_on: date | None
    genre: str
    p_line: str
    c_line: str
    cover_url: str
    state: Badge
    lacks: Sequence[str]
    may_publish: bool
    publish_url: str
    correct_url: str
    prices_url: str
    shop_url: str
    tracks: Sequence[TrackRow]
    duration_ms: int
    country: str | None
    coverage: Sequence[CoverageRow]
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """What was corrected before. `track` is empty for a field of the release."""

    what: str
    track: str
    before: str
    after: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """The form that corrects a release on sale."""

    title: str
    artist: str
    label: str
    cover_url: str
    url: str
    back_url: str
    form: CorrectionForm
    corrections: Sequence[CorrectionRow]


@dataclass(frozen=True, slots=True)
class LicencesPage:
    """The newest licences, or those in which `query` was found."""

    licences: Sequence[LicenceRow]
    query: str
    is_cut: bool


@dataclass(frozen=True, slots=True)
class GrantPage:
    """The form that records a licence."""

    form: LicenceForm


@dataclass(frozen=True, slots=True)
class EndPage:
    """The form that ends a licence."""

    licence: LicenceRow
    form: EndForm
    is_ended: bool


@dataclass(frozen=True, slots=True)
class IssuedRow:
    """A statement of a closed period, as it was issued. `proof_note` says why there is no proof."""

    month: str
    starts_at: datetime
    total: Money
    line_count: int
    issued_at: datetime
    fingerprint: str
    proof_url: str = ""
    proof_note: str = ""


@dataclass(frozen=True, slots=True)
class LicensorPage:
    """One licensor: what is owed, and the statements."""

    name: str
    url: str
    kind: str
    owed: Sequence[OwedRow]
    issued: Sequence[IssuedRow]
    form: StatementForm


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch of vouchers: `each` is one's worth, `open_worth` what is not redeemed yet,
    `unsold_count` how many no till has told as sold."""

    name: str
    each: Money
    count: int
    redeemed_count: int
    open_worth: Money
    issued_at: datetime
    state: Badge
    is_free: bool
    expires_at: datetime | None
    unsold_count: int = 0


@dataclass(frozen=True, slots=True)
class VouchersPage:
    """The form that makes a batch, and the batches made."""

    form: VoucherForm
    once: str
    batches: Sequence[BatchRow]


@dataclass(frozen=True, slots=True)
class VoucherSheetPage:
    """A fresh batch with its codes, told this once."""

    name: str
    each: Money
    codes: Sequence[str]
    expires_at: datetime | None
    shop_name: str
    address: str


@dataclass(frozen=True, slots=True)
class KindRow:
    """All accounts of one kind; one of `debit` and `credit` is what they hold, the other None."""

    kind: str
    account_count: int
    debit: Money | None
    credit: Money | None


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """The accounts of one currency by kind; the totals are equal where the books balance."""

    currency: str
    rows: Sequence[KindRow]
    debit_total: Money
    credit_total: Money


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One wrong row of the books."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class RecountReport:
    """What a recount counted; right is an empty `findings`. `more` wrong rows are not shown."""

    transfer_count: int
    account_count: int
    sale_line_count: int
    moved: Sequence[Money]
    findings: Sequence[FindingRow]
    more: int
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class BooksPage:
    """The trial balance, the newest sealed day, and the report of a recount that was just made."""

    balances: Sequence[TrialBalance]
    transfer_count: int
    can_recount: bool
    sealed_on: date | None = None
    chain: str = ""
    report: RecountReport | None = None
