"""What is free is recorded with its evidence, and who pays the work's royalty is one of two."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.end_licence import end_licence
from pennywhistle.flows.grant_licence import grant_licence
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.clock import month_period
from pennywhistle.shop.licensing.queries import get_licence, get_licensor
from pennywhistle.shop.licensing.rules import Basis, Footing, LicensingError, Payer
from pennywhistle.shop.royalties.queries import iterate_statement_lines
from tests.cast import NOW, OPENED, SOCIETY, Cast, fill_wallet, quote

pytestmark = pytest.mark.django_db

FREE = replace(SOCIETY, number="PD-1", rate="0", basis="public-domain", evidence="Died in 1901")
SHARED = replace(
    SOCIETY,
    number="CC-1",
    basis="creative-commons",
    deed="cc-by-sa-4.0",
    evidence="https://example.org/song",
)


@pytest.mark.parametrize(
    ("request_", "footing"),
    [
        (FREE, Footing(Basis.PUBLIC_DOMAIN, "", "Died in 1901")),
        (SHARED, Footing(Basis.CREATIVE_COMMONS, "CC-BY-SA-4.0", "https://example.org/song")),
        (replace(SHARED, deed="CC0-1.0"), Footing(Basis.CREATIVE_COMMONS, "CC0-1.0", SHARED.evidence)),
    ],
    ids=["public domain", "by-sa", "cc0"],
)  # fmt: skip
def test_what_is_free_is_recorded_with_its_evidence(
    cast: Cast, request_: Any, footing: Footing
) -> None:
    grant_licence(request=request_, granted_by=None, now=NOW)
    assert get_licence(number=request_.number).terms.footing == footing


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (replace(SHARED, deed="CC-BY-NC-4.0"), "CC-BY-NC-4.0 is for non-commercial use"),
        (replace(SHARED, deed="CC-BY-NC-SA-3.0"), "is for non-commercial use"),
        (replace(SHARED, deed="CC-BY-9.9"), "is not a licence of Creative Commons"),
        (replace(SHARED, deed=""), "is not a licence of Creative Commons"),
        (replace(SHARED, evidence=" "), "needs the evidence"),
        (replace(FREE, evidence=""), "needs the evidence"),
        (replace(FREE, rate="1%"), "its rate is 0"),
        (replace(FREE, floor_per_track="0.01"), "without a floor"),
        (replace(FREE, deed="CC0-1.0"), "goes with creative-commons alone"),
        (replace(SOCIETY, number="C-1", evidence="seen"), "a contract is its own evidence"),
        (replace(SOCIETY, number="C-1", basis="rumour"), "'rumour' is not a valid Basis"),
        (replace(SOCIETY, number="C-1", mechanical_by="me"), "'me' is not a valid Payer"),
        (
            replace(SOCIETY, number="C-1", right="RECORDING", mechanical_by="label"),
            "is said of the licence of the work",
        ),
    ],
)
def test_what_nothing_can_be_sold_on_is_refused(cast: Cast, request_: Any, said: str) -> None:
    with pytest.raises(LicensingError, match=said):
        grant_licence(request=request_, granted_by=None, now=NOW)


def test_where_the_label_pays_the_work_nothing_accrues_and_the_statement_says_so(
    cast: Cast,
) -> None:
    by_label = replace(SOCIETY, number="MER-L", mechanical_by="label", floor_per_track="0.05")
    grant_licence(request=by_label, granted_by=None, now=OPENED)
    end_licence(number="MER-1", reason="the label pays now", now=OPENED)
    assert get_licence(number="MER-L").terms.footing.mechanical_by is Payer.LABEL
    fill_wallet(cast.alice, "5.00")
    bought = buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)
    assert all(line.work.micros == 0 and line.recording.micros > 0 for line in bought.lines)
    lines = list(
        iterate_statement_lines(
            licensor_id=get_licensor(name="Meridian Society").id,
            currency="EUR",
            period=month_period("2026-11"),
        )
    )
    assert len(lines) == len(bought.lines)
    assert {line.tariff for line in lines} == {"MER-L v1, paid by the label"}
    assert all(line.due.micros == 0 for line in lines)
    assert verify_books().findings == ()
