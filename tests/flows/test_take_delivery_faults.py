"""A delivery by messages whose calls fail, each in its turn, leaves one message's licences or the
next one's, and running it again completes it.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pennywhistle.flows.take_delivery import take_delivery
from pennywhistle.shop.catalogue import queries
from pennywhistle.shop.licensing.queries import list_licences_for_desk
from tests.faults import check_is_clear, counted_calls
from tests.message_sender import NOW, UPC, Sender, album, build_sender
from tests.soak import is_soak

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.soak]

# Of the calls of an update, every one in the soak, and here one in some.
STRIDE = 1 if is_soak() else 9
CALLS_MOST = 500


def countries(now: datetime) -> set[frozenset[str]]:
    """Where songs may be sold now."""
    return {
        licence.terms.territories.countries
        for licence in list_licences_for_desk(limit=None)
        if licence.terms.ends_at is None or licence.terms.ends_at > now
    }


def message(number: int) -> str:
    """The album as its newest message has it: in Britain, or in Ireland, by turns."""
    gone = ("GB", "IE")[number % 2]
    sent = datetime(2026, 4, 1) + timedelta(hours=number)  # noqa: DTZ001 - written without a zone
    text = re.sub(r"2026-03-02T10:00:00\+01:00", f"{sent.isoformat()}Z", album())
    return text.replace(f"<TerritoryCode>{gone}</TerritoryCode>", "")


def _forget_older(sender: Sender, folder: Path) -> None:
    """Leave the newest message alone in the store, so that each update has as many calls."""
    newest = hashlib.sha256((folder / UPC / f"{UPC}.xml").read_bytes()).hexdigest()
    for path in (sender.root / "messages").rglob("*.xml"):
        if path.stem != newest:
            path.unlink()


def test_an_update_that_fails_anywhere_leaves_the_old_deals_or_the_new(
    tmp_path: Path, audio_samples: dict[str, Path]
) -> None:
    sender = build_sender(tmp_path, audio_samples)
    sender.take(sender.deliver(album()), NOW)
    before = countries(NOW)
    assert before == {frozenset({"GB", "IE"})}
    for number, call in enumerate(range(1, CALLS_MOST, STRIDE), start=1):
        now = NOW + timedelta(minutes=number)
        folder = sender.deliver(message(number))
        after = {frozenset({"GB"}) if number % 2 else frozenset({"IE"})}
        with counted_calls(folder=tmp_path, fail_at=call) as faults:
            try:
                take_delivery(folder=folder, dock=sender.dock, now=now)
            except Exception as error:  # noqa: BLE001 - judged here
                check_is_clear(error)
        assert countries(now) in (before, after)
        assert faults.inside_a_transaction == []
        sender.take(folder, now)
        assert countries(now) == after
        before = after
        _forget_older(sender, folder)
        if faults.failed is None:
            break
    else:
        raise AssertionError("the update never ran through")
    assert (
        len(
            queries.list_tracks_of_release(release_id=queries.get_release_in_any_state(name=UPC).id)
        )
        == 3
    )
