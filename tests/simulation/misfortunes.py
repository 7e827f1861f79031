"""What goes wrong: gateways that do not serve, messages in any order, clocks that are far ahead."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from pennywhistle.adapters.gateways.interface import NoticeKind
from pennywhistle.adapters.gateways.sandbox import DELAY
from pennywhistle.flows.hear_gateway import process_messages, receive_message, replay
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.shop.ledger.seals import QUIET_DAYS_MOST
from pennywhistle.shop.payments.gateways.queries import list_messages
from tests.simulation.paying import top_up, voucher
from tests.simulation.world import ASKED_AGAIN_MOST, Refused, World


def trouble(world: World) -> None:
    """One gateway goes out of order, in one of two ways; now and then all of them."""
    kind = world.chance.choice(["unreachable", "unreachable", "shut"])
    names = sorted(world.gateways)
    for name in names if world.happens(25) else [world.chance.choice(names)]:
        (world.gateways[name].folder / "trouble").write_text(kind)
        world.sick.add(name)
        world.did[f"gateway {kind}"] += 1
    if world.happens(60):
        top_up(world)  # Somebody meets it.


def mend(world: World) -> None:
    """All gateways serve again."""
    for gateway in world.gateways.values():
        (gateway.folder / "trouble").unlink(missing_ok=True)


def hurry(world: World) -> None:
    """A worker's clock is months ahead when it seals: the day that is going on stays open."""
    voucher(world)  # So that the day has something to seal.
    ahead = world.now + timedelta(days=QUIET_DAYS_MOST + world.chance.randint(2, 400))
    world.attempt("seal months ahead", lambda: seal_books(now=ahead))
    world.check_sealed()


def hear_again(world: World) -> None:
    """The operator has messages heard again that were heard before."""
    name = world.chance.choice(sorted(world.gateways))
    messages = [one for one in list_messages(gateway=name, limit=5) if one.body]
    world.perform(
        "replay",
        lambda: replay(messages=messages, gateways=world.gateways, now=world.now).done,
    )


def _write_of_refunds(world: World) -> None:
    """A gateway writes of refunds, once the request or the worker has asked for them."""
    seen = world.sights.cards
    for pay_back_id in sorted(world.unwritten):
        top_up_id = seen.pay_backs.get(pay_back_id, (None, 0))[0]
        if top_up_id is None:
            world.unwritten.remove(pay_back_id)
            continue
        gateway = seen.asked[top_up_id].gateway
        made = seen.memories[gateway].find_refund(str(pay_back_id))
        if made is not None:
            world.unwritten.remove(pay_back_id)
            for wait in (timedelta(), DELAY):
                at = made.asked_at + wait
                world.expect_letter(gateway, NoticeKind.REFUND, str(pay_back_id), at)


def deliver_letters(world: World) -> None:
    """What the gateways have to say by now, in any order; each is processed as it comes."""
    _write_of_refunds(world)
    due = [letter for letter in world.letters if letter.due_at <= world.now]
    world.letters = [letter for letter in world.letters if letter.due_at > world.now]
    world.chance.shuffle(due)
    for letter in due:
        headers, body = world.gateways[letter.gateway].compose_message(
            kind=letter.kind, handle=letter.handle, event_id=letter.event_id, now=world.now
        )
        call = partial(
            receive_message,
            gateway_name=letter.gateway,
            gateways=world.gateways,
            headers=headers,
            body=body,
            now=world.now,
        )
        # The gateway sends again what it has no answer to.
        kept = world.perform("letter", call)
        for _ in range(ASKED_AGAIN_MOST):
            if kept is not None and not isinstance(kept, Refused):
                break
            kept = world.attempt("letter sent again", call)
        if world.happens(90):
            world.perform(
                "hear", lambda: process_messages(gateways=world.gateways, now=world.now).done
            )
