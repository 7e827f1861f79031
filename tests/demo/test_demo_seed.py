"""The demo's people: what each starts with comes once, and comes after an interruption too."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pennywhistle.demo import seed
from pennywhistle.demo.catalogue import LANTERN_ROW
from pennywhistle.flows.open_storefront import open_storefront
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.catalogue.operations import add_track
from pennywhistle.shop.catalogue.queries import list_label_ids_of_member
from pennywhistle.shop.catalogue.rules import NewRelease, NewTrack
from pennywhistle.shop.pricing.asked import list_promotions
from pennywhistle.shop.pricing.models import AskedPrice
from pennywhistle.shop.storefronts.queries import get_shopfront
from tests.cast import NOW, master, stock_release

pytestmark = pytest.mark.django_db


def shop_without_music() -> None:
    open_storefront(request=seed.SHOP, now=NOW)
    add_track(
        release=NewRelease(title="Any", artist="Anyone", label=LANTERN_ROW),
        track=NewTrack("Any", "Anyone", 1, 1),
        master=master("any"),
        now=NOW,
    )


def test_people_get_what_they_start_with_once() -> None:
    shop_without_music()
    for _ in range(2):
        seed._people(NOW)
        assert "5.00" in str(seed.list_sign_ins()[0].sees)
    label = Person.objects.get(email=seed.LABEL)
    assert len(list_label_ids_of_member(person_id=label.pk)) == 1


def test_what_an_interruption_left_out_comes_with_the_next_run() -> None:
    shop_without_music()
    for email in (seed.LISTENER, seed.LABEL):  # Signed up, and then the power went.
        Person.objects.create_user(email, "a password of some length")
    seed._people(NOW)
    assert "5.00" in str(seed.list_sign_ins()[0].sees)
    label = Person.objects.get(email=seed.LABEL)
    assert len(list_label_ids_of_member(person_id=label.pk)) == 1


def test_the_demo_shows_prices_off_once(db: None) -> None:
    open_storefront(request=seed.SHOP, now=NOW)
    for asked in seed._ASKED:
        stock_release(f"Any {asked.what}", ("A", "B"), upc=asked.what)
    for _ in range(2):
        seed.price_demo(now=NOW)
    shop = get_shopfront(domain=seed.DOMAIN, now=NOW + timedelta(seconds=1))
    assert [tier.percent for tier in shop.prices.tiers] == [5, 10]
    assert set(shop.prices.bonuses) == {"bank"}
    (code,) = list_promotions(storefront_id=shop.id)
    assert code.terms.code == seed.CODE
    asked_for = AskedPrice.objects.values_list("kind", flat=True)
    assert sorted(asked_for) == ["fixed", "named"]
