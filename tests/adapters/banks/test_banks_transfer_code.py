"""The code for banking apps says what EPC069-12 wants, line by line."""

from __future__ import annotations

import segno

from pennywhistle.adapters.banks.transfer_code import draw_transfer_code
from tests.bank_statements import IBAN
from tests.cast import euros


def test_the_code_says_the_transfer_in_the_councils_lines() -> None:
    drawn = draw_transfer_code(
        holder="Otto Operator",
        iban=IBAN,
        bic="COBADEFFXXX",
        reference="RF37123456789012",
        amount=euros("20.50"),
    )
    lines = (
        "BCD",  # What it is.
        "002",
        "?",  # One of the eight character sets that the council knows.
        "SCT",
        "COBADEFFXXX",
        "Otto Operator",
        IBAN,
        "EUR20.5",
        "",  # No purpose.
        "RF37123456789012",
    )
    told = {
        segno.make_qr(
            "\n".join([*lines[:2], charset, *lines[3:]]), error="m", boost_error=False
        ).svg_inline(scale=4, dark="#000", light="#fff", border=4, omitsize=True)
        for charset in "12345678"
    }
    assert drawn in told


def test_without_a_bic_and_with_letters_of_other_scripts_it_is_drawn() -> None:
    drawn = draw_transfer_code(
        holder="Søren Мельник", iban=IBAN, bic="", reference="RF37123456789012", amount=euros("5")
    )
    assert drawn.startswith("<svg")
    assert drawn.endswith("</svg>")
