"""What listeners do with money: top up, redeem, give, want it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from pennywhistle.adapters.gateways.interface import NoticeKind
from pennywhistle.adapters.gateways.sandbox import DELAY, DISPUTE_LASTS
from pennywhistle.flows.forgive_shortage import forgive_shortage
from pennywhistle.flows.give_gift import give_gift, take_back_gift
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.pay_back_top_up import pay_back_top_up
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.top_up_wallet import Card, answer_bank, ask_about_top_up, top_up_wallet
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.codes.rules import code_sha256, gift_code
from pennywhistle.shop.payments.models import Voucher
from pennywhistle.shop.payments.top_ups.rules import TopUpTerms
from tests.simulation.listeners import Listener
from tests.simulation.seen_cards import Charged
from tests.simulation.seen_codes import Printed
from tests.simulation.world import Refused, World

CARDS = (
    *["4242 4242 4242 4242"] * 8,
    *("4000 0000 0000 0002", "4000 0000 0000 0077", "4000 0000 0000 0341"),
    *("4000 0000 0000 3220", "4000 0000 0000 5126", "4000 0000 0000 7726"),
    *("4000 0000 0000 1976", "4000 0000 0000 2685", "4000 0000 0000 0259"),
)
DISPUTED = {
    "4000 0000 0000 1976": (DELAY,),
    "4000 0000 0000 2685": (DELAY, DELAY + DISPUTE_LASTS),
    "4000 0000 0000 0259": (DELAY, DELAY + DISPUTE_LASTS),
}
SECRET = "simulated"


def top_up(world: World) -> None:
    """Someone tops up by a card of some kind, and by the next gateway where one does not serve."""
    listener, card = world.chance.choice(world.listeners), world.chance.choice(CARDS)
    minor, bonus = world.chance.randint(100, 2_000), world.chance.choice([0, 0, 0, 7, 100])
    ways = world.list_ways()
    if world.happens(10):
        world.chance.shuffle(ways)
    if world.happens(10):  # The page is older than the gateway's trouble.
        ways = sorted(world.gateways)
    world.did["no way to pay"] += not ways
    for name in ways:
        if not isinstance(_charge(world, listener, card, minor, bonus, name), Refused):
            break
        world.did["the next way to pay"] += 1


def _charge(
    world: World, listener: Listener, card: str, minor: int, bonus: int, name: str
) -> object:
    """One top-up by one gateway, which will write about it."""
    top_up_id, gateway = world.new_id(), world.gateways[name]
    charged = Charged(listener, listener.micros(minor), listener.micros(bonus), name)
    seen = world.sights.cards
    seen.asked[top_up_id] = seen.top_ups[top_up_id] = charged
    is_open = name not in world.list_ways()
    terms = TopUpTerms(bonus=Money.of_minor(bonus, listener.currency))
    outcome = world.perform(
        "top up",
        lambda: top_up_wallet(
            top_up_id=top_up_id,
            person_id=listener.id,
            amount=Money.of_minor(minor, listener.currency),
            card=Card(card),
            gateway=gateway,
            now=world.now,
            terms=terms,
        ),
    )
    charge = seen.memories[name].find_charge(str(top_up_id))
    if is_open and name not in world.list_ways():
        assert charge is None, f"{name} was asked though its circuit was open"
    _check_circuit(world, name, outcome)
    if card.endswith("3220"):
        _answer(world, listener, top_up_id, name)
        charge = seen.memories[name].find_charge(str(top_up_id))
    if charge is not None and charge.charged_at is not None:
        world.expect_letter(name, NoticeKind.CHARGE, str(top_up_id), charge.charged_at)
        for wait in DISPUTED.get(card, ()):
            dispute = f"dispute-{top_up_id}"
            world.expect_letter(name, NoticeKind.DISPUTE, dispute, charge.charged_at + wait)
    return outcome


def _check_circuit(world: World, name: str, outcome: object) -> None:
    """A gateway that declines to serve the store is offered no longer."""
    path = world.gateways[name].folder / "trouble"
    if isinstance(outcome, Refused) and path.exists() and path.read_text() == "shut":
        was_asked = type(outcome.error).__name__ in ("GatewayClosedError", "GatewayShutError")
        assert not was_asked or name not in world.list_ways(), f"{name} is shut, and offered"


def _answer(world: World, listener: Listener, top_up_id: UUID, name: str) -> None:
    """The listener answers the bank, and the page asks what came of it."""
    now, is_accepted, gateway = world.now, world.happens(70), world.gateways[name]
    if world.happens(80):
        world.perform(
            "answer",
            lambda: answer_bank(
                top_up_id=top_up_id,
                person_id=listener.id,
                is_accepted=is_accepted,
                gateway=gateway,
                now=now,
            ),
        )
    if world.happens(80):
        world.perform(
            "ask",
            lambda: ask_about_top_up(
                top_up_id=top_up_id, person_id=listener.id, gateway=gateway, now=now
            ),
        )


def voucher(world: World) -> None:
    """A voucher is sold or given away, redeemed once or too late, and tried by another."""
    first, second = world.chance.sample(world.listeners, 2)
    code, minor = f"V{world.new_id().hex}", world.chance.randint(100, 1_500)
    printed = Printed(
        micros=first.micros(minor),
        currency=first.currency,
        is_free=world.happens(20),
        is_past=world.happens(5),
    )
    world.sights.codes.vouchers[code] = printed
    now = world.now

    def issue() -> None:
        issue_vouchers(
            codes=[code],
            batch="year",
            amount=Money(printed.micros, first.currency),
            now=now,
            expires_at=now + timedelta(hours=1) if printed.is_past else None,
            is_free=printed.is_free,
        )

    if world.happens(20):
        world.kill("issue voucher", issue)
    is_kept = Voucher.objects.filter(code_sha256=code_sha256(code)).exists()
    if not is_kept and isinstance(world.attempt("issue voucher", issue), Refused):
        return
    if printed.is_past:
        world.now += timedelta(hours=1)
        world.clock = max(world.clock, world.now)
    tries = [("voucher", first)]
    if world.happens(40) and _may_redeem(world, second, first.currency):
        tries.append(("voucher of another", second))
    for name, listener in world.chance.sample(tries, len(tries)):
        world.perform(name, partial(_redeem, world, code, listener))


def _redeem(world: World, code: str, listener: Listener) -> object:
    now = world.now
    return redeem_voucher(code=code, person_id=listener.id, domain="testserver", now=now).worth


def _may_redeem(world: World, listener: Listener, currency: str) -> bool:
    """Whoever has no wallet yet would get one in that currency: they wait for one in their own."""
    return listener.currency == currency or listener.wallet in world.sights.expected.balances


def gift(world: World) -> None:
    """One gives a gift to another, who redeems it, unless it is taken back."""
    buyer, friend = world.chance.sample(world.listeners, 2)
    gift_id, minor = world.new_id(), world.chance.randint(100, 500)
    world.sights.codes.gifts[gift_id] = (buyer, buyer.micros(minor), "asked")
    world.perform(
        "gift",
        lambda: (
            give_gift(
                gift_id=gift_id,
                buyer_id=buyer.id,
                amount=Money.of_minor(minor, buyer.currency),
                greeting="",
                secret=SECRET,
                now=world.now,
            ).id
        ),
    )
    code = gift_code(gift_id=str(gift_id), secret=SECRET)
    ends: list[tuple[str, Callable[[], object]]] = [
        (
            "take gift back",
            lambda: take_back_gift(gift_id=gift_id, buyer_id=buyer.id, now=world.now).id,
        ),
    ]
    if _may_redeem(world, friend, buyer.currency):
        ends.append(("redeem gift", lambda: _redeem(world, code, friend)))
    count = min(len(ends), world.chance.choice([0, 1, 1, 2]))
    for name, call in world.chance.sample(ends, count):
        world.perform(name, call)


def pay_back(world: World) -> None:
    """A listener wants some of a top-up back on the card."""
    seen = world.sights.cards
    if not seen.credited:
        return
    top_up_id, pay_back_id = world.chance.choice(sorted(seen.credited)), world.new_id()
    asked = seen.asked[top_up_id]
    minor = world.chance.randint(1, asked.micros // asked.listener.micros(1))
    amount = Money.of_minor(minor, asked.listener.currency)
    seen.pay_backs[pay_back_id] = (top_up_id, amount.micros)
    world.perform(
        "pay back",
        lambda: pay_back_top_up(
            pay_back_id=pay_back_id,
            top_up_id=top_up_id,
            amount=amount,
            asked_by=None,
            gateways=world.gateways,
            now=world.now,
        ),
    )
    world.unwritten.add(pay_back_id)


def forgive(world: World) -> None:
    """The operator forgives what a lost dispute left short."""
    disputes = world.sights.cards.disputes
    lost = [pk for pk, row in disputes.items() if row.stage == "lost"]
    if not lost:
        return
    dispute_id = world.chance.choice(lost)
    world.perform(
        "forgive",
        lambda: forgive_shortage(
            dispute_id=dispute_id, forgiven_by=world.cast.otto.pk, now=world.now
        ),
    )
    disputes[dispute_id].refresh_from_db()
