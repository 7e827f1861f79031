"""What listeners buy, and what becomes of it when something is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from pennywhistle.flows.answer_report import ReportAnswer, answer_report
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.end_licence import end_licence
from pennywhistle.flows.issue_paper import issue_receipt
from pennywhistle.flows.publish_release import publish_release
from pennywhistle.flows.quote_basket import BasketItem, quote_basket
from pennywhistle.flows.refund_purchase import refund_purchase
from pennywhistle.flows.report_bad_file import report_bad_file
from pennywhistle.kit.money import Money
from pennywhistle.shop.licensing.models import Licence
from pennywhistle.shop.sales.bad_files import Answer
from pennywhistle.shop.sales.models import FileReport
from pennywhistle.shop.sales.queries import PurchaseFacts, QuoteFacts
from pennywhistle.shop.sales.refunds import RefundReason
from pennywhistle.shop.sales.rules import Evidence
from tests.simulation.founding import CODES, LICENSED
from tests.simulation.listeners import Listener
from tests.simulation.prices import Basket
from tests.simulation.world import Refused, World

RECIPES = ("mp3-128", "mp3-320", "opus-128", "flac")


def buy(world: World) -> None:
    """Someone is quoted something and buys it; now and then a licence of it ends in between."""
    listener = _somebody_with_money(world)
    offer = _quoted(world, listener)
    if offer is None:
        return
    ends_at = offer.expires_at
    if world.happens(4):
        ends_at = min(ends_at, _end_licences(world))
    if world.happens(8):
        world.now += timedelta(minutes=world.chance.choice([1, 14, 20, 31]))
        world.clock = max(world.clock, world.now)
    is_standing = world.now < ends_at
    can_pay = world.spendable(listener) >= offer.total.micros
    is_shut = world.sights.cards.shortage(listener.id)
    now = world.now
    bought = world.perform(
        "buy", lambda: buy_basket(quote_id=offer.id, person_id=listener.id, now=now)
    )
    must = is_standing and can_pay and not is_shut
    if isinstance(bought, PurchaseFacts):
        assert must, f"bought though standing {is_standing}, paying {can_pay}, shut {is_shut}"
        assert bought.total == offer.total
        world.perform("receipt", lambda: issue_receipt(purchase_id=bought.id, now=now).total)
    elif isinstance(bought, Refused):
        is_sealed = type(bought.error).__name__ == "SealedDayError"
        assert not must or is_sealed or _is_used_up(world, offer, listener), bought
    world.sights.sales.check_library(listener.id)


def _is_used_up(world: World, offer: QuoteFacts, listener: Listener) -> bool:
    """Whether the code of an offer has been used as often as it may be."""
    if not offer.promotion_code:
        return False
    terms, uses = CODES[offer.promotion_code], world.sights.sales.uses
    used = sum(count for (code, _), count in uses.items() if code == offer.promotion_code)
    mine = uses[(offer.promotion_code, listener.id)]
    return used >= terms.uses_most or mine >= terms.uses_per_person_most


def _somebody_with_money(world: World) -> Listener:
    """Mostly; whoever has none is refused, and that is tried too."""
    rich = [one for one in world.listeners if world.spendable(one) > 0]
    return world.chance.choice(rich if rich and world.happens(85) else world.listeners)


def _quoted(world: World, listener: Listener) -> QuoteFacts | None:
    items, quote_id, sales = _items(world, listener), world.new_id(), world.sights.sales
    code = world.chance.choice(sorted(CODES)) if world.happens(15) else ""
    basket = Basket(
        listener,
        items,
        world.now,
        spent=sales.spent[listener.id],
        owned=dict(sales.owned.get(listener.id, {})),
    )
    withdrawn = {track for one in world.withdrawn for track in world.releases[one]}
    offer = world.perform(
        "quote",
        lambda: quote_basket(
            quote_id=quote_id,
            person_id=listener.id,
            items=items,
            domain="testserver",
            evidence=[Evidence("declared", listener.country)],
            now=world.now,
            currency=listener.currency,
            promotion_code=code,
        ),
    )
    if not isinstance(offer, QuoteFacts):
        return None
    assert not withdrawn & {line.track_id for line in offer.lines}, "off the shelves, and offered"
    sales.offer(offer, basket)
    return offer


def _items(world: World, listener: Listener) -> Sequence[BasketItem]:
    """A whole release, some tracks of one, or a better file of something that they have."""
    release_id = world.chance.choice(sorted(world.releases))
    recipe, count = world.chance.choice(RECIPES), world.chance.choice([1, 1, 1, 2, 3])
    mine = sorted(world.sights.sales.owned.get(listener.id, {}))
    named = None
    if world.happens(40):
        named = Money.of_minor(world.chance.randint(12, 160), listener.currency)
    if mine and world.happens(20):
        track_id, _ = world.chance.choice(mine)
        return [BasketItem("track", track_id, recipe, named)]
    if world.happens(25):
        return [BasketItem("release", release_id, recipe, named)]
    tracks = world.chance.sample(world.releases[release_id], count)
    return [BasketItem("track", one, recipe, named) for one in tracks]


def _end_licences(world: World) -> datetime:
    """Each ends, and goes on under a new number, that no offer made before names; the first instant
    at which no offer that was made before stands."""
    ends = []
    for number in sorted(world.licences):
        request, now = world.licences.pop(number), world.now
        licence_id = Licence.objects.get(number=number).pk
        end_licence(number=number, reason="the contract was renewed", now=now)
        # Where the clock was set back, right behind the newest sale under it.
        end = max(now, world.sights.sales.newest_under(licence_id) + timedelta(microseconds=1))
        world.sights.sales.ended[licence_id] = end
        stem, _, count = number.partition("/")
        if stem[:3] == "MER":
            ends.append(end)  # Every track is a work.
        world.grant(
            replace(request, number=f"{stem}/{int(count or 0) + 1}", starts_at=end),
            LICENSED[stem[:3]][1],
        )
    world.did["licences ended"] += 1
    return min(ends)


def refund(world: World) -> None:
    """The operator gives back some of a purchase."""
    purchases = world.sights.sales.purchases
    if not purchases:
        return
    purchase_id = world.chance.choice(sorted(purchases))
    lines = purchases[purchase_id]
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
    world.sights.sales.check_library(lines[0].listener.id)


def report(world: World) -> None:
    """A listener says of some files that they are broken."""
    purchases = world.sights.sales.purchases
    if not purchases:
        return
    purchase_id = world.chance.choice(sorted(purchases)[-30:])
    lines, now = purchases[purchase_id], world.now
    world.touched.add(purchase_id)
    for line in world.chance.sample(lines, min(len(lines), world.chance.choice([1, 2, 3]))):
        world.perform(
            "report",
            partial(
                report_bad_file,
                sale_line_id=line.id,
                person_id=line.listener.id,
                trouble="noise",
                words="",
                now=now,
            ),
        )
    world.sights.sales.check_library(lines[0].listener.id)


def answer(world: World) -> None:
    """The operator answers a report: with the money or without, and in good faith or not."""
    waiting = FileReport.objects.filter(answer="").select_related("sale_line").order_by("pk")
    rows = list(waiting[:20])
    if not rows:
        return
    row = world.chance.choice(rows)
    line = next(
        one
        for one in world.sights.sales.purchases[row.sale_line.purchase_id]
        if one.id == row.sale_line_id
    )
    release_id = next(one for one, tracks in world.releases.items() if line.track[0] in tracks)
    kind = world.chance.choice([*[Answer.NOTHING_WRONG] * 3, Answer.WITHDRAWN, Answer.MENDED])
    decision = ReportAnswer(
        kind,
        gives_back=world.happens(60),
        may_claim=world.chance.choice([None, None, True, False]),
    )
    world.touched.add(line.purchase_id)
    if kind is Answer.WITHDRAWN:
        world.withdrawn.add(release_id)
    outcome = world.perform(
        "answer report",
        lambda: answer_report(
            report_id=row.pk,
            decision=decision,
            answered_by=world.cast.otto.pk,
            outfit=world.outfit,
            now=world.now,
        ),
    )
    if isinstance(outcome, Refused):
        row.refresh_from_db()
        assert not row.answer, f"{outcome} and yet {row.answer}"
    elif outcome is not None and decision.gives_back:
        assert line.is_back, "an answer that gives back gave nothing"
    world.sights.sales.check_library(line.listener.id)
    if release_id in world.withdrawn:
        name = world.names[release_id]
        world.insist("publish again", lambda: publish_release(name=name, now=world.now))
        world.withdrawn.discard(release_id)
