"""A proof convinces the one-file checker, offline; one that was tampered with does not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pennywhistle.flows import seal_books as flow
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.issue_statement import issue_statement
from pennywhistle.flows.prove_entries import (
    NotSealedError,
    ProofError,
    prove_purchase,
    prove_statement,
)
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.kit import check_proof
from pennywhistle.kit.clock import month_period
from pennywhistle.shop.ledger.seal_queries import list_seals
from pennywhistle.shop.royalties.models import Statement
from pennywhistle.shop.sales.models import Purchase, SaleLine
from pennywhistle.shop.sales.refunds import RefundReason
from tests.cast import NOW, Cast, fill_wallet, quote

pytestmark = pytest.mark.django_db

CLOSED = datetime(2026, 11, 25, 1, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 5, 12, tzinfo=UTC)
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def purchase_id(cast: Cast) -> int:
    """Alice and Bob bought the release on the 24th of November; Alice's purchase."""
    for person in (cast.alice, cast.bob):
        fill_wallet(person, "5.00")
        buy_basket(quote_id=quote(cast, person=person).id, person_id=person.pk, now=NOW)
    return Purchase.objects.get(person=cast.alice).pk


@pytest.fixture
def proof(cast: Cast, purchase_id: int) -> dict[str, Any]:
    """The proof of Alice's purchase, made three days later; Bob's money came in between."""
    fill_wallet(cast.bob, "1.00", now=NOW + timedelta(days=2))
    seal_books(now=CLOSED + timedelta(days=2))
    made: dict[str, Any] = json.loads(json.dumps(prove_purchase(purchase_id=purchase_id)))
    return made


def chain(index: int) -> str:
    return list_seals()[index].chain


def write(folder: Path, proof: object) -> str:
    path = folder / "proof.json"
    path.write_text(json.dumps(proof), encoding="utf-8")
    return str(path)


def publish(folder: Path) -> str:
    """A saved copy of what the store publishes."""
    path = folder / "seals.json"
    seals = [stored.facts.as_published() for stored in list_seals()]
    path.write_text(json.dumps({"format": "pennywhistle seals 1", "seals": seals}))
    return str(path)


