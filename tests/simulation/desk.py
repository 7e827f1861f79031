"""What labels and the operator do: prices, statements from the bank, what its entries are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from pennywhistle.flows.ask_price import PriceRequest, ask_price
from pennywhistle.flows.decide_entry import assign_entry, set_entry_aside
from pennywhistle.flows.import_statement import import_statement
from pennywhistle.flows.order_transfer import order_transfer
from pennywhistle.flows.set_prices import PriceListRequest, set_prices
from pennywhistle.kit.money import Money
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.payments.banking.rules import make_reference, spell_reference
from pennywhistle.shop.payments.models import BankSlip, BankStatement
from pennywhistle.shop.payments.top_ups.rules import TopUpTerms
from pennywhistle.shop.pricing.models import AskedPrice
from pennywhistle.shop.storefronts.models import PriceList
from tests.bank_statements import IBAN, VERSIONS
from tests.simulation.bank import Booked
from tests.simulation.founding import FIRST_LISTS, list_of
from tests.simulation.listeners import VAT, Listener
from tests.simulation.prices import AskedFor
from tests.simulation.seen_bank import Slip
from tests.simulation.world import Refused, World

# How money arrives, if it does.
ARRIVALS = (
    *["right"] * 5,
    *("amount", "amount", "spelled", "structured", "typing"),
    *("two", "none", "twice", "reversed", "reversed", "out"),
)
OTHER_IBAN = "AT483200000012345864"


def set_list(world: World) -> None:
    """The operator sets prices in one currency, a little above or below the first ones."""
    currency = world.chance.choice(sorted(FIRST_LISTS))
    first, factor = FIRST_LISTS[currency], Fraction(world.chance.randint(80, 130), 100)

    def times(text: str, places: int) -> str:
        return f"{float(Fraction(text) * factor):.{places}f}" if text else "none"

    minor_places = 0 if currency == "JPY" else 2
    tiers = world.chance.choice(["none", first.tiers or "none", "2=3.5, 6=10"])
    request: PriceListRequest = replace(
        first,
        lossy_per_mb=times(first.lossy_per_mb, 4),
        lossless_per_mb=times(first.lossless_per_mb, 4),
        floor_per_track=times(first.floor_per_track, minor_places),
        album_lossy=times(first.album_lossy, minor_places),
        album_lossless=times(first.album_lossless, minor_places),
        tiers=tiers,
    )
    now = world.now
    world.perform("set prices", lambda: set_prices(request=request, domain="testserver", now=now))
    if PriceList.objects.filter(currency=currency, valid_from=now).exists():
        world.prices.lists.append((now, currency, list_of(request)))


def ask(world: World) -> None:
    """A label fixes a price, lets listeners name it, or goes back to the price by the megabyte."""
    release_id = world.chance.choice(sorted(world.releases))
    currency = world.chance.choice(sorted(FIRST_LISTS))
    scope = world.chance.choice(["whole", "each"])
    kind = world.chance.choice(["size", "fixed", "fixed", "named"])
    least = world.chance.randint(3, 60) * (4 if scope == "whole" else 1)
    amount = Money.of_minor(least, currency)
    suggested = Money.of_minor(least + world.chance.randint(0, 40), currency)
    now = world.now
    request = PriceRequest(
        scope=scope,
        what=world.names[release_id],
        kind=kind,
        amount="" if kind == "size" else str(amount.decimal),
        suggested=str(suggested.decimal) if kind == "named" else "",
        currency=currency,
    )
    world.perform(
        "ask price",
        lambda: ask_price(
            request=request, domain="testserver", asked_by=world.cast.lena.pk, now=now
        ),
    )
    asked = AskedPrice.objects.filter(
        release_id=release_id, currency=currency, scope=scope, valid_from=now
    )
    if not asked.exists():
        return
    micros = 0 if kind == "size" else amount.micros
    world.prices.asked.append(
        AskedFor(now, currency, scope, release_id, kind, micros, suggested.micros)
    )
    if kind == "size":
        return
    tracks = len(world.releases[release_id]) if scope == "whole" else 1
    for country in VAT:
        lowest = world.prices.lowest(release_id, country, currency)
        assert lowest is None or micros >= lowest * tracks, f"{amount} does not pay in {country}"


def transfer(world: World) -> None:
    """Someone writes a slip, and mostly pays: what it says or not, with its reference or not."""
    listener = world.chance.choice(world.listeners)
    if listener.currency != "EUR" and listener.wallet not in world.sights.expected.balances:
        return
    slip_id, minor = world.new_id(), world.chance.randint(100, 3_000)
    digits = f"{world.chance.randrange(10**12):012}"
    percent = world.chance.choice(["", "", "2.5", "10"])
    world.sights.bank.slips[make_reference(digits=digits)] = Slip(listener, Fraction(percent or 0))
    world.perform(
        "order transfer",
        lambda: order_transfer(
            slip_id=slip_id,
            person_id=listener.id,
            amount=Money.of_minor(minor, "EUR"),
            digits=digits,
            bonus_percent=percent,
            terms=TopUpTerms(),
            now=world.now,
        ),
    )
    slip = BankSlip.objects.filter(pk=slip_id).first()
    if slip is not None and world.happens(85):
        _pay(world, slip.reference, minor)


def _pay(world: World, reference: str, minor: int) -> None:
    """It arrives: rightly, in another amount, with a wrong reference, with two, twice, or goes
    out."""
    chance, bank = world.chance, world.sights.bank.bank
    how = chance.choice(ARRIVALS)
    tag = f"T{chance.randrange(10**6):06}"
    if any(one.tag == tag for one in bank.booked):
        return
    if how == "amount":
        minor = chance.randint(1, 4_000)
    names, written = frozenset({reference}), reference
    if how == "spelled":
        written = spell_reference(reference=reference.lower())
    elif how == "typing":  # Two digits that change places.
        names, written = frozenset(), _mistyped(reference)
    elif how == "two":
        names |= {chance.choice(sorted(world.sights.bank.slips))}
        names = frozenset(
            BankSlip.objects.filter(reference__in=names).values_list("reference", flat=True)
        )
        written = " ".join(sorted(names))
    elif how in ("none", "out"):
        names, written = frozenset(), "for music"
    is_structured = how == "structured"
    booked = Booked(
        tag=tag,
        day=max(world.now.date(), bank.today),
        micros=minor * 10_000 * (-1 if how == "out" else 1),
        text=tag if is_structured else f"{tag} {written}",
        ref="" if how == "twice" else f"REF{tag}",
        structured=reference if is_structured else "",
        slips=names,
        is_reversal=how == "reversed",
    )
    for _ in range(2 if how == "twice" else 1):
        bank.book(booked)
    world.did[f"transfer {how}"] += 1


def _mistyped(reference: str) -> str:
    at = next((i for i in range(5, len(reference) - 1) if reference[i] != reference[i + 1]), None)
    if at is None:
        return "for music"
    return reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :]


def read_bank(world: World) -> None:
    """The operator imports a statement: of some last days, not whole, or of another account."""
    seen = world.sights.bank
    if not seen.bank.booked:
        return
    since = seen.lacking_since() - timedelta(days=world.chance.choice([0, 0, 3, 40]))
    version, fault = world.chance.choice(VERSIONS), world.chance.randrange(100)
    iban = OTHER_IBAN if fault < 5 else IBAN
    file, told = seen.bank.tell(since=since, version=version, iban=iban, leave_out=5 <= fault < 15)
    count = BankStatement.objects.count()
    before = seen.told
    if fault >= 15:
        seen.told = seen.told | seen.counted(told)
    outcome = world.perform(
        "import statement",
        lambda: [one.kept for one in import_statement(data=file, iban=IBAN, now=world.now)],
    )
    if fault < 15 or isinstance(outcome, Refused):
        assert BankStatement.objects.count() == count, "a statement was refused, and kept"
        assert not isinstance(outcome, list), "a statement that is not whole was taken"
        seen.told = before
    elif outcome is None:
        seen.told = before | seen.kept  # Killed: all of it is kept, or nothing.
    else:
        seen.check_told()


def decide(world: World) -> None:
    """The operator says whose an entry is, that it goes back, or that it is the store's own."""
    seen = world.sights.bank
    if not seen.waiting:
        return
    entry_id, otto = world.chance.choice(sorted(seen.waiting)), world.cast.otto.pk
    listener = _owner(world, entry_id)
    if listener is not None:
        email = Person.objects.get(pk=listener.id).email
        seen.asked[entry_id] = ("credited", listener.id)
        world.perform(
            "assign entry",
            lambda: assign_entry(
                entry_id=entry_id,
                email=email,
                voucher_class="multi-purpose",
                note="",
                decided_by=otto,
                now=world.now,
            ),
        )
        return
    is_returned = world.happens(50)
    seen.asked[entry_id] = ("returned" if is_returned else "ours", None)
    world.perform(
        "set entry aside",
        lambda: set_entry_aside(
            entry_id=entry_id, is_returned=is_returned, note="", decided_by=otto, now=world.now
        ),
    )


def _owner(world: World, entry_id: int) -> Listener | None:
    """Whom the operator takes an entry for: one of those it names, or anybody."""
    seen = world.sights.bank
    named = [seen.slips[one].listener for one in sorted(seen.waiting[entry_id].slips)]
    chosen = world.chance.choice([*named, *world.chance.sample(world.listeners, 2)])
    is_known = chosen.currency == "EUR" or chosen.wallet in world.sights.expected.balances
    return chosen if is_known and world.happens(60) else None
