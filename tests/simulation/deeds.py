"""What listeners, operators, licensors, gateways and misfortune do in one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID

from pennywhistle.adapters.gateways.interface import NoticeKind
from pennywhistle.adapters.gateways.sandbox import DELAY, DISPUTE_LASTS
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.end_licence import end_licence
from pennywhistle.flows.forgive_shortage import forgive_shortage
from pennywhistle.flows.give_gift import give_gift, take_back_gift
from pennywhistle.flows.hear_gateway import process_messages, receive_message
from pennywhistle.flows.issue_paper import issue_receipt
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.pay_back_top_up import pay_back_top_up
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.flows.report_bad_file import report_bad_file
from pennywhistle.flows.top_up_wallet import Card, answer_bank, ask_about_top_up, top_up_wallet
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.codes.rules import gift_code
from pennywhistle.shop.payments.top_ups.rules import TopUpTerms
from pennywhistle.shop.sales.queries import PurchaseFacts, QuoteFacts
from pennywhistle.shop.sales.refunds import RefundReason
from pennywhistle.shop.sales.rules import Evidence
from tests.simulation.sights import Charged
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
RECIPES = ("mp3-128", "mp3-320", "opus-128", "flac")
SECRET = "simulated"


def euros(cents: int) -> Money:
    """Whole cents."""
    return Money.of_minor(cents, "EUR")


def top_up(world: World) -> None:
    """Someone tops up by a card of some kind; the gateway will write about it."""
    person_id, top_up_id = world.chance.choice(world.people), world.new_id()
    card, cents = world.chance.choice(CARDS), world.chance.randint(100, 2_000)
    bonus = euros(world.chance.choice([0, 0, 0, 7, 100]))
    charged = Charged(person_id, euros(cents).micros, bonus.micros)
    world.sights.asked[top_up_id] = world.sights.top_ups[top_up_id] = charged
    world.perform(
        "top up",
        lambda: top_up_wallet(
            top_up_id=top_up_id,
            person_id=person_id,
            amount=euros(cents),
            card=Card(card),
            gateway=world.gateway,
            now=world.now,
            terms=TopUpTerms(bonus=bonus),
        ),
    )
    if card.endswith("3220"):
        _answer(world, person_id, top_up_id)
    charge = world.sights.memory.find_charge(str(top_up_id))
    if charge is None or charge.charged_at is None:
        return
    world.expect_letter(NoticeKind.CHARGE, str(top_up_id), charge.charged_at)
    for wait in DISPUTED.get(card, ()):
        world.expect_letter(NoticeKind.DISPUTE, f"dispute-{top_up_id}", charge.charged_at + wait)


def _answer(world: World, person_id: int, top_up_id: UUID) -> None:
    """The listener answers the bank, and the page asks what came of it."""
    now, is_accepted = world.now, world.happens(70)
    if world.happens(80):
        world.perform(
            "answer",
            lambda: answer_bank(
                top_up_id=top_up_id,
                person_id=person_id,
                is_accepted=is_accepted,
                gateway=world.gateway,
                now=now,
            ),
        )
    if world.happens(80):
        world.perform(
            "ask",
            lambda: ask_about_top_up(
                top_up_id=top_up_id, person_id=person_id, gateway=world.gateway, now=now
            ),
        )


def voucher(world: World) -> None:
    """A voucher is sold or given away, redeemed once, and tried by another."""
    first, second = world.chance.sample(world.people, 2)
    code, cents = f"V{world.new_id().hex}", world.chance.randint(100, 1_500)
    is_free = world.happens(20)
    issue_vouchers(codes=[code], batch="year", amount=euros(cents), now=world.now, is_free=is_free)
    world.sights.vouchers[code] = (euros(cents).micros, is_free)

    def redeem(person_id: int) -> object:
        return redeem_voucher(
            code=code, person_id=person_id, domain="testserver", now=world.now
        ).worth

    world.perform("voucher", lambda: redeem(first))
    if world.happens(30):
        world.perform("voucher of another", lambda: redeem(second))


def buy(world: World) -> None:
    """Someone is quoted something and buys it; now and then a licence of it ends in between."""
    person_id = _somebody_with_money(world)
    offer = _quoted(world, person_id)
    if offer is None:
        return
    if world.happens(4):
        _end_a_licence(world, offer)
        is_standing = False
    else:
        is_standing = True
    if world.happens(5):
        world.now += timedelta(minutes=world.chance.choice([1, 14, 20]))
        world.clock = max(world.clock, world.now)
    is_standing &= world.now < offer.expires_at
    wallet = f"wallet/{person_id}/EUR"
    can_pay = world.sights.expected.spendable(wallet) >= offer.total.micros
    is_shut = world.sights.shortage(person_id)
    now = world.now
    bought = world.perform(
        "buy", lambda: buy_basket(quote_id=offer.id, person_id=person_id, now=now)
    )
    must = is_standing and can_pay and not is_shut
    if isinstance(bought, PurchaseFacts):
        assert must, f"bought though standing {is_standing}, paying {can_pay}, shut {is_shut}"
        assert bought.total == offer.total
        world.perform("receipt", lambda: issue_receipt(purchase_id=bought.id, now=now).total)
    elif isinstance(bought, Refused):
        assert not must or offer.promotion_code or _is_sealed(bought), bought
    world.sights.check_library(person_id)


def _somebody_with_money(world: World) -> int:
    """Mostly; whoever has none is refused, and that is tried too."""
    expected = world.sights.expected
    rich = [one for one in world.people if expected.spendable(f"wallet/{one}/EUR") > 0]
    return world.chance.choice(rich if rich and world.happens(85) else world.people)


def _is_sealed(refused: Refused) -> bool:
    return type(refused.error).__name__ == "SealedDayError"


def _quoted(world: World, person_id: int) -> QuoteFacts | None:
    release_id, tracks = world.chance.choice(world.releases)
    recipe, quote_id = world.chance.choice(RECIPES), world.new_id()
    count = world.chance.choice([1, 1, 1, 2, 3])
    items = (
        [BasketItem("release", release_id, recipe)]
        if world.happens(25)
        else [BasketItem("track", one, recipe) for one in world.chance.sample(tracks, count)]
    )
    country = world.countries[person_id]
    code = "TENTH" if world.happens(8) else ""
    offer = world.perform(
        "quote",
        lambda: quote_basket(
            quote_id=quote_id,
            person_id=person_id,
            items=items,
            domain="testserver",
            evidence=[Evidence("declared", country)],
            now=world.now,
            promotion_code=code,
        ),
    )
    if not isinstance(offer, QuoteFacts):
        return None
    world.sights.offers[quote_id] = (person_id, country, offer)
    return offer


def _end_a_licence(world: World, offer: QuoteFacts) -> None:
    """One of the two ends, and goes on under a new number, that the offer does not name."""
    number = world.chance.choice(sorted(world.licences))
    request = world.licences.pop(number)
    end_licence(number=number, reason="the contract was renewed", now=world.now)
    stem, _, count = number.partition("/")
    world.grant(replace(request, number=f"{stem}/{int(count or 0) + 1}", starts_at=world.now))
    world.did["licence ended"] += 1


def refund(world: World) -> None:
    """The operator gives back some of a purchase."""
    if not world.sights.purchases:
        return
    purchase_id = world.chance.choice(sorted(world.sights.purchases))
    lines = world.sights.purchases[purchase_id]
    numbers = list(range(1, 1 + world.chance.randint(1, len(lines))))
    world.touched.add(purchase_id)
    world.perform(
        "refund",
        lambda: refund_purchase(
            purchase_id=purchase_id,
            numbers=numbers,
            reason=RefundReason.GOODWILL,
            refunded_by=world.cast.otto.pk,
            now=world.now,
        ),
    )
    world.sights.check_library(lines[0].person_id)


def report(world: World) -> None:
    """A listener says that a file is broken."""
    if not world.sights.purchases:
        return
    purchase_id = world.chance.choice(sorted(world.sights.purchases)[-30:])
    line = world.chance.choice(world.sights.purchases[purchase_id])
    world.touched.add(purchase_id)
    world.perform(
        "report",
        lambda: report_bad_file(
            sale_line_id=line.id,
            person_id=line.person_id,
            trouble="noise",
            words="",
            now=world.now,
        ),
    )
    world.sights.check_library(line.person_id)


def pay_back(world: World) -> None:
    """A listener wants some of a top-up back on the card."""
    if not world.sights.credited:
        return
    top_up_id = world.chance.choice(sorted(world.sights.credited))
    asked, pay_back_id = world.sights.asked[top_up_id], world.new_id()
    cents = world.chance.randint(1, asked.micros // 10_000)
    world.sights.pay_backs[pay_back_id] = (top_up_id, euros(cents).micros)
    world.perform(
        "pay back",
        lambda: pay_back_top_up(
            pay_back_id=pay_back_id,
            top_up_id=top_up_id,
            amount=euros(cents),
            asked_by=None,
            gateways=world.gateways,
            now=world.now,
        ),
    )
    world.unwritten.add(pay_back_id)


def gift(world: World) -> None:
    """One gives a gift to another, who redeems it, unless it is taken back."""
    buyer, friend = world.chance.sample(world.people, 2)
    gift_id, cents = world.new_id(), world.chance.randint(100, 500)
    world.sights.gifts[gift_id] = (buyer, euros(cents).micros, "asked")
    world.perform(
        "gift",
        lambda: (
            give_gift(
                gift_id=gift_id,
                buyer_id=buyer,
                amount=euros(cents),
                greeting="",
                secret=SECRET,
                now=world.now,
            ).id
        ),
    )
    code = gift_code(gift_id=str(gift_id), secret=SECRET)
    ends: list[tuple[str, Callable[[], object]]] = [
        (
            "redeem gift",
            lambda: (
                redeem_voucher(
                    code=code, person_id=friend, domain="testserver", now=world.now
                ).worth
            ),
        ),
        (
            "take gift back",
            lambda: take_back_gift(gift_id=gift_id, buyer_id=buyer, now=world.now).id,
        ),
    ]
    for name, call in world.chance.sample(ends, world.chance.choice([0, 1, 1, 2])):
        world.perform(name, call)


def forgive(world: World) -> None:
    """The operator forgives what a lost dispute left short."""
    lost = [pk for pk, row in world.sights.disputes.items() if row.stage == "lost"]
    if not lost:
        return
    dispute_id = world.chance.choice(lost)
    world.perform(
        "forgive",
        lambda: forgive_shortage(
            dispute_id=dispute_id, forgiven_by=world.cast.otto.pk, now=world.now
        ),
    )
    world.sights.disputes[dispute_id].refresh_from_db()


def trouble(world: World) -> None:
    """The gateway goes out of order, in one of two ways."""
    kind = world.chance.choice(["unreachable", "unreachable", "shut"])
    (world.gateway.folder / "trouble").write_text(kind)
    world.did[f"gateway {kind}"] += 1


def mend(world: World) -> None:
    """The gateway serves again."""
    (world.gateway.folder / "trouble").unlink(missing_ok=True)


def _write_of_refunds(world: World) -> None:
    """The gateway writes of refunds, once the request or the worker has asked for them."""
    for pay_back_id in sorted(world.unwritten):
        made = world.sights.memory.find_refund(str(pay_back_id))
        if made is not None:
            world.unwritten.remove(pay_back_id)
            for wait in (timedelta(), DELAY):
                world.expect_letter(NoticeKind.REFUND, str(pay_back_id), made.asked_at + wait)


def deliver_letters(world: World) -> None:
    """What the gateway has to say by now, in any order; each is processed as it comes."""
    _write_of_refunds(world)
    due = [letter for letter in world.letters if letter.due_at <= world.now]
    world.letters = [letter for letter in world.letters if letter.due_at > world.now]
    world.chance.shuffle(due)
    for letter in due:
        headers, body = world.gateway.compose_message(
            kind=letter.kind, handle=letter.handle, event_id=letter.event_id, now=world.now
        )
        call = partial(
            receive_message,
            gateway_name=world.gateway.name,
            gateways=world.gateways,
            headers=headers,
            body=body,
            now=world.now,
        )
        # The gateway sends again what it has no answer to.
        kept = world.perform("letter", call)
        while kept is None or isinstance(kept, Refused):
            kept = world.attempt("letter sent again", call)
        if world.happens(90):
            world.perform(
                "hear", lambda: process_messages(gateways=world.gateways, now=world.now).done
            )


DEEDS: tuple[tuple[int, Callable[[World], None]], ...] = (
    (22, top_up),
    (10, voucher),
    (36, buy),
    (6, refund),
    (6, report),
    (6, pay_back),
    (5, gift),
    (2, forgive),
    (2, trouble),
)
