"""Payments for a bank in pain.001, versions 03 and 09, by lxml; SEPA credit transfers in euros.

Of the message what the guidelines for it ask for, and no more (EPC132-08):
https://www.europeanpaymentscouncil.eu/document-library/implementation-guidelines/sepa-credit-transfer-customer-psp-implementation
Schemas: https://www.iso20022.org/catalogue-messages/iso-20022-messages-archive?search=pain.001

The bytes are a function of the file alone: nothing of them is of the hour or of chance.
"""

from __future__ import annotations

from datetime import UTC

from lxml import etree

from pennywhistle.kit.payment_files import Payment, PaymentFile

VERSIONS = ("09", "03")
CURRENCY = "EUR"

# What stands for a bank that is told by its accounts' numbers alone.
_NO_BIC = "NOTPROVIDED"


class PaymentFormError(ValueError):
    """A file in a form that is not written."""


def write_pain(*, file: PaymentFile) -> bytes:
    """The file as XML in UTF-8. Raises `PaymentFormError` for another version or currency."""
    if file.version not in VERSIONS:
        raise PaymentFormError(
            f"pain.001.001.{file.version} is not written; choose one of {', '.join(VERSIONS)}"
        )
    if not file.payments or file.total.currency != CURRENCY:
        raise PaymentFormError(f"a file holds payments in {CURRENCY}, and at least one")
    namespace = f"urn:iso:std:iso:20022:tech:xsd:pain.001.001.{file.version}"
    root = etree.Element(f"{{{namespace}}}Document", nsmap={None: namespace})
    message = _add(root, "CstmrCdtTrfInitn")
    _add_head(_add(message, "GrpHdr"), file)
    _add_payments(_add(message, "PmtInf"), file)
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return data


def _add_head(head: etree._Element, file: PaymentFile) -> None:
    _add(head, "MsgId", file.reference)
    _add(head, "CreDtTm", f"{file.made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    _add_sums(head, file)
    _add(_add(head, "InitgPty"), "Nm", file.debtor)


def _add_sums(node: etree._Element, file: PaymentFile) -> None:
    _add(node, "NbOfTxs", str(len(file.payments)))
    _add(node, "CtrlSum", f"{file.total.decimal:.2f}")


def _add_payments(node: etree._Element, file: PaymentFile) -> None:
    _add(node, "PmtInfId", file.reference)
    _add(node, "PmtMtd", "TRF")
    # One entry on the statement for each payment, where the bank does as it is asked.
    _add(node, "BtchBookg", "false")
    _add_sums(node, file)
    _add(_add(_add(node, "PmtTpInf"), "SvcLvl"), "Cd", "SEPA")
    day = _add(node, "ReqdExctnDt", None if file.version == "09" else f"{file.execute_on:%Y-%m-%d}")
    if file.version == "09":
        _add(day, "Dt", f"{file.execute_on:%Y-%m-%d}")
    _add(_add(node, "Dbtr"), "Nm", file.debtor)
    _add_account(node, "DbtrAcct", file.iban)
    _add_bank(node, "DbtrAgt", file.bic, file.version)
    _add(node, "ChrgBr", "SLEV")
    for payment in file.payments:
        _add_payment(_add(node, "CdtTrfTxInf"), payment, file.version)


def _add_payment(node: etree._Element, payment: Payment, version: str) -> None:
    _add(_add(node, "PmtId"), "EndToEndId", payment.reference)
    amount = _add(_add(node, "Amt"), "InstdAmt", f"{payment.amount.decimal:.2f}")
    amount.set("Ccy", CURRENCY)
    if payment.bic:
        _add_bank(node, "CdtrAgt", payment.bic, version)
    _add(_add(node, "Cdtr"), "Nm", payment.holder)
    _add_account(node, "CdtrAcct", payment.iban)
    _add(_add(node, "RmtInf"), "Ustrd", payment.text)


def _add_account(node: etree._Element, name: str, iban: str) -> None:
    _add(_add(_add(node, name), "Id"), "IBAN", iban)


def _add_bank(node: etree._Element, name: str, bic: str, version: str) -> None:
    bank = _add(_add(node, name), "FinInstnId")
    if bic:
        _add(bank, "BICFI" if version == "09" else "BIC", bic)
    else:
        _add(_add(bank, "Othr"), "Id", _NO_BIC)


def _add(node: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(node, f"{{{etree.QName(node).namespace}}}{name}")
    child.text = text
    return child
