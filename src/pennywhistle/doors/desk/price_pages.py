"""What the desk's pages of prices take: frozen objects of plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pennywhistle.doors.desk.price_forms import AskForm, PriceListForm, PromotionForm
from pennywhistle.doors.desk.words import Badge
from pennywhistle.kit.money import Money


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code. `covers` is empty for everything; `ends_at` is None for no end."""

    code: str
    takes_off: str
    covers: str
    state: Badge
    uses: str
    starts_at: datetime
    ends_at: datetime | None
    may_end: bool


@dataclass(frozen=True, slots=True)
class PricesPage:
    """The price list in one of the shop's currencies, and its codes."""

    currency: str
    currencies: Sequence[str]
    form: PriceListForm
    code_form: PromotionForm
    codes: Sequence[CodeRow]


@dataclass(frozen=True, slots=True)
class AskedRow:
    """What is asked for a thing today: `kind` in words; `amount` is None for what goes by size."""

    what: str
    kind: str
    amount: Money | None
    suggested: Money | None


@dataclass(frozen=True, slots=True)
class LowestRow:
    """What music needs in these countries; None where no price pays its tariffs."""

    where: str
    all_countries: str
    taxes: str
    each: Money | None
    whole: Money | None


@dataclass(frozen=True, slots=True)
class ReleasePricesPage:
    """What is asked for a release, what it needs, and the form that asks something else."""

    title: str
    artist: str
    label: str
    url: str
    back_url: str
    currency: str
    currencies: Sequence[str]
    asked: Sequence[AskedRow]
    lowest: Sequence[LowestRow]
    form: AskForm
