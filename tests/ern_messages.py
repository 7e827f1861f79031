"""Release messages for the tests: our own, and the ones that lie beside the project, if they do.

Of DDEX's samples and schemas nothing may enter the project, so they are read where they lie.
"""

from __future__ import annotations

import re
from pathlib import Path

OWN = Path(__file__).parent / "data" / "ern"


def own(name: str) -> str:
    """One of our own messages, such as `album-43`."""
    return (OWN / f"{name}.xml").read_text(encoding="utf-8")


def with_deals(name: str, deals: str) -> bytes:
    """One of our own messages, with these `ReleaseDeal`s instead of its own."""
    return re.sub(
        r"<DealList>.*</DealList>", f"<DealList>{deals}</DealList>", own(name), flags=re.DOTALL
    ).encode()


def deal_3(terms: str, *, reference: str = "R0", usage: str = "PermanentDownload") -> str:
    """A deal of 3.x whose terms hold this, in `DE` where no territory is named."""
    where = "" if "TerritoryCode" in terms else "<TerritoryCode>DE</TerritoryCode>"
    model = "" if "CommercialModel" in terms else _model("PayAsYouGoModel")
    use = "" if "<Usage>" in terms or "TakeDown" in terms else f"<Usage>{_use(usage)}</Usage>"
    when = "" if "ValidityPeriod" in terms else _period("<StartDate>2026-01-01</StartDate>")
    return _release_deal(reference, f"{model}{use}{where}{when}{terms}")


def deal_4(terms: str, *, reference: str = "R0", usage: str = "PermanentDownload") -> str:
    """A deal of 4.x whose terms hold this, in `DE` where no territory is named."""
    where = "" if "TerritoryCode" in terms else "<TerritoryCode>DE</TerritoryCode>"
    model = "" if "CommercialModel" in terms else _model("PayAsYouGoModel")
    use = "" if "<UseType>" in terms else _use(usage)
    when = "" if "ValidityPeriod" in terms else _period("<StartDate>2026-01-01</StartDate>")
    return _release_deal(reference, f"{where}{when}{model}{use}{terms}")


def _release_deal(reference: str, terms: str) -> str:
    return (
        f"<ReleaseDeal><DealReleaseReference>{reference}</DealReleaseReference>"
        f"<Deal><DealTerms>{terms}</DealTerms></Deal></ReleaseDeal>"
    )


def _model(name: str) -> str:
    return f"<CommercialModelType>{name}</CommercialModelType>"


def _use(name: str) -> str:
    return f"<UseType>{name}</UseType>"


def _period(inside: str) -> str:
    return f"<ValidityPeriod>{inside}</ValidityPeriod>"
