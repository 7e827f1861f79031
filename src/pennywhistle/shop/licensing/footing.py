"""What may be sold on other footing than a contract: the public domain, and Creative Commons."""

from __future__ import annotations

import re

from pennywhistle.shop.licensing.rules import (
    Basis,
    Footing,
    LicensingError,
    Payer,
    Right,
    TariffTerms,
    check_text,
)

# As its column holds.
EVIDENCE_LETTERS_MOST = 500

# https://spdx.org/licenses/. What forbids adaptations lets formats be changed:
# https://creativecommons.org/licenses/by-nd/4.0/legalcode, 2(a)(4).
_DEED = re.compile(r"CC0-1\.0|CC-BY(?P<nc>-NC)?(-SA|-ND)?-(1\.0|2\.0|2\.5|3\.0|4\.0)")


def check_footing(footing: Footing, *, right: Right, tariff: TariffTerms) -> None:
    """Raise `LicensingError` for what nothing can be sold on, or what is not said in full."""
    if footing.mechanical_by is Payer.LABEL and right is not Right.WORK:
        raise LicensingError("who pays the mechanical is said of the licence of the work")
    if footing.basis is Basis.CREATIVE_COMMONS:
        _check_deed(footing.deed)
    elif footing.deed:
        raise LicensingError(f"the deed {footing.deed!r} goes with creative-commons alone")
    if footing.basis is not Basis.CONTRACT:
        what = "evidence: where that can be seen"
        check_text(footing.evidence, what, letters_most=EVIDENCE_LETTERS_MOST)
    elif footing.evidence:
        raise LicensingError("a contract is its own evidence: name it as the document")
    is_free = tariff.rate == 0 and tariff.floor_per_track is None
    if footing.basis is Basis.PUBLIC_DOMAIN and not is_free:
        raise LicensingError("nobody is owed for the public domain: its rate is 0, without a floor")


def _check_deed(deed: str) -> None:
    """Raise `LicensingError` for what is no licence of Creative Commons, or none to sell under."""
    found = _DEED.fullmatch(deed)
    if found is None:
        raise LicensingError(
            f"the deed {deed!r} is not a licence of Creative Commons; write CC0-1.0, CC-BY-4.0 or "
            "CC-BY-SA-3.0"
        )
    if found["nc"]:
        raise LicensingError(
            f"{deed} is for non-commercial use, and a sale is none: ask whose music it is for a "
            "contract"
        )
