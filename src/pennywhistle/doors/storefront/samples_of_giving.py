"""Sample pages of bank transfers and gifts, for the tests that draw every page."""

from __future__ import annotations

from datetime import UTC, datetime

from markupsafe import Markup

from pennywhistle.doors.storefront.giving_pages import GiftPage, GiftRow, GiftsPage, SlipPage
from pennywhistle.kit.money import Money

_NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
_FIVE = Money.parse("5.00", "EUR")
_SLIP = ("Otto Operator", "DE89 3704 0044 0532 0130 00", "COBADEFFXXX", "RF37 1234 5678 9012")
_CODE = Markup('<svg viewBox="0 0 4 4"><path stroke="#000" d="M0 0h4"/></svg>')
_GIFT = ("0190f3c2-7a10-7000-8000-000000000005", _FIVE)

GIVING_PAGES: tuple[tuple[str, object], ...] = (
    ("slip", SlipPage(_FIVE, *_SLIP, _CODE, _NOW, is_waited_for=True, bonus_text="It adds 2.5%.")),
    ("slip", SlipPage(_FIVE, *_SLIP, _CODE, _NOW, is_waited_for=False, quote_id="0190f3c2")),
    ("slip", SlipPage(_FIVE, *_SLIP, _CODE, _NOW, is_waited_for=False, arrived=(_FIVE,))),
    ("gifts", GiftsPage(_FIVE, (_FIVE,), "1", (), trouble="A gift is worth more.")),
    (
        "gifts",
        GiftsPage(
            _FIVE,
            (_FIVE,),
            "1",
            tuple(
                GiftRow("/gifts/1/", _NOW, _FIVE, greeting, state)
                for greeting, state in (("For Bob", "open"), ("", "redeemed"), ("", "taken-back"))
            ),
        ),
    ),
    ("gift", GiftPage(*_GIFT, "For Bob", "open", "K7QM-2D9X-HV4T-P3RC", "/wallet/", _NOW, None)),
    ("gift", GiftPage(*_GIFT, "", "open", "", "/wallet/", _NOW, None)),
    ("gift", GiftPage(*_GIFT, "", "redeemed", "", "/wallet/", _NOW, _NOW)),
    ("gift", GiftPage(*_GIFT, "", "taken-back", "", "/wallet/", _NOW, _NOW)),
)
