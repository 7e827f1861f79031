"""A year of the store, a few hundred steps of it: every law holds after each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.run import simulate
from tests.soak import is_soak

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]

SEEDS = range(1, 21) if is_soak() else (1,)
STEPS, PEOPLE, DAYS = (2_000, 200, 365) if is_soak() else (160, 10, 70)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_penny_is_where_it_must_be_all_year(seed: int, tmp_path: Path) -> None:
    year = simulate(seed=seed, steps=STEPS, people=PEOPLE, days=DAYS, folder=tmp_path / "sandbox")
    assert year.lines_sold
