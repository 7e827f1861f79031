"""Sample receipts, and what is asked of buyers, for the living page and the tests of the templates. All made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from pennywhistle.doors.storefront import receipt_pages as pages
from pennywhistle.doors.storefront.business import BusinessPage
from pennywhistle.doors.storefront.library_pages import ZipLink
from pennywhistle.doors.storefront.sealed import SealRow, SealsPage
from pennywhistle.doors.storefront.till_pages import TillLine
from pennywhistle.doors.storefront.where import CountryPage
from pennywhistle.kit.money import Money

_NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def _euro(text: str) -> Money:
    return Money.parse(text, "EUR")


def _share(
    name: str, note: str, amount: str, percent: str, tone: str, start: float, width: float
) -> pages.ShareRow:
    entries = (pages.BookEntry(f"sale/0190f3c2/1/{tone}", _euro(amount)),)
    return pages.ShareRow(name, note, _euro(amount), Decimal(percent), tone, start, width, entries)


RECEIPT = pages.ReceiptPage(
    name="R2026-000001",
    purchase_id=1,
    bought_at=_NOW,
    buyer="nora@example.org",
    business=(),
    country="DE",
    lines=(
        TillLine(
            "Swallowtail Jig", "Maeve Quill", "MP3 192", 4_488_000, True, _euro("0.09"),
            list_price=_euro("0.12"), licences=("LRR-2026-01", "MPM/DL/2026/118"),
        ),
        TillLine(
            "Harvest Home", "Tallow & Reed", "MP3 V0", 5_210_000, False, _euro("0.10"),
            is_given_back=True,
        ),
    ),
    total=_euro("0.19"),
    taxes=(pages.TaxRow("19% VAT, Germany", _euro("0.16"), _euro("0.03"), _euro("0.19")),),
    shares=(
        _share("Who recorded it", "Lantern, the label", "0.103782", "54.6", "recording", 0, 546.2),
        _share("Who wrote it", "Meridian, a society", "0.023950", "12.6", "work", 546.2, 126.1),
        _share("Tax", "Germany", "0.030336", "16.0", "tax", 672.3, 159.7),
        _share("The shop", "", "0.031932", "16.8", "store", 832, 168),
    ),
    shares_note="What a card charges is paid out of the shop's part.",
    pdf_url="/receipt/1/R2026-000001.pdf",
    proof_url="/receipt/1/proof.json",
    credit_notes=(
        pages.PaperLink("C2026-000001", _NOW, _euro("0.10"), "/receipt/1/C2026-000001.pdf"),
    ),
    waiver="I want my download to begin at once.",
    waived_at=_NOW,
    is_fresh=True,
    zips=(ZipLink("Low Tide Airs", "MP3 192", "/download/1/mp3-192.zip"),),
)  # fmt: skip

# Just bought: the number is not there yet.
RECEIPT_UNNUMBERED = replace(
    RECEIPT,
    name="",
    pdf_url="",
    proof_url="",
    proof_note="From tomorrow on, a proof of this purchase can be downloaded here.",
    credit_notes=(),
    shares=(),
    waiver="",
    waived_at=None,
)

SEALS = SealsPage(
    rows=tuple(
        SealRow(date(2026, 11, day), 12 * day, 3 * day, f"{day:02x}" * 32) for day in (24, 23, 22)
    ),
    older_url="/books/seals/?before=2026-11-22",
)
SEALS_NONE = SealsPage(rows=())
SEALS_NO_MORE = SealsPage(rows=(), is_first=False)

COUNTRY = CountryPage(chosen=None, back="/", trouble="Choose a country from the list.")
BUSINESS = BusinessPage(
    name="Quill & Reed Ltd",
    address="1 Quay Street, Galway",
    vat_number="IE63880",
    is_kept=True,
    back="/wallet/",
    seller="Ireland",
    errors={"vat_number": "This is not a VAT number of the EU."},
)
NO_BUSINESS = BusinessPage("", "", "", is_kept=False, back="/wallet/", seller="", errors={})

COUNTRY_IN_DOUBT = CountryPage(
    chosen="DE",
    back="/basket/",
    signs=("you said Germany", "your connection looks like France"),
    asks_phone=True,
    phone_trouble="This does not say which country it is from.",
)
