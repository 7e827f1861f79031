"""Pending transfers reserve, are settled once, and leave balances that are the sum of what moved."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.models import Account
from pennywhistle.shop.ledger.operations import open_accounts, post
from pennywhistle.shop.ledger.queries import (
    find_transfer,
    get_available,
    get_balance,
    iterate_accounts,
    list_balances,
    list_movements,
    list_pending,
    sum_movements,
)
from pennywhistle.shop.ledger.rules import (
    KeyReusedError,
    LedgerError,
    NewAccount,
    OverdrawnError,
    Phase,
    SettledError,
    TransferFacts,
    UnknownTransferError,
)
from tests.cast import NOW, euros

pytestmark = pytest.mark.django_db

WALLET, OTHER, BANK, SALES = "wallet/a", "wallet/b", "bank", "sales"
FILL = TransferFacts("fill", BANK, WALLET, euros("5"), "test", "test", NOW)
WAIT = TransferFacts("wait", WALLET, SALES, euros("3"), "test", "test", NOW, phase=Phase.PENDING)
POSTS = replace(WAIT, key="posts", phase=Phase.POSTS, settles_key="wait")
VOIDS = replace(WAIT, key="voids", phase=Phase.VOIDS, settles_key="wait")


def accounts(prefix: str = "") -> list[NewAccount]:
    guarded = [NewAccount(prefix + c, "EUR", "liability", is_guarded=True) for c in (WALLET, OTHER)]
    return [*guarded, *(NewAccount(prefix + code, "EUR", "asset") for code in (BANK, SALES))]


@pytest.fixture
def filled(db: None) -> None:
    """Five euros in the wallet."""
    open_accounts(accounts=accounts())
    post(transfers=[FILL])


def standing(code: str) -> tuple[Money, Money]:
    """Balance, and what can be spent."""
    return get_balance(code=code, currency="EUR"), get_available(code=code, currency="EUR")


@pytest.mark.usefixtures("filled")
def test_what_is_pending_moves_nothing_and_cannot_be_spent() -> None:
    post(transfers=[WAIT])
    assert standing(WALLET) == (euros("5"), euros("2"))
    assert standing(SALES) == (euros("0"), euros("0"))
    assert sum_movements(code=WALLET, currency="EUR") == euros("5")
    assert list_balances(codes=[SALES]) == {}
    assert [movement.key for movement in list_movements(code=WALLET, limit=9)] == ["fill"]
    assert [row.facts for row in list_pending()] == [WAIT]
    with pytest.raises(OverdrawnError):
        post(
            transfers=[replace(FILL, key="more", debit=WALLET, credit=OTHER, amount=euros("2.01"))]
        )
    with pytest.raises(OverdrawnError):
        post(transfers=[replace(WAIT, key="more", amount=euros("2.01"))])


@pytest.mark.usefixtures("filled")
def test_posting_what_is_pending_moves_its_part_and_frees_the_rest() -> None:
    post(transfers=[WAIT])
    post(transfers=[replace(POSTS, amount=euros("1"))])
    assert standing(WALLET) == (euros("4"), euros("4"))
    assert standing(SALES) == (euros("1"), euros("1"))
    assert list_pending() == []


@pytest.mark.usefixtures("filled")
def test_voiding_what_is_pending_frees_all_of_it() -> None:
    post(transfers=[WAIT])
    post(transfers=[VOIDS])
    assert standing(WALLET) == (euros("5"), euros("5"))
    assert standing(SALES) == (euros("0"), euros("0"))
    row = find_transfer(key="voids")
    assert row is not None
    assert row.facts == VOIDS
    assert row.digest == VOIDS.digest


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("first", [POSTS, VOIDS])
@pytest.mark.parametrize("second", [POSTS, VOIDS])
def test_a_pending_transfer_is_settled_once(first: TransferFacts, second: TransferFacts) -> None:
    post(transfers=[WAIT])
    with pytest.raises(SettledError):
        post(transfers=[first, replace(second, key="second")])
    post(transfers=[first])
    post(transfers=[first])  # The same key: said again.
    with pytest.raises(SettledError):
        post(transfers=[replace(second, key="second")])
    assert standing(SALES)[0] == (euros("3") if first is POSTS else euros("0"))


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    "wrong",
    [
        replace(POSTS, amount=euros("3.01")),
        replace(VOIDS, amount=euros("2.99")),
        replace(POSTS, credit=OTHER),
        replace(POSTS, settles_key="fill"),
        replace(POSTS, settles_key=None),
        replace(POSTS, phase=Phase.POSTED),
        replace(POSTS, phase=Phase.PENDING),
        replace(POSTS, reverses_key="fill"),
    ],
)
def test_what_does_not_settle_a_pending_transfer_is_refused(wrong: TransferFacts) -> None:
    post(transfers=[WAIT])
    with pytest.raises(LedgerError):
        post(transfers=[wrong])
    assert standing(WALLET) == (euros("5"), euros("2"))


@pytest.mark.usefixtures("filled")
def test_what_was_never_posted_is_neither_settled_nor_reversed() -> None:
    for wrong in (POSTS, replace(FILL, key="back", reverses_key="nothing")):
        with pytest.raises(UnknownTransferError):
            post(transfers=[wrong])
    with pytest.raises(UnknownTransferError):
        post(transfers=[WAIT, POSTS])


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("change", ["amount", "ends", "pending"])
def test_only_what_moved_is_reversed_and_as_it_moved(change: str) -> None:
    post(transfers=[WAIT])
    back = replace(FILL, key="back", debit=WALLET, credit=BANK, reverses_key="fill")
    wrong = {
        "amount": replace(back, amount=euros("4")),
        "ends": replace(back, credit=OTHER),
        "pending": replace(
            back, debit=SALES, credit=WALLET, amount=WAIT.amount, reverses_key="wait"
        ),
    }[change]
    with pytest.raises(LedgerError, match="does not reverse"):
        post(transfers=[wrong])


@pytest.mark.usefixtures("filled")
def test_accounts_that_a_posting_needs_are_opened_with_it() -> None:
    new = NewAccount("vat/DE/EUR", "EUR", "liability")
    unused = NewAccount("vat/FR/EUR", "EUR", "liability")
    tax = replace(FILL, key="tax", debit=WALLET, credit=new.code, amount=euros("1"))
    for _ in range(2):
        post(transfers=[tax], opening=[new, unused])
    assert standing(new.code)[0] == euros("1")
    assert not Account.objects.filter(code=unused.code).exists()
    with pytest.raises(LedgerError, match="is open as"):
        post(transfers=[tax], opening=[replace(new, kind="asset")])


def test_an_old_transfer_keeps_its_digest() -> None:
    assert FILL.digest == "60c3b3b175be1557feec660e019762bc6376aef4f346450a36295b306e14131f"
    digests = {replace(FILL, phase=phase, settles_key=k).digest for phase in Phase for k in "xy"}
    assert len(digests) == 2 * len(Phase) - 1  # What is posted settles nothing.


@dataclass
class Model:
    """The books as plain sums."""

    balances: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys((WALLET, OTHER, BANK, SALES), 0)
    )
    reserved: dict[str, int] = field(default_factory=lambda: dict.fromkeys((WALLET, OTHER), 0))
    pending: dict[str, TransferFacts] = field(default_factory=dict)
    moved: dict[str, TransferFacts] = field(default_factory=dict)
    ended: set[str | None] = field(default_factory=set)

    def spendable(self, code: str) -> int:
        return self.balances[code] - self.reserved.get(code, 0)


steps = st.lists(
    st.tuples(
        st.sampled_from(["posted", "pending", "posts", "voids", "reverses"]),
        st.permutations((WALLET, OTHER, BANK, SALES)).map(lambda codes: codes[:2]),
        st.integers(1, 40),
        st.integers(0, 5),
    ),
    max_size=14,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_any_order_of_steps_leaves_balances_that_are_sums_and_nothing_below_zero(
    steps: list[tuple[str, list[str], int, int]],
) -> None:
    prefix, model = f"{uuid.uuid4()}/", Model()
    open_accounts(accounts=accounts(prefix))
    for number, (verb, ends, micros, choice) in enumerate(steps):
        facts = _step(model, f"{prefix}{number}", verb, ends, micros, choice)
        if facts is None:
            continue
        is_taken = _apply(model, facts)
        stored = replace(facts, debit=prefix + facts.debit, credit=prefix + facts.credit)
        try:
            with transaction.atomic():
                post(transfers=[stored])
                post(transfers=[stored])
        except (OverdrawnError, SettledError):
            assert not is_taken
        else:
            assert is_taken
            with pytest.raises(KeyReusedError):
                post(transfers=[replace(stored, reason="other")])
    _assert_same(prefix, model)


def _step(
    model: Model, key: str, verb: str, ends: list[str], micros: int, choice: int
) -> TransferFacts | None:
    """What is tried next; what is settled or reversed is one of those that were posted, if any."""
    facts = TransferFacts(key, ends[0], ends[1], Money(micros, "EUR"), "test", "test", NOW)
    if verb in ("posted", "pending"):
        return replace(facts, phase=Phase(verb))
    if verb == "reverses":
        if not model.moved:
            return None
        other = list(model.moved.values())[choice % len(model.moved)]
        return replace(
            facts,
            debit=other.credit,
            credit=other.debit,
            amount=other.amount,
            reverses_key=other.key,
        )
    if not model.pending:
        return None
    other = list(model.pending.values())[choice % len(model.pending)]
    amount = other.amount if verb == "voids" else facts.amount
    return replace(other, key=key, amount=amount, phase=Phase(verb), settles_key=other.key)


def _apply(model: Model, facts: TransferFacts) -> bool:
    """Do it to the model, unless it overdraws or settles twice; whether it was done."""
    micros, debit, credit = facts.amount.micros, facts.debit, facts.credit
    ended = facts.settles_key or facts.reverses_key
    if ended is not None and ended in model.ended:
        return False
    freed = model.pending[facts.settles_key].amount.micros if facts.settles_key else 0
    takes = 0 if facts.phase is Phase.VOIDS else micros
    if facts.settles_key and takes > freed:
        return False
    if debit in model.reserved and model.spendable(debit) + freed < takes:
        return False
    if debit in model.reserved:
        model.reserved[debit] += (micros if facts.phase is Phase.PENDING else 0) - freed
    if facts.phase.moves:
        model.balances[debit] -= micros
        model.balances[credit] += micros
        model.moved[facts.key] = facts
    if facts.phase is Phase.PENDING:
        model.pending[facts.key] = facts
    model.ended.add(ended)
    return True


def _assert_same(prefix: str, model: Model) -> None:
    rows = {row.code: row for row in iterate_accounts()}
    for code, micros in model.balances.items():
        row = rows[prefix + code]
        assert get_balance(code=row.code, currency="EUR").micros == micros
        assert sum_movements(code=row.code, currency="EUR").micros == micros
        assert get_available(code=row.code, currency="EUR").micros == model.spendable(code)
        assert row.reserved_micros == model.reserved.get(code, 0)
        if row.is_guarded:
            assert 0 <= row.reserved_micros <= row.balance_micros == micros
    waiting = model.pending.keys() - model.ended
    assert {r.facts.key for r in list_pending() if r.facts.key.startswith(prefix)} == waiting
