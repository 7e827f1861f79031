"""The encoders of a server process: whose turn it is, how many at once, and what a purchase starts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, wait
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from pennywhistle.flows.encode_rendition import WantedRendition, _block_of, _picture_in
from pennywhistle.flows.encoders import (
    RETRY_SECONDS_MAX,
    WAITING_MAX,
    WAITING_OF_ONE_MAX,
    Encoders,
    EncodersBusyError,
    Need,
    _Job,
    _Turns,
    asker_at,
    asker_of,
)
from pennywhistle.flows.prepare_downloads import (
    PURCHASES_AT_ONCE_MAX,
    encode_purchase,
    prepare_downloads,
)
from pennywhistle.shop.catalogue.queries import get_track
from pennywhistle.shop.encoding.operations import RenditionChangedError
from pennywhistle.shop.encoding.rules import Excerpt
from pennywhistle.shop.library.models import OwnedItem
from tests.cast import NOW
from tests.held import bytes_within
from tests.stocked_shop import StockedShop, stock_shop

_PATIENCE_SECONDS = 60.0
# The peaks of a waveform are the largest that a track may come with.
_HELD_BYTES_MAX = 10_000


@pytest.fixture
def open_shop(transactional_db: None, tmp_path: Path, settings: Settings) -> StockedShop:
    """One whose rows other threads see."""
    return stock_shop(tmp_path, settings, frames=60_000)


def clip(shop: StockedShop, number: int) -> WantedRendition:
    """One of many renditions that take no time."""
    return shop.wants("mp3-128", excerpt=Excerpt(start_seconds=0, seconds=number + 1))


def ended(*jobs: Future[None]) -> None:
    assert not wait(jobs, _PATIENCE_SECONDS).not_done


def test_each_asker_has_one_turn_after_the_other_and_what_goes_ahead_comes_last(
    open_shop: StockedShop,
) -> None:
    encoders, order = Encoders(at_once=1), []
    first = open_shop.wants("flac")
    asked = [("ann", number) for number in range(4)] + [("bob", 4), ("cat", 5), ("bob", 6)]
    jobs = [encoders.start(wanted=first, outfit=open_shop.outfit, now=NOW, asker="zoe")]
    wanted = [clip(open_shop, number) for _, number in asked]
    for (asker, number), each in zip(asked, wanted, strict=True):
        job = encoders.start(wanted=each, outfit=open_shop.outfit, now=NOW, asker=asker)
        job.add_done_callback(lambda _, name=f"{asker}-{number}": order.append(name))  # type: ignore[misc]
        jobs.append(job)
    ended(*jobs)
    assert order == ["ann-0", "bob-4", "cat-5", "ann-1", "bob-6", "ann-2", "ann-3"]


@given(st.lists(st.integers(0, 4), max_size=40))
def test_nobody_has_a_second_turn_before_everybody_who_waits_had_a_first(askers: list[int]) -> None:
    turns = _Turns()
    for asker in askers:
        turns.add(_job(str(asker)))
    taken = []
    while (job := turns.take()) is not None:
        taken.append(job.asker)
    assert sorted(taken) == sorted(map(str, askers))
    assert len(turns) == 0
    for name in set(taken):
        turns_of_one = [index for index, asker in enumerate(taken) if asker == name]
        for earlier, later in pairwise(turns_of_one):
            between = taken[earlier + 1 : later]
            still_waiting = set(taken[later:]) - {name}
            assert still_waiting <= set(between)


def _job(asker: str) -> _Job:
    return _Job(None, None, NOW, asker, Need.BOUGHT, future=Future())  # type: ignore[arg-type]


def test_what_waits_holds_no_cover_nor_what_is_rendered_of_it(open_shop: StockedShop) -> None:
    encoders = Encoders(at_once=0, ahead_at_once=0)
    block = open_shop.wants("opus-96").order.tag_block
    assert len(block) > _HELD_BYTES_MAX
    for code in ("opus-96", "vorbis-q6", "mp3-192", "aac-256", "wav"):
        encoders.start(wanted=open_shop.wants(code), outfit=open_shop.outfit, now=NOW)
    assert len(encoders._jobs) == 5
    for job in encoders._jobs.values():
        assert max(map(len, bytes_within(job)), default=0) < _HELD_BYTES_MAX


def test_a_cover_that_is_lost_while_its_song_waits_fails_that_encode_and_not_the_next(
    open_shop: StockedShop,
) -> None:
    encoders, wanted = Encoders(at_once=1), open_shop.wants("opus-96")
    cover = get_track(track_id=open_shop.track_id).release.cover_sha256
    open_shop.outfit.covers.path(sha256=cover).unlink()
    _picture_in.cache_clear()
    _block_of.cache_clear()
    job = encoders.start(wanted=wanted, outfit=open_shop.outfit, now=NOW)
    ended(job)
    assert isinstance(job.exception(), RenditionChangedError)
    again = open_shop.wants("opus-96")
    assert again.key != wanted.key
    ended(encoders.start(wanted=again, outfit=open_shop.outfit, now=NOW))
    assert open_shop.outfit.renditions.find(**again.file) is not None


def test_a_full_row_says_when_to_ask_again_and_one_listener_cannot_fill_it(
    open_shop: StockedShop,
) -> None:
    nobody_at_work = Encoders(
        at_once=0, waiting_max=WAITING_OF_ONE_MAX[Need.BOUGHT] + 1, ahead_at_once=0
    )

    def ask(number: int, asker: str) -> None:
        nobody_at_work.start(
            wanted=clip(open_shop, number), outfit=open_shop.outfit, now=NOW, asker=asker
        )

    for number in range(WAITING_OF_ONE_MAX[Need.BOUGHT]):
        ask(number, "ann")
    with pytest.raises(EncodersBusyError, match="of one listener"):
        ask(100, "ann")
    ask(101, "bob")
    with pytest.raises(EncodersBusyError, match="ask again later") as busy:
        ask(102, "cat")
    assert 1 <= busy.value.retry_after_seconds <= RETRY_SECONDS_MAX
    ask(0, "cat")  # Is joined, and needs no room.


def test_what_goes_ahead_is_moved_up_once_somebody_waits_for_it(open_shop: StockedShop) -> None:
    encoders = Encoders(at_once=1, ahead_at_once=0)
    wanted = open_shop.wants("mp3-192")
    ahead = encoders.start(
        wanted=wanted, outfit=open_shop.outfit, now=NOW, asker="1", need=Need.AHEAD
    )
    assert not wait([ahead], 0.1).done
    now = encoders.start(wanted=wanted, outfit=open_shop.outfit, now=NOW, asker="2")
    assert now is ahead
    ended(now)
    assert open_shop.outfit.renditions.find(**wanted.file) is not None


def test_what_goes_ahead_is_not_moved_into_a_row_that_is_full(open_shop: StockedShop) -> None:
    encoders = Encoders(at_once=0, waiting_max=2, ahead_at_once=0)

    def ask(number: int, need: Need) -> Future[None]:
        wanted = clip(open_shop, number)
        return encoders.start(wanted=wanted, outfit=open_shop.outfit, now=NOW, need=need)

    ahead = [ask(number, Need.AHEAD) for number in range(3)]
    assert [ask(number, Need.BOUGHT) for number in range(2)] == ahead[:2]
    with pytest.raises(EncodersBusyError, match="2 songs wait"):
        ask(2, Need.BOUGHT)
    assert ask(2, Need.AHEAD) is ahead[2]
    assert [len(encoders._waiting[need]) for need in Need] == [2, 0, 1]


def test_whoever_hears_before_buying_takes_no_place_of_those_who_bought(
    open_shop: StockedShop,
) -> None:
    encoders = Encoders(at_once=1, heard_at_once=0)
    for number in range(WAITING_MAX[Need.HEARD]):
        encoders.start(
            wanted=clip(open_shop, number),
            outfit=open_shop.outfit,
            now=NOW,
            asker=f"192.0.2.{number}",
            need=Need.HEARD,
        )
    with pytest.raises(EncodersBusyError):
        encoders.start(
            wanted=clip(open_shop, 100), outfit=open_shop.outfit, now=NOW, need=Need.HEARD
        )
    bought = open_shop.wants("mp3-192")
    ended(encoders.start(wanted=bought, outfit=open_shop.outfit, now=NOW, asker="person-1"))
    assert open_shop.outfit.renditions.find(**bought.file) is not None


def test_what_goes_ahead_makes_the_same_bytes(open_shop: StockedShop) -> None:
    paths = []
    for need in Need:
        encoders = Encoders(at_once=1)
        wanted = open_shop.wants("vorbis-q6")
        ended(encoders.start(wanted=wanted, outfit=open_shop.outfit, now=NOW, need=need))
        path = open_shop.outfit.renditions.find(**wanted.file)
        assert path is not None
        paths.append(path.read_bytes())
        path.unlink()
    assert paths[0] == paths[1] == paths[2]


def test_an_encode_that_fails_frees_its_place_and_can_be_asked_for_again(
    open_shop: StockedShop,
) -> None:
    encoders = Encoders(at_once=1)
    wanted = open_shop.wants("mp3-192")
    master = wanted.order.source
    kept = master.read_bytes()
    master.chmod(0o600)
    master.write_bytes(kept[:100])
    job = encoders.start(wanted=wanted, outfit=open_shop.outfit, now=NOW)
    ended(job)
    assert job.exception() is not None
    master.write_bytes(kept)
    again = encoders.start(wanted=wanted, outfit=open_shop.outfit, now=NOW)
    ended(again)
    assert again.exception() is None


@pytest.fixture
def no_more_threads() -> Iterator[None]:
    """A thread would have to have more memory than a machine can address."""
    usual = threading.stack_size(1 << 50)
    yield
    threading.stack_size(usual)


def test_where_the_system_gives_no_thread_it_is_told_and_no_place_is_lost(
    open_shop: StockedShop, no_more_threads: None
) -> None:
    encoders, wanted = Encoders(at_once=1), open_shop.wants("mp3-192")
    job = encoders.start(wanted=wanted, outfit=open_shop.outfit, now=NOW)
    assert isinstance(job.exception(0), EncodersBusyError)
    for _ in range(PURCHASES_AT_ONCE_MAX + 1):
        prepare_downloads(purchase_id=1, person_id=open_shop.cast.alice.pk, now=NOW)
    threading.stack_size(0)
    ended(encoders.start(wanted=wanted, outfit=open_shop.outfit, now=NOW))
    assert open_shop.outfit.renditions.find(**wanted.file) is not None


@pytest.mark.parametrize(
    ("address", "asker"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a socket", "a socket"),
        ("", ""),
    ],
)
def test_all_addresses_of_one_household_have_one_turn(address: str, asker: str) -> None:
    assert asker_at(address=address) == asker


def test_a_purchase_is_encoded_before_it_is_asked_for(open_shop: StockedShop) -> None:
    open_shop.sell("mp3-192", "flac")
    item = OwnedItem.objects.select_related("sale_line").get(recipe="flac")
    asked = {"purchase_id": item.sale_line.purchase_id, "person_id": open_shop.cast.alice.pk}
    encoders = Encoders(at_once=1)
    jobs = encode_purchase(**asked, outfit=open_shop.outfit, encoders=encoders, now=NOW)
    assert len(jobs) == 1
    ended(*jobs)
    assert open_shop.outfit.renditions.find(**open_shop.wants("flac").file) is not None
    assert open_shop.outfit.renditions.find(**open_shop.wants("mp3-192").file) is None
    assert encode_purchase(**asked, outfit=open_shop.outfit, encoders=encoders, now=NOW) == []


def test_what_goes_ahead_waits_as_its_buyer_s(open_shop: StockedShop) -> None:
    open_shop.sell("mp3-192")
    item, buyer_id = OwnedItem.objects.select_related("sale_line").get(), open_shop.cast.alice.pk
    encoders = Encoders(at_once=0, ahead_at_once=0)
    encode_purchase(
        purchase_id=item.sale_line.purchase_id,
        person_id=buyer_id,
        outfit=open_shop.outfit,
        encoders=encoders,
        now=NOW,
    )
    assert encoders._waiting[Need.AHEAD].of(asker_of(person_id=buyer_id)) == 1


@pytest.mark.parametrize("ahead", [True, False])
def test_a_purchase_is_prepared_behind_the_answer_unless_that_is_switched_off(
    ahead: bool, open_shop: StockedShop, settings: Settings
) -> None:
    settings.ENCODE_AHEAD = ahead
    open_shop.sell("mp3-192")
    item = OwnedItem.objects.select_related("sale_line").get()
    prepare_downloads(
        purchase_id=item.sale_line.purchase_id, person_id=open_shop.cast.alice.pk, now=NOW
    )
    for kind in ("prepare-", "encode-"):  # The first starts the second.
        for thread in threading.enumerate():
            if thread.name.startswith(kind):
                thread.join(_PATIENCE_SECONDS)
    found = open_shop.outfit.renditions.find(**open_shop.wants("mp3-192").file)
    assert (found is not None) == ahead


def test_nobody_has_another_persons_purchase_encoded(open_shop: StockedShop) -> None:
    open_shop.sell("mp3-192")
    item = OwnedItem.objects.select_related("sale_line").get()
    jobs = encode_purchase(
        purchase_id=item.sale_line.purchase_id,
        person_id=open_shop.cast.alice.pk + 1,
        outfit=open_shop.outfit,
        encoders=Encoders(at_once=1),
        now=NOW,
    )
    assert jobs == []
