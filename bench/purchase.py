"""Purchases a second through the flow, over the same rows as bare SQL; and 64 buyers at once.

On SQLite one till sells, on PostgreSQL eight side by side, one song to a purchase. Tills and bare
SQL take turns within one run. The crowd is 64 buyers before two server processes, each with a wallet
of its own, buying one song after another without a pause: as in the server, they wait for one of its
page threads, which are in use already, and the wait counts.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from typing import TYPE_CHECKING
from uuid import UUID

from bench.figure import Figure, at_least, at_most, not_measured
from bench.shops import (
    RUN_SECONDS_MAX,
    Begin,
    Sale,
    Shift,
    Tills,
    copy_database,
    deal,
    measure_in_child,
    middle,
    open_shop,
    rows_of,
    server_of_bench,
    timed,
    write_bare,
)

if TYPE_CHECKING:
    from tests.cast import Cast

ROUNDS = 6
SALES_PER_ROUND = 64
TILLS = {"sqlite": 1, "postgresql": 8}
RATIO_LEAST = 0.25

BUYERS = 64
CROWDS = 3
SERVERS = 2
SONGS_OF_A_BUYER = 8  # And one before, which warms the threads up.
P99_MS_MOST = 250
CROWD_READY_SECONDS = 8

RECIPES = ("mp3-128", "mp3-192", "mp3-256", "mp3-320", "opus-128", "flac", "wav", "alac")

_QUOTE_ROWS = (
    ("sales_quote", "id = %(quote)s"),
    ("sales_quoteline", "quote_id = %(quote)s"),
)
_LINES = "SELECT id FROM sales_saleline WHERE document LIKE %(documents)s"
_PURCHASE_ROWS = (
    ("sales_purchase", "quote_id = %(quote)s"),
    ("sales_saleline", "document LIKE %(documents)s"),
    ("ledger_transfer", "document LIKE %(documents)s"),
    ("royalties_accrual", f"sale_line_id IN ({_LINES})"),
    ("library_owneditem", f"sale_line_id IN ({_LINES})"),
)

Offered = tuple[UUID, int]  # A quote, and whose it is.
Wanted = tuple[int, int, str]  # A person, a track, a recipe.


def run() -> Iterator[Figure]:
    """On SQLite, and on PostgreSQL where a server is named."""
    for database, server in (("sqlite", ""), ("postgresql", server_of_bench())):
        if database == "postgresql" and not server:
            yield not_measured(
                "purchase_bought_over_sql_postgresql",
                f"≥ {RATIO_LEAST}",
                "× the rate",
                "PENNYWHISTLE_TEST_DATABASE_URL names no server",
            )
            return
        yield from _figures(database, measure_in_child("bench.purchase", server))


def _figures(database: str, measured: dict[str, list[float]]) -> Iterator[Figure]:
    tills = TILLS[database]
    bare = middle(measured["bare"])
    against = (
        f"the same {middle(measured['rows']):.0f} rows in bare SQL, guards and indexes included, "
        f"{tills} at once, each purchase on the disk: {bare:.0f} a second"
    )
    bought = middle(measured["bought"])
    yield at_least(f"purchase_bought_{database}", bought, None, "purchases/s", against)
    yield at_least(
        f"purchase_bought_over_sql_{database}",
        middle([a / b for a, b in zip(measured["bought"], measured["bare"], strict=True)]),
        RATIO_LEAST,
        "× the rate",
        against,
    )
    both = middle(measured["both"])
    yield at_least(
        f"purchase_quoted_and_bought_{database}",
        both,
        None,
        "purchases/s",
        f"with the quote, and its rows bare in a transaction of their own: "
        f"{middle(measured['bare_both']):.0f} a second",
    )
    waited = (
        f"{BUYERS} buyers at once, who wait for the page threads of {SERVERS} server processes: "
        f"{middle(measured['crowd_rate']):.0f} purchases/s, "
        f"p50 {middle(measured['crowd_p50_ms']):.1f} ms; the median of {CROWDS} crowds"
    )
    for name, goal in (("p99", P99_MS_MOST), ("longest", None)):
        value = middle(measured[f"crowd_{name}_ms"])
        yield at_most(f"purchase_crowd_{name}_{database}", value, goal, "ms", waited)


def _measure() -> dict[str, list[float]]:
    open_shop()
    from django.db import connection

    from tests.cast import assemble

    cast, tills = assemble(), TILLS[connection.vendor]
    wanted = product(_people(), cast.track_ids, RECIPES)
    rounds = [[next(wanted) for _ in range(SALES_PER_ROUND)] for _ in range(ROUNDS + 1)]
    _open_accounts(cast)
    copy = copy_database()
    measured: dict[str, list[float]] = {
        name: [] for name in ("bought", "bare", "both", "bare_both", "rows")
    }
    with Tills(tills) as open_tills:
        for number, part in enumerate(rounds):
            measures = _round(open_tills, tills, part, copy)
            if number:  # The first one warms everything up.
                for name, value in measures.items():
                    measured[name].append(value)
    crowds = [_crowd() for _ in range(CROWDS)]
    measured["crowd_rate"] = [crowd.rate for crowd in crowds]
    for name, share in (("p50", 0.5), ("p99", 0.99), ("longest", 1.0)):
        measured[f"crowd_{name}_ms"] = [crowd.percentile(share) for crowd in crowds]
    return measured


def _people() -> list[int]:
    """The ids of people with a hundred euros each; nobody signs in, so nobody has a password."""
    from pennywhistle.shop.accounts.models import Person
    from tests.cast import fill_wallet

    emails = [f"buyer{number}@example.org" for number in range(BUYERS)]
    Person.objects.bulk_create([Person(email=email, country="DE") for email in emails])
    people = list(Person.objects.filter(email__in=emails).order_by("pk"))
    for person in people:
        fill_wallet(person, "100.00")
    return [person.pk for person in people]


def _open_accounts(cast: Cast) -> None:
    """Every account that a sale moves money through, by a sale."""
    from tests.cast import fill_wallet

    fill_wallet(cast.alice, "100.00")
    _buy(_quote((cast.alice.pk, cast.track_ids[0], RECIPES[0])))


def _round(open_tills: Tills, tills: int, wanted: list[Wanted], copy: str) -> dict[str, float]:
    hands = deal(wanted, tills)
    quoted = open_tills.work(_quote_all, hands)
    offers = [[_last_offer(each) for each in hand] for hand in hands]
    bought = open_tills.work(_buy_all, offers)
    quotes = [[_rows(offer, _QUOTE_ROWS) for offer in hand] for hand in offers]
    bare_quoted = open_tills.work(write_bare, [(copy, hand) for hand in quotes])
    sales = [[_rows(offer, _PURCHASE_ROWS) for offer in hand] for hand in offers]
    bare = open_tills.work(write_bare, [(copy, hand) for hand in sales])
    return {
        "bought": bought.rate,
        "bare": bare.rate,
        "both": 1 / (1 / quoted.rate + 1 / bought.rate),
        "bare_both": 1 / (1 / bare_quoted.rate + 1 / bare.rate),
        "rows": middle([len(sale) for hand in sales for sale in hand]),
    }


def _rows(offer: Offered, wanted: tuple[tuple[str, str], ...]) -> Sale:
    from django.db import connection

    quote_id = offer[0]
    stored = str(quote_id) if connection.vendor == "postgresql" else quote_id.hex
    return rows_of(wanted, {"quote": stored, "documents": f"sale/{quote_id}/%"})


def _last_offer(wanted: Wanted) -> Offered:
    from pennywhistle.shop.sales.models import QuoteLine

    person_id, track_id, recipe = wanted
    lines = QuoteLine.objects.filter(quote__person_id=person_id, track_id=track_id, recipe=recipe)
    return lines.latest("id").quote_id, person_id


def _quote_all(part: list[Wanted], begin: Begin) -> list[float]:
    return timed([partial(_quote, each) for each in part], begin)


def _buy_all(part: list[Offered], begin: Begin) -> list[float]:
    return timed([partial(_buy, each) for each in part], begin)


def _quote(wanted: Wanted) -> Offered:
    from pennywhistle.flows.quote_basket import BasketItem, quote_basket
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.kit.ids import new_id
    from tests.cast import GERMANY

    person_id, track_id, recipe = wanted
    offer = quote_basket(
        quote_id=new_id(now=utc_now()),
        person_id=person_id,
        items=[BasketItem("track", track_id, recipe)],
        domain="testserver",
        evidence=GERMANY,
        now=utc_now(),
    )
    return offer.id, person_id


def _buy(offer: Offered) -> None:
    from pennywhistle.flows.buy_basket import buy_basket
    from pennywhistle.kit.clock import utc_now

    buy_basket(quote_id=offer[0], person_id=offer[1], now=utc_now())


def _crowd() -> Shift:
    """The crowd buys the songs that the rounds left over."""
    from pennywhistle.shop.accounts.models import Person
    from pennywhistle.shop.catalogue.models import Track
    from pennywhistle.shop.library.models import OwnedItem
    from tests.cast import fill_wallet

    fresh = [Person(email=f"{uuid.uuid4().hex}@example.org", country="DE") for _ in range(BUYERS)]
    Person.objects.bulk_create(fresh)
    people = list(Person.objects.order_by("-pk")[:BUYERS])
    assert not OwnedItem.objects.filter(person__in=people).exists()
    track_ids = Track.objects.order_by("pk").values_list("pk", flat=True)
    songs = list(product(track_ids, RECIPES))[: 1 + SONGS_OF_A_BUYER]
    for person in people:
        fill_wallet(person, "100.00")
    baskets = [[_quote((person.pk, *song)) for song in songs] for person in people]
    with Tills(SERVERS) as servers:
        return servers.work(_serve_side_by_side, deal(baskets, SERVERS), CROWD_READY_SECONDS)


def _serve_side_by_side(baskets: list[list[Offered]], begin: Begin) -> list[float]:
    """One server process: its buyers wait in a line for its page threads."""
    from pennywhistle.config.asgi import PAGE_THREADS

    with ThreadPoolExecutor(PAGE_THREADS) as pages, ThreadPoolExecutor(len(baskets)) as buyers:

        def ask(offer: Offered) -> None:
            pages.submit(_buy, offer).result(RUN_SECONDS_MAX)

        def buy(basket: list[Offered]) -> list[float]:
            ask(basket[0])
            return timed([partial(ask, offer) for offer in basket[1:]], begin)

        return [taken for each in buyers.map(buy, baskets) for taken in each]


if __name__ == "__main__":
    assert os.environ["DJANGO_SETTINGS_MODULE"]
    print(json.dumps(_measure()))