def test_a_receipt_is_proven_by_the_file_alone_far_from_the_store(
    proof: dict[str, Any], tmp_path: Path
) -> None:
    program = shutil.copy(str(check_proof.__file__), tmp_path / "check_proof.py")
    said = subprocess.run(
        [sys.executable, "-I", "-S", program, write(tmp_path, proof), "--root", chain(0)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.rstrip().endswith("PROVEN")
    assert said.stderr == ""
    assert said.stdout.count(" went from wallet/") == 3
    assert "paid 0.390000 EUR" in said.stdout


def test_a_receipt_holds_its_lines_and_all_its_transfers_and_nobody_elses(
    proof: dict[str, Any], purchase_id: int, cast: Cast
) -> None:
    entries = [each["entry"] for each in proof["entries"]]
    assert sum(entry["kind"] == "transfer" for entry in entries) == 3 * 4
    assert sum(entry["kind"] == "sale-line" for entry in entries) == 3
    assert sum(entry["kind"] == "purchase" for entry in entries) == 1
    wallets = {entry["debit"] for entry in entries if entry.get("reason") == "sale"}
    assert wallets == {f"wallet/{cast.alice.pk}/EUR"}
    documents = set(SaleLine.objects.filter(purchase__person=cast.alice).values_list("document"))
    told = {(entry["document"],) for entry in entries}
    assert told == documents | {(f"purchase/{purchase_id}",)}


def test_the_chain_of_any_later_day_vouches_too(
    proof: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for index in range(3):
        assert check_proof.main([write(tmp_path, proof), "--root", chain(index)]) == 0


def test_a_chain_from_after_the_proof_was_made_vouches_by_the_published_seals(
    cast: Cast, purchase_id: int, tmp_path: Path
) -> None:
    seal_books(now=CLOSED)
    path = write(tmp_path, prove_purchase(purchase_id=purchase_id))
    fill_wallet(cast.bob, "1.00", now=NOW + timedelta(days=9))
    seal_books(now=CLOSED + timedelta(days=9))
    newest = chain(-1)
    assert check_proof.main([path, "--root", newest]) == 1
    assert check_proof.main([path, "--root", newest, "--seals", publish(tmp_path)]) == 0
    assert check_proof.main([path, "--seals", publish(tmp_path)]) == 0


def test_without_a_published_number_it_is_sound_and_says_what_to_compare(
    proof: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_proof.main([write(tmp_path, proof)]) == 2
    assert chain(0) in capsys.readouterr().out


def test_another_published_number_refuses_it(
    proof: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_proof.main([write(tmp_path, proof), "--root", "0" * 64]) == 1
    assert "REFUSED" in capsys.readouterr().out


def _transfer(proof: dict[str, Any]) -> dict[str, Any]:
    each: dict[str, Any] = proof["entries"][0]["entry"]
    return each


@pytest.mark.parametrize(
    "change",
    [
        lambda proof: _transfer(proof).update(amount_micros="1"),
        lambda proof: _transfer(proof).update(credit="wallet/666/EUR"),
        lambda proof: _transfer(proof).update(extra="x"),
        lambda proof: _transfer(proof).pop("reason"),
        lambda proof: _transfer(proof).update(amount_micros=260000),
        lambda proof: proof["entries"][0].update(index="0"),
        lambda proof: proof["entries"][0].update(index="99999999999"),
        lambda proof: proof["entries"][0].update(index=-1),
        lambda proof: proof["entries"][0].update(index=True),
        lambda proof: proof["entries"][0]["path"].pop(),
        lambda proof: proof["entries"][0]["path"].append("0" * 64),
        lambda proof: proof["entries"][0]["path"].extend(["0" * 64] * 100),
        lambda proof: proof["entries"][0]["path"].reverse(),
        lambda proof: proof["entries"][0].update(path="abc"),
        lambda proof: proof["entries"][0].update(tree="documents"),
        lambda proof: proof["entries"][0].update(tree=["transfers"]),
        lambda proof: proof["entries"][0].update(day="2026-11-25"),
        lambda proof: proof["entries"][0].update(day="2031-01-01"),
        lambda proof: proof["entries"].append(None),
        lambda proof: proof["entries"].clear(),
        lambda proof: proof.pop("entries"),
        lambda proof: proof.pop("seals"),
        lambda proof: proof.pop("about"),
        lambda proof: proof.update(format="pennywhistle proof 2"),
        lambda proof: proof["seals"][0].update(transfers_root="0" * 64),
        lambda proof: proof["seals"][0].update(transfer_count="1"),
        lambda proof: proof["seals"][0].update(transfer_count="-1"),
        lambda proof: proof["seals"][0].update(transfer_count="٣"),
        lambda proof: proof["seals"][0].update(previous="1" * 64),
        lambda proof: proof["seals"][0].update(day="2026-11-23"),
        lambda proof: proof["seals"].reverse(),
        lambda proof: proof["seals"].append(proof["seals"][0]),
        lambda proof: proof["seals"].append("x"),
    ],
)
def test_what_was_tampered_with_is_refused_in_a_line(
    proof: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change
) -> None:
    root = chain(0)
    change(proof)
    assert check_proof.main([write(tmp_path, proof), "--root", root]) == 1
    assert "REFUSED: " in capsys.readouterr().out


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"format": "pennywhistle proof 1", "format": "pennywhistle proof 1"}',
        b'{"format": NaN}',
        b"[" * 200_000,
        b'{"a": ' * 200_000,
        b"9" * 10_000,
        b'{"format": "pennywhistle proof 1", "about": {"a": {}}, "seals": [], "entries": []}',
    ],
    ids=range(11),
)
def test_a_file_that_is_no_proof_is_refused_in_a_line(
    raw: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "proof.json"
    path.write_bytes(raw)
    assert check_proof.main([str(path)]) == 1
    assert check_proof.main([str(path), "--seals", str(path)]) == 1
    assert capsys.readouterr().out.count("REFUSED: ") == 2


def test_a_file_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_proof.main(["/nowhere/proof.json"]) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_that_stands_anywhere_in_a_proof_makes_the_checker_stumble(
    data: st.DataObject,
    proof: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Some part of it is put in place of another value: the answer is one of three."""
    copy: Any = json.loads(json.dumps(proof))
    at = copy
    while True:
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = data.draw(st.sampled_from(keys))
        inner = at[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            at[key] = data.draw(json_values)
            break
        at = inner
    assert check_proof.main([write(tmp_path, copy), "--root", chain(0)]) in (0, 1)


def test_a_hostile_name_cannot_write_to_the_terminal(
    proof: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    proof["about"]["number"] = "\x1b[2J\u202e" + "\ud800"
    check_proof.main([write(tmp_path, proof)])
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_day_that_is_not_over_cannot_be_proven_yet(purchase_id: int) -> None:
    with pytest.raises(NotSealedError, match="2026-11-24 is not sealed yet"):
        prove_purchase(purchase_id=purchase_id)


def test_a_purchase_that_never_was_cannot_be_proven(cast: Cast) -> None:
    with pytest.raises(ProofError, match="no purchase 999"):
        prove_purchase(purchase_id=999)


def test_a_purchase_of_a_day_that_an_older_version_sealed_is_proven_by_what_that_sealed(
    purchase_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "NEWEST_FORM", 1)
    seal_books(now=CLOSED)
    made = prove_purchase(purchase_id=purchase_id)
    assert made["seals"][0]["format"] == "pennywhistle seal 1"  # type: ignore[index]
    assert check_proof.main([write(tmp_path, made), "--root", chain(0)]) == 0


def test_what_was_given_back_is_proven_with_its_purchase(
    purchase_id: int, cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refund_purchase(
        purchase_id=purchase_id,
        reason=RefundReason.GOODWILL,
        note="a gift",
        refunded_by=cast.otto.pk,
        now=NOW + timedelta(days=1),
    )
    seal_books(now=CLOSED + timedelta(days=1))
    path = write(tmp_path, prove_purchase(purchase_id=purchase_id))
    assert check_proof.main([path, "--root", chain(-1)]) == 0
    assert capsys.readouterr().out.count(", undoing sale/") == 3 * 4


@pytest.fixture
def statement(purchase_id: int, tmp_path: Path) -> Path:
    """The society's statement of November as the file that it got, and everything sealed."""
    november = month_period("2026-11")
    (issued,) = issue_statement(licensor_name="Meridian Society", period=november, now=DECEMBER)
    while seal_books(now=DECEMBER + timedelta(days=2)):
        pass
    path = tmp_path / issued.file_name
    path.write_text(issued.csv_text, encoding="utf-8", newline="")
    return path


def test_a_statement_is_proven_line_by_line(
    statement: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = prove_statement(statement_id=Statement.objects.get().pk)
    words = [write(tmp_path, made), "--root", chain(-1), "--statement", str(statement)]
    assert check_proof.main(words) == 0
    assert "6 of its 6 lines are in the books" in capsys.readouterr().out


def test_one_line_of_a_statement_is_proven_alone(
    statement: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = SaleLine.objects.order_by("pk")[1].document
    made = prove_statement(statement_id=Statement.objects.get().pk, sale_line=document)
    words = [write(tmp_path, made), "--root", chain(-1), "--statement", str(statement)]
    assert check_proof.main(words) == 0
    assert "1 of its 6 lines are in the books" in capsys.readouterr().out


def test_a_statement_file_that_was_changed_is_refused(
    statement: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = prove_statement(statement_id=Statement.objects.get().pk)
    statement.write_text(statement.read_text().replace("Kesh", "Cash"))
    words = [write(tmp_path, made), "--root", chain(-1), "--statement", str(statement)]
    assert check_proof.main(words) == 1
    assert "its bytes are other ones" in capsys.readouterr().out
