"""The notice names the licences that music is sold under, there and now, and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pennywhistle.flows.end_licence import end_licence
from pennywhistle.flows.grant_licence import grant_licence
from pennywhistle.shop.licensing.notice import list_notice
from tests.cast import LABEL, NOW, SOCIETY, Cast

pytestmark = pytest.mark.django_db


def numbers(territory: str | None) -> list[str]:
    return [line.number for line in list_notice(territory=territory, instant=NOW)]


def test_licences_in_force_are_named_with_their_documents(cast: Cast) -> None:
    named = {
        (line.licensor, line.document_reference)
        for line in list_notice(territory="DE", instant=NOW)
    }
    assert named == {
        (LABEL.licensor, LABEL.document_reference),
        (SOCIETY.licensor, SOCIETY.document_reference),
    }


def test_a_licence_for_other_countries_is_not_named(cast: Cast) -> None:
    assert numbers("FR") == ["MER-1"]
    assert numbers(None) == ["LAN-1", "MER-1"]


def test_licences_that_are_over_or_still_to_come_are_not_named(cast: Cast) -> None:
    for request in (
        replace(SOCIETY, number="OVER", ends_at=NOW),
        replace(SOCIETY, number="TO-COME", starts_at=NOW + timedelta(microseconds=1)),
        replace(SOCIETY, number="PREVIEWS", uses=("PREVIEW",)),
        replace(SOCIETY, number="ENDED"),
    ):
        grant_licence(request=request, granted_by=None, now=NOW)
    end_licence(number="ENDED", reason="a test", now=NOW)
    assert numbers("DE") == ["LAN-1", "MER-1"]
