"""The code that a banking app reads a SEPA transfer from, by segno.

EPC069-12, "Quick Response Code: Guidelines to Enable Data Capture for the Initiation of a SEPA
Credit Transfer": https://www.europeanpaymentscouncil.eu/document-library/guidance-documents
"""

from __future__ import annotations

from segno.helpers import make_epc_qr

from pennywhistle.kit.money import Money

# The smallest square of the code, on the page, in CSS pixels.
_MODULE_PX = 4


def draw_transfer_code(*, holder: str, iban: str, bic: str, reference: str, amount: Money) -> str:
    """The code as SVG to stand in a page: black on white in either theme, as scanners want it."""
    code = make_epc_qr(
        name=holder, iban=iban, bic=bic or None, reference=reference, amount=amount.decimal
    )
    return code.svg_inline(scale=_MODULE_PX, dark="#000", light="#fff", border=4, omitsize=True)
