"""Files of payments in pain.001: what stands where, in both versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from lxml import etree

from pennywhistle.adapters.banks.pain import PaymentFormError, write_pain
from pennywhistle.kit.money import Money
from pennywhistle.kit.payment_files import Payment, PaymentFile

PAYMENT = Payment(
    reference="B" * 32,
    amount=Money.parse("12.30", "EUR"),
    holder="Lantern <Records>",
    iban="NL91ABNA0417164300",
    bic="ABNANL2A",
    text="Royalties",
)
FILE = PaymentFile(
    reference="A" * 32,
    version="09",
    debtor="Otto Operator",
    iban="DE89370400440532013000",
    bic="",
    execute_on=date(2026, 12, 3),
    made_at=datetime(2026, 12, 1, 9, 30, 7, 5, tzinfo=UTC),
    payments=(PAYMENT, replace(PAYMENT, bic="", amount=Money.parse("0.07", "EUR"))),
)


def read(data: bytes, path: str) -> list[str]:
    """The texts below the message at a path of local names."""
    steps = "/".join(f"*[local-name()='{name}']" for name in path.split("/"))
    return [str(node.text) for node in etree.fromstring(data).xpath(f"/*/*/{steps}")]


@pytest.mark.parametrize(
    ("version", "day", "bic"), [("09", "ReqdExctnDt/Dt", "BICFI"), ("03", "ReqdExctnDt", "BIC")]
)
def test_a_file_says_who_pays_whom_how_much_and_when(version: str, day: str, bic: str) -> None:
    data = write_pain(file=replace(FILE, version=version))
    for path, said in (
        ("GrpHdr/MsgId", ["A" * 32]),
        ("GrpHdr/CreDtTm", ["2026-12-01T09:30:07Z"]),
        ("GrpHdr/NbOfTxs", ["2"]),
        ("GrpHdr/CtrlSum", ["12.37"]),
        ("PmtInf/CtrlSum", ["12.37"]),
        (f"PmtInf/{day}", ["2026-12-03"]),
        ("PmtInf/DbtrAcct/Id/IBAN", ["DE89370400440532013000"]),
        ("PmtInf/DbtrAgt/FinInstnId/Othr/Id", ["NOTPROVIDED"]),
        ("PmtInf/CdtTrfTxInf/Amt/InstdAmt", ["12.30", "0.07"]),
        (f"PmtInf/CdtTrfTxInf/CdtrAgt/FinInstnId/{bic}", ["ABNANL2A"]),
        ("PmtInf/CdtTrfTxInf/Cdtr/Nm", ["Lantern <Records>"] * 2),
        ("PmtInf/CdtTrfTxInf/PmtId/EndToEndId", ["B" * 32] * 2),
    ):
        assert read(data, path) == said, path
    assert write_pain(file=replace(FILE, version=version)) == data


def test_another_version_or_currency_is_not_written() -> None:
    with pytest.raises(PaymentFormError, match="choose one of"):
        write_pain(file=replace(FILE, version="11"))
    dollars = replace(PAYMENT, amount=Money.parse("1", "USD"))
    with pytest.raises(PaymentFormError, match="payments in EUR"):
        write_pain(file=replace(FILE, payments=(dollars,)))
    with pytest.raises(PaymentFormError, match="at least one"):
        write_pain(file=replace(FILE, payments=()))
