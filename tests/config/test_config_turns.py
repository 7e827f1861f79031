"""Writers to SQLite take turns: in order, across processes, and past those that die."""

from __future__ import annotations

import multiprocessing
import threading
import time
from pathlib import Path

import pytest
from django.db import connection, transaction

from pennywhistle.config.sqlite3 import turns
from pennywhistle.config.sqlite3.turns import NoTurnError, Turns
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.accounts.operations import create_person
from tests.cast import PASSWORD
from tests.writers import hold_and_die, take_turns

PATIENCE_SECONDS = 30
WRITERS = 24

sqlite_only = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's own queue")
spawned = multiprocessing.get_context("spawn")


def lines(queue: Turns) -> int:
    return len(queue._line)


def until(condition: object) -> None:
    """Wait until `condition()` holds."""
    assert callable(condition)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_threads_get_the_turn_in_the_order_they_came(tmp_path: Path) -> None:
    queue, served = Turns(tmp_path / "turns"), []

    def write(number: int) -> None:
        queue.take()
        served.append(number)
        queue.give()

    queue.take()
    threads = []
    for number in range(WRITERS):
        threads.append(threading.Thread(target=write, args=(number,)))
        threads[-1].start()
        until(lambda number=number: lines(queue) == number + 1)
    queue.give()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert served == list(range(WRITERS))
    queue.take()
    queue.give()


def test_who_waits_too_long_is_told_and_the_line_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "WAIT_SECONDS_MAX", 0.02)
    queue, elsewhere = Turns(tmp_path / "turns"), []
    queue.take()

    def wait() -> None:
        with pytest.raises(NoTurnError, match="busy"):
            queue.take()
        elsewhere.append("told")

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join(PATIENCE_SECONDS)
    assert elsewhere == ["told"]
    queue.give()
    queue.take()
    queue.give()


def test_a_process_that_dies_gives_its_turn_back(tmp_path: Path) -> None:
    path, has_turn, may_die = tmp_path / "turns", spawned.Event(), spawned.Event()
    other = spawned.Process(target=hold_and_die, args=(path, has_turn, may_die))
    other.start()
    assert has_turn.wait(PATIENCE_SECONDS)
    queue, mine = Turns(path), threading.Event()

    def wait() -> None:
        queue.take()
        mine.set()
        queue.give()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not mine.wait(0.05)
    may_die.set()
    thread.join(PATIENCE_SECONDS)
    assert mine.is_set()
    other.join(PATIENCE_SECONDS)


def test_processes_and_their_threads_never_hold_it_together(tmp_path: Path) -> None:
    path, log = tmp_path / "turns", tmp_path / "log"
    log.write_text("")
    others = [spawned.Process(target=take_turns, args=(path, log, 50)) for _ in range(2)]
    for other in others:
        other.start()
    take_turns(path, log, 50)
    for other in others:
        other.join(PATIENCE_SECONDS)
    assert len(log.read_text()) == 150


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_write_by_itself_waits_for_its_turn_and_a_read_does_not() -> None:
    create_person(email="first@example.org", password=PASSWORD)
    renamed, read = threading.Event(), threading.Event()

    def work() -> None:
        try:
            if Person.objects.filter(email="first@example.org").exists():
                read.set()
            Person.objects.filter(email="first@example.org").update(email="b@example.org")
            renamed.set()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    with transaction.atomic():
        thread.start()
        assert read.wait(PATIENCE_SECONDS)
        assert not renamed.wait(0.05)
    thread.join(PATIENCE_SECONDS)
    assert renamed.is_set()


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_gives_its_turn_back() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="no"), transaction.atomic():
            create_person(email="first@example.org", password=PASSWORD)
            raise ValueError("no")
    with transaction.atomic():
        connection.close()
    with transaction.atomic():
        create_person(email="first@example.org", password=PASSWORD)
