"""A model's relations walk down the house as imports do: a string foreign key escapes an import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from configparser import ConfigParser

from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from tests.guards.house import ROOT

# What Django itself gives a person: groups and permissions.
OUTSIDE = {("accounts", "auth")}


def list_rooms_from_below() -> list[str]:
    """The shop's rooms as the import contract orders them, the lowest first."""
    config = ConfigParser()
    config.read(ROOT / ".importlinter", encoding="utf-8")
    return config["importlinter:contract:rooms"]["layers"].split()[::-1]


def iterate_wrong_relations(house: Iterable[type[models.Model]], rooms: list[str]) -> Iterator[str]:
    """`sales.Quote.person → accounts.Person` for each relation that does not walk down."""
    for model in house:
        mine = model._meta.app_label
        for field in model._meta.get_fields(include_hidden=True):
            if not field.is_relation or (field.auto_created and not field.concrete):
                continue
            target = field.related_model
            name = target if isinstance(target, str) else getattr(target, "_meta", None)
            theirs = (
                name.partition(".")[0] if isinstance(name, str) else getattr(name, "app_label", "")
            )
            if theirs == mine or (mine, theirs) in OUTSIDE:
                continue
            if theirs not in rooms or rooms.index(theirs) > rooms.index(mine):
                yield f"{mine}.{model.__name__}.{field.name} → {theirs}"


def list_shop_models() -> list[type[models.Model]]:
    """Every model of the shop's rooms, those of many-to-many tables included."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("pennywhistle.")
    ]


def test_every_room_of_the_shop_stands_in_the_order() -> None:
    labels = {config.label for config in apps.get_app_configs() if ".shop." in config.name}
    assert labels == set(list_rooms_from_below())


def test_only_rooms_of_the_shop_have_tables() -> None:
    assert {model._meta.app_label for model in list_shop_models()} <= set(list_rooms_from_below())


def test_every_relation_walks_down() -> None:
    assert list(iterate_wrong_relations(list_shop_models(), list_rooms_from_below())) == []


@isolate_apps("pennywhistle.shop.ledger", "pennywhistle.shop.accounts")
def test_a_relation_that_walks_up_is_named() -> None:
    class Wrong(models.Model):
        purchase = models.ForeignKey("sales.Purchase", on_delete=models.PROTECT)

        class Meta:
            app_label = "ledger"

    found = list(iterate_wrong_relations([Wrong], list_rooms_from_below()))
    assert found == ["ledger.Wrong.purchase → sales"]


@isolate_apps("pennywhistle.shop.ledger", "pennywhistle.shop.accounts")
def test_a_relation_that_walks_out_of_the_shop_is_named() -> None:
    class Wrong(models.Model):
        session = models.ManyToManyField("sessions.Session")

        class Meta:
            app_label = "ledger"

    found = list(iterate_wrong_relations([Wrong], list_rooms_from_below()))
    assert found == ["ledger.Wrong.session → sessions"]
