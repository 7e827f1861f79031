"""The kill test's own harness must bite."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import transaction

from pennywhistle.shop.accounts.models import Person
from tests.faults import FaultyDatabaseError, FaultyFileError, counted_calls, fail_each_call

pytestmark = pytest.mark.django_db(transaction=True)


def save_one_file_and_one_person(folder: Path) -> None:
    (folder / "made").mkdir(exist_ok=True)
    (folder / "made" / "a.txt").write_text("a")
    with transaction.atomic():
        Person.objects.get_or_create(email="a@example.org")


def test_files_programs_statements_and_commits_are_counted(tmp_path: Path) -> None:
    with counted_calls(folder=tmp_path) as faults:
        save_one_file_and_one_person(tmp_path)
        subprocess.run([sys.executable, "-c", ""], check=True)
        Path(__file__).read_text()  # Outside the folder: not counted.
    told = [call.split()[0] for call in faults.calls]
    assert told[:2] == ["os.mkdir", "open"]
    assert told[-3:] == ["COMMIT,", "COMMIT,", "subprocess.Popen"]
    assert "INSERT" in told
    assert not any(__file__ in call for call in faults.calls)


def test_each_call_is_failed_in_its_turn(tmp_path: Path) -> None:
    escaped: list[Exception | None] = []

    def forget() -> Path:
        Person.objects.all().delete()
        return tmp_path

    calls = fail_each_call(
        folder=tmp_path,
        prepare=forget,
        run=save_one_file_and_one_person,
        check=lambda _, error: escaped.append(error),
    )
    assert len(escaped) == calls + 1
    kinds = [type(error) for error in escaped]
    assert kinds[:2] == [FaultyFileError, FaultyFileError]
    assert set(kinds[2:-1]) == {FaultyDatabaseError}
    assert kinds[-1] is type(None)


def test_a_commit_whose_answer_was_lost_has_committed(tmp_path: Path) -> None:
    with counted_calls(folder=tmp_path) as seen:
        save_one_file_and_one_person(tmp_path)
    Person.objects.all().delete()
    with (
        pytest.raises(FaultyDatabaseError),
        counted_calls(folder=tmp_path, fail_at=len(seen.calls)) as faults,
    ):
        save_one_file_and_one_person(tmp_path)
    assert faults.failed == "COMMIT, its answer"
    assert Person.objects.count() == 1


def test_a_file_touched_inside_a_transaction_is_reported(tmp_path: Path) -> None:
    with counted_calls(folder=tmp_path) as faults, transaction.atomic():
        (tmp_path / "b.txt").write_text("b")
    assert [call.split()[0] for call in faults.inside_a_transaction] == ["open"]


def test_an_error_that_hides_the_fault_is_not_let_pass(tmp_path: Path) -> None:
    def hides(_: None) -> None:
        try:
            (tmp_path / "c.txt").write_text("c")
        except OSError:
            raise KeyError("c") from None

    with pytest.raises(AssertionError, match="unclear"):
        fail_each_call(folder=tmp_path, prepare=lambda: None, run=hides, check=lambda _, __: None)
