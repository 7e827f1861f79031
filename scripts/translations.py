"""Gather the shop's texts for translators, and compile what they wrote.

    .venv/bin/python -m scripts.translations

writes what is new or gone into `src/pennywhistle/look/locale/*/LC_MESSAGES/django.po` and compiles
each into the `.mo` beside it. Untranslated texts are shown in English.
"""

from __future__ import annotations

import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from pennywhistle.shop.encoding.rules import list_recipes_for_sale

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "pennywhistle"
LOCALE = PACKAGE / "look" / "locale"

# What listeners read. The desk speaks the field's own terms, in English; the living page is for
# those who build the shop.
_TEXTS = [
    ("look/templates/**.html", "jinja2"),
    ("look/templates/**.txt", "jinja2"),
    ("doors/storefront/templates/storefront/style.html", "ignore"),
    ("doors/storefront/templates/**.html", "jinja2"),
    ("doors/storefront/**.py", "python"),
    ("look/**.py", "python"),
]
_TEXT_WORDS = {"gettext": None, "ngettext": (1, 2), "_": None}

# Errors below this door whose own words a listener reads.
_ERRORS = [
    ("shop/**.py", "python"),
    ("adapters/gateways/**.py", "python"),
    ("flows/**.py", "python"),
]
_ERROR_WORDS = dict.fromkeys(
    ("VoucherRefusedError", "PaymentError", "CardRefusedError", "TerritoryUnknownError")
)


def gather() -> Catalog:
    """Every text that a listener may read, in English."""
    catalog = Catalog(project="Pennywhistle", charset="utf-8")
    for texts, words in ((_TEXTS, _TEXT_WORDS), (_ERRORS, _ERROR_WORDS)):
        for _, _, message, _, _ in extract_from_dir(PACKAGE, method_map=texts, keywords=words):
            catalog.add(message)
    for recipe in list_recipes_for_sale():
        catalog.add(recipe.summary)
    return catalog


def update(po: Path, english: Catalog) -> int:
    """Bring one language up to date and compile it; how many texts wait for a translator."""
    with po.open("rb") as file:
        catalog = read_po(file)
    catalog.update(english, no_fuzzy_matching=True)
    with po.open("wb") as file:
        write_po(
            file, catalog, sort_output=True, omit_header=False, width=100, ignore_obsolete=True
        )
    with po.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)
    return sum(1 for each in catalog if each.id and not each.string)


def main() -> None:
    """Update every language, and say what is left to do in each."""
    english = gather()
    for po in sorted(LOCALE.glob("*/LC_MESSAGES/django.po")):
        left = update(po, english)
        sys.stdout.write(f"{po.parent.parent.name}: {len(english)} texts, {left} to translate\n")


if __name__ == "__main__":
    main()
