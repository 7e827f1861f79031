"""Where and when a licensor is paid: the account, the minimum, the schedule. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from anyascii import anyascii
from stdnum import bic as bics
from stdnum import iban as ibans
from stdnum.exceptions import ValidationError

from pennywhistle.kit.clock import Quarter, month_period
from pennywhistle.kit.money import Money
from pennywhistle.shop.royalties.payouts import PayoutError

# What files of payments are in.
CURRENCY = "EUR"
MINIMUM = Money.of_minor(10_00, CURRENCY)

# As forms of transfers hold; what is longer is cut.
HOLDER_LETTERS_MOST = 70
TEXT_LETTERS_MOST = 140

# Countries by the first letters of their accounts' numbers, from which SEPA transfers may be had.
# https://www.europeanpaymentscouncil.eu/document-library/other/epc-list-sepa-scheme-countries
SEPA_COUNTRIES = frozenset(
    [
        "AD",
        "AL",
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GI",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MC",
        "MD",
        "ME",
        "MK",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "RS",
        "SE",
        "SI",
        "SK",
        "SM",
        "VA",
    ]
)

# Letters that every bank of SEPA takes (EPC217-08), and what stands for some that it may not.
# https://www.europeanpaymentscouncil.eu/document-library/guidance-documents/sepa-requirements-extended-character-set-unicode-subset-best
_NOT_TAKEN = re.compile(r"[^A-Za-z0-9/?:().,'+ -]+")
_GERMAN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "&": "+", "_": "-"}
)


class PayoutTermsError(PayoutError):
    """Terms that are not taken, with what to do."""


class NotDueError(PayoutError):
    """A licensor whose balance or schedule does not say now."""


class Schedule(StrEnum):
    """How often what is owed is set aside: the values of `models.PayoutTerms.Schedule`."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    BY_HAND = "by-hand"


@dataclass(frozen=True, slots=True)
class TermsFacts:
    """A licensor's terms: those agreed at some time, or those of who has agreed none yet.

    `minimum` is in whole minor units of `CURRENCY`, and may be zero. The account's number is a
    person's own: lists show `masked_iban`.
    """

    licensor_id: int
    holder: str
    iban: str
    bic: str
    minimum: Money
    schedule: Schedule
    agreed_at: datetime | None = None
    version: int = 0
    agreed_by: str = ""

    @property
    def masked_iban(self) -> str:
        """`DE89…3000`: enough to know it again."""
        return f"{self.iban[:4]}…{self.iban[-4:]}"

    @property
    def spelled_holder(self) -> str:
        """The holder in letters that every bank takes."""
        return spell_for_banks(text=self.holder, letters_most=HOLDER_LETTERS_MOST)

    @property
    def says(self) -> tuple[object, ...]:
        """What tells these terms from others."""
        return self.holder, self.iban, self.bic, self.minimum, self.schedule


def make_terms(
    *, licensor_id: int, holder: str, iban: str, bic: str, minimum: Money, schedule: str
) -> TermsFacts:
    """Terms out of what somebody wrote. Raises `PayoutTermsError`, saying which is wrong."""
    holder = " ".join(holder.split())
    if not spell_for_banks(text=holder, letters_most=HOLDER_LETTERS_MOST):
        raise PayoutTermsError("say whose account it is, in letters that can be spelled in Latin")
    if len(holder) > HOLDER_LETTERS_MOST:
        raise PayoutTermsError(f"the holder has at most {HOLDER_LETTERS_MOST} letters")
    if minimum.currency != CURRENCY or minimum.micros < 0 or not minimum.is_whole_minor:
        raise PayoutTermsError(f"the minimum is in whole cents of {CURRENCY}, or nothing")
    if schedule not in tuple(Schedule):
        raise PayoutTermsError(f"the schedule is one of {', '.join(Schedule)}")
    return TermsFacts(licensor_id, holder, _iban(iban), _bic(bic), minimum, Schedule(schedule))


def _iban(text: str) -> str:
    try:
        iban = str(ibans.validate(text))
    except ValidationError:
        raise PayoutTermsError("no bank has given out this IBAN: check it") from None
    if iban[:2] not in SEPA_COUNTRIES:
        raise PayoutTermsError(
            f"accounts in {iban[:2]} take no SEPA transfers: leave the terms out and pay by hand"
        )
    return iban


def _bic(text: str) -> str:
    try:
        return str(bics.validate(text)) if text.strip() else ""
    except ValidationError:
        raise PayoutTermsError(
            "this is no BIC: write its 8 or 11 letters, or leave it out"
        ) from None


def spell_for_banks(*, text: str, letters_most: int) -> str:
    """`text` in the letters that every bank of SEPA takes: German ones as Germans do, the others by
    anyascii; what has no spelling is a space. No `/` begins, ends or follows another."""
    composed = "".join(
        letter if letter.isascii() else anyascii(letter)
        for letter in unicodedata.normalize("NFC", text).translate(_GERMAN)
    ).translate(_GERMAN)
    taken = " ".join(_NOT_TAKEN.sub(" ", composed).split())
    return re.sub(r"/(\s*/)+", "/", taken)[:letters_most].strip("/ ")


def is_time(*, schedule: Schedule, last_made_at: datetime | None, now: datetime) -> bool:
    """True where a schedule says now: nothing was set aside yet in this month, or this quarter (UTC).

    `last_made_at` is the last payout that was not called off and did not come back.
    """
    if schedule is Schedule.BY_HAND:
        return False
    if last_made_at is None:
        return True
    if schedule is Schedule.QUARTERLY:
        return last_made_at < Quarter.of(now).period.starts_at
    return last_made_at < month_period(f"{now.astimezone(UTC):%Y-%m}").starts_at


def is_due(
    *, terms: TermsFacts, payable: Money, last_made_at: datetime | None, now: datetime
) -> bool:
    """True where `payable` (what could be set aside) reaches the minimum, and the schedule says now."""
    return (
        payable.micros > 0
        and payable >= terms.minimum
        and is_time(schedule=terms.schedule, last_made_at=last_made_at, now=now)
    )
