"""What translators wrote and what the store reads are the same."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from tests.guards.house import list_project_files, shown


def _plain(text: object) -> object:
    """A text, or the forms of a plural; the two readers disagree on tuples and lists."""
    return tuple(text) if isinstance(text, list | tuple) else text


def _texts(catalogue: Catalog) -> dict[object, object]:
    return {
        (each.context, _plain(each.id)): _plain(each.string)
        for each in catalogue
        if each.id and each.string
    }


def is_in_step(po: Path) -> bool:
    """True where the `.mo` beside it holds exactly what the `.po` says."""
    mo = po.with_suffix(".mo")
    if not mo.exists():
        return False
    with po.open("rb") as words, mo.open("rb") as compiled:
        return _texts(read_po(words)) == _texts(read_mo(compiled))


def test_every_translation_is_compiled_as_it_is_written() -> None:
    late = [shown(po) for po in list_project_files(".po") if not is_in_step(po)]
    assert late == []


def test_a_translation_that_was_not_compiled_again_is_found(tmp_path: Path) -> None:
    po = tmp_path / "django.po"
    po.write_text('msgid "Basket"\nmsgstr "Korb"\n', encoding="utf-8")
    assert not is_in_step(po)
    with po.open("rb") as words, po.with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, read_po(words))
    assert is_in_step(po)
    po.write_text('msgid "Basket"\nmsgstr "Warenkorb"\n', encoding="utf-8")
    assert not is_in_step(po)
