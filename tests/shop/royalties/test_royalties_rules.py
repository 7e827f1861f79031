"""How a price divides, by properties and by ten thousand sales."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.shop.licensing.rules import (
    Covered,
    LicenceTerms,
    LicensingError,
    Repertoire,
    Right,
    TariffCurrencyError,
    TariffTerms,
    Use,
    royalty_micros,
)
from pennywhistle.shop.royalties.rules import (
    TariffsExceedPriceError,
    divide_price,
)
from tests.cast import OPENED


def covered(work: TariffTerms, recording: TariffTerms) -> Covered:
    """Two licences with these tariffs."""

    def licence(right: Right, tariff: TariffTerms) -> LicenceTerms:
        return LicenceTerms(
            id=1,
            number=right.value,
            licensor_id=1,
            licensor="Licensor",
            right=right,
            repertoire=Repertoire("whole"),
            uses=frozenset(Use),
            territories=TerritorySet.worldwide(),
            starts_at=OPENED,
            ends_at=None,
            tariff=tariff,
            document_reference="A",
        )

    return Covered(licence(Right.RECORDING, recording), licence(Right.WORK, work))


def tariff(rate: str, base: str = "net-of-tax", floor: str = "") -> TariffTerms:
    bare = Money.parse(floor, "EUR") if floor else None
    return TariffTerms("T", 1, Fraction(rate), base, bare)


tariffs = st.builds(
    TariffTerms,
    code=st.just("T"),
    version=st.just(1),
    rate=st.fractions(0, 1, max_denominator=10_000),
    base=st.sampled_from(["gross", "net-of-tax"]),
    floor_per_track=st.none() | st.integers(1, 200_000).map(lambda micros: Money(micros, "EUR")),
)
vat_rates = st.sampled_from([Decimal(text) for text in ("0", "7.7", "8.1", "19", "25.5", "27")])
prices = st.integers(1, 5_000).map(lambda cents: Money.of_minor(cents, "EUR"))


@given(gross=prices, vat=vat_rates, work=tariffs, recording=tariffs, key=st.text())
def test_shares_sum_to_the_price_and_each_is_within_a_micro_of_its_contract(
    gross: Money, vat: Decimal, work: TariffTerms, recording: TariffTerms, key: str
) -> None:
    net = gross.micros / (1 + Fraction(vat) / 100)

    def asked(terms: TariffTerms) -> Fraction:
        due = terms.rate * (gross.micros if terms.base == "gross" else net)
        return max(due, Fraction(terms.floor_per_track.micros)) if terms.floor_per_track else due

    left = net - asked(work) - asked(recording)
    both = covered(work, recording)
    if left < 0:
        with pytest.raises(TariffsExceedPriceError):
            divide_price(gross=gross, vat_percent=vat, covered=both, tie_key=key)
        return
    shares = divide_price(gross=gross, vat_percent=vat, covered=both, tie_key=key)
    assert shares.tax + shares.work + shares.recording + shares.store == gross
    exact = {"tax": gross.micros - net, "work": asked(work), "recording": asked(recording)}
    for name, due in (exact | {"store": left}).items():
        share = getattr(shares, name).micros
        assert share >= 0
        assert abs(share - due) < 1


@pytest.mark.parametrize("cents", [9, 10, 19, 99])
def test_ten_thousand_sales_accrue_less_than_a_micro_a_line_from_the_exact_amount(
    cents: int,
) -> None:
    gross, sales = Money.of_minor(cents, "EUR"), 10_000
    both = covered(tariff("15/100"), tariff("60/100"))
    exact = gross.micros / Fraction("1.19") * Fraction(15, 100)
    accrued = 0
    for number in range(sales):
        shares = divide_price(
            gross=gross, vat_percent=Decimal(19), covered=both, tie_key=f"sale {number}"
        )
        assert abs(shares.work.micros - exact) < 1
        accrued += shares.work.micros
    assert abs(accrued - sales * exact) < sales


def test_the_worked_example_of_a_ten_cent_song() -> None:
    shares = divide_price(
        gross=Money.parse("0.10", "EUR"),
        vat_percent=Decimal(19),
        covered=covered(tariff("15/100"), tariff("60/100")),
        tie_key="",
    )
    # 0.10 / 1.19 = 0.0840336…; 15% of it 0.0126050…; 60% of it 0.0504201…
    assert (shares.tax.micros, shares.work.micros) == (15_966, 12_605)
    assert (shares.recording.micros, shares.store.micros) == (50_420, 21_009)


def test_a_floor_counts_where_the_rate_gives_less() -> None:
    gross, net = Money.parse("0.10", "EUR"), Fraction(84_034)
    due = royalty_micros(tariff=tariff("15/100", floor="0.05"), gross=gross, net_micros=net)
    assert due == 50_000
    due = royalty_micros(tariff=tariff("90/100", floor="0.05"), gross=gross, net_micros=net)
    assert due == net * Fraction(9, 10)


def test_a_floor_in_another_currency_is_refused() -> None:
    floored = replace(tariff("1/10"), floor_per_track=Money.parse("0.05", "USD"))
    with pytest.raises(TariffCurrencyError, match="USD"):
        royalty_micros(tariff=floored, gross=Money.parse("1", "EUR"), net_micros=Fraction(1))


@pytest.mark.parametrize(("rate", "base"), [("-1/10", "gross"), ("11/10", "gross"), ("1/2", "x")])
def test_a_tariff_that_is_none_is_refused(rate: str, base: str) -> None:
    with pytest.raises(LicensingError):
        tariff(rate, base)
