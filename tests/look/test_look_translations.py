"""German and Russian: nothing left in English, and nothing lost on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.utils.translation import gettext, override

from pennywhistle.doors.storefront import samples
from pennywhistle.kit.money import Money
from pennywhistle.look import formats
from scripts.translations import LOCALE, gather
from tests.doors.storefront.test_storefront_templates import draw

LANGUAGES = ["de", "ru"]
# What a translation must carry over: the places of values, and markup.
KEPT = re.compile(r"%\([a-z_]+\)[sd]|</?[a-z]+[^>]*>")


def words_of(language: str) -> Catalog:
    """What the translator of a language wrote."""
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def pairs(catalog: Catalog) -> Iterator[tuple[str, str]]:
    """Every English text with its translation; of a plural, each of its forms."""
    for each in catalog:
        if not each.id:
            continue
        if isinstance(each.id, str):
            yield each.id, str(each.string)
        else:
            for form in each.string or ():
                yield each.id[1], form


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_a_listener_reads_is_translated(language: str) -> None:
    known = {str(each.id) for each in words_of(language) if each.id and each.string}
    wanted = {str(each.id) for each in gather() if each.id}
    assert wanted - known == set(), "run `python -m scripts.translations` and fill in what is empty"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_loses_a_value_or_a_tag(language: str) -> None:
    for english, translated in pairs(words_of(language)):
        assert sorted(KEPT.findall(english)) == sorted(KEPT.findall(translated)), english


def test_a_language_counts_in_its_own_way() -> None:
    with override("ru"):
        shown = [formats.spoken_duration(minutes * 60_000) for minutes in (1, 2, 5, 21)]
    assert shown == ["1 минута", "2 минуты", "5 минут", "21 минута"]


def test_a_german_page_is_german() -> None:
    with override("de"):
        assert gettext("To the till") == "Zur Kasse"
        text = draw("release", samples.RELEASE, samples.VISITOR)
        assert formats.money(Money.parse("0.46", "EUR")) in text
    assert '<html lang="de">' in text
    assert "Stücke als MP3 192" in text
    assert "23,15\N{NO-BREAK SPACE}MB" in text
    assert "Tracks in" not in text
