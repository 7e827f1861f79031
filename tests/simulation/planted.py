"""Bugs to plant: a simulation counts once it has been seen to find them.

    python -m tests.simulation.planted --steps 150 --seeds 1 2 3

plants one after the other and tells by which seed and step each is found. Most are found by seed 1
within 160 steps, as `make test` plays it. Seed 1 finds
"a discount by spending is forgotten", "an operator's answer gives nothing back" and "a gateway that is
well stays left out" within 300. Four have not been found yet, since what they need is rare: "a gateway
that is shut is offered", "what the bank takes back is credited", "a shut wallet buys" and "months of
statements end an hour late"; whether `make soak` is long enough for them has not been tried.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from unittest import mock

from pennywhistle.shop.sales.rules import check_quote_stands

# One year of one seed.
SECONDS_MOST = 1_800

FLOWS, SHOP = "pennywhistle.flows", "pennywhistle.shop"


@dataclass(frozen=True)
class Bug:
    """`wrong` is given what `module` knows as `name`, and answers what stands there instead."""

    module: str
    name: str
    wrong: Callable[[Any], Any]


def _nothing(_: Any) -> Any:
    return lambda *_, **__: None


def _always(value: object) -> Callable[[Any], Any]:
    return lambda _: lambda *_, **__: value


def _without(reason: str) -> Callable[[Any], Any]:
    """Transfers, but for those of a reason."""
    return lambda right: lambda **given: [t for t in right(**given) if t.reason != reason]


def _doubled(right: Any) -> Any:
    return lambda *, transfers: right(
        transfers=[replace(one, amount=one.amount + one.amount) for one in transfers]
    )


def _pending_is_succeeded(right: Any) -> Any:
    def wrong(*, charge: Any, **given: Any) -> Any:
        if charge.state == "pending":
            charge = replace(charge, state="succeeded")
        return right(charge=charge, **given)

    return wrong


def _rounded_down(right: Any) -> Any:
    """Prices by the megabyte lose what is above whole units of 10,000 micros."""

    def wrong(*, size_bytes: int, kind: Any, prices: Any) -> Any:
        price, rate = right(size_bytes=size_bytes, kind=kind, prices=prices), prices.rate_of(kind)
        whole = rate.micros * size_bytes // 1_000_000 // 10_000 * 10_000
        return (
            price
            if rate.currency == "JPY"
            else max(replace(price, micros=whole), prices.floor_per_track)
        )

    return wrong


def _later(right: Any) -> Any:
    """Months that begin and end an hour late."""

    def wrong(licensor: Any, currency: str, period: Any, now: Any) -> Any:
        hour = timedelta(hours=1)
        late = replace(period, starts_at=period.starts_at + hour, ends_at=period.ends_at + hour)
        return right(licensor, currency, late, now)

    return wrong


def _never_short(right: Any) -> Any:
    def wrong(**given: Any) -> Any:
        offer = right(**given)
        return offer and replace(offer, shortage=offer.shortage - offer.shortage)

    return wrong


def _whatever_its_licences(_: Any) -> Any:
    return lambda offer, now: check_quote_stands(expires_at=offer.expires_at, now=now)


def _finnish(right: Any) -> Any:
    """Finland's rate before September 2024."""

    def wrong(*, territory: str, **given: Any) -> Any:
        tax = right(territory=territory, **given)
        return replace(tax, percent=Decimal(24)) if territory == "FI" else tax

    return wrong


def _one_more(right: Any) -> Any:
    """Payouts forget what is on its way."""
    return lambda *, balance, on_the_way: right(balance=balance, on_the_way=on_the_way - on_the_way)


def _never_opens(_: Any) -> Any:
    return lambda *, circuit, **_: circuit


def _statement_in_the_key(right: Any) -> Any:
    """Entries are told apart by how many stand around them, so that overlapping ones are new."""
    return lambda *, iban, entries: right(iban=f"{iban}{len(entries)}", entries=entries)


def _reversals_too(right: Any) -> Any:
    return lambda *, entry: right(entry=replace(entry, is_reversal=False))


def _no_transaction(right: Any) -> Any:
    return SimpleNamespace(atomic=lambda *_, **__: nullcontext(), on_commit=right.on_commit)


def _first_only(right: Any) -> Any:
    """One of the reversals of a sale is left out."""
    return lambda *, posted, refunded_at: right(posted=posted[:-1], refunded_at=refunded_at)


BUGS = {
    "a code is worth twice what it says": Bug(
        f"{SHOP}.payments.codes.operations", "post_due", _doubled
    ),
    "a bonus is promised and not posted": Bug(
        f"{SHOP}.payments.top_ups.operations", "top_up_transfers", _without("bonus")
    ),
    "a gateway's fee is not posted": Bug(
        f"{SHOP}.payments.top_ups.operations", "top_up_transfers", _without("fee")
    ),
    "money is credited before the gateway has it": Bug(
        f"{FLOWS}.top_up_wallet", "record_charge", _pending_is_succeeded
    ),
    "the name of a charge is not kept": Bug(
        f"{SHOP}.payments.top_ups.operations", "keep_handle", _always(True)
    ),
    "an offer is taken though its licence has ended": Bug(
        f"{FLOWS}.buy_basket", "_check_stands", _whatever_its_licences
    ),
    "an offer is taken though it is old": Bug(
        f"{FLOWS}.buy_basket", "check_quote_stands", _nothing
    ),
    "a sale is not one transaction": Bug(f"{FLOWS}.buy_basket", "transaction", _no_transaction),
    "a code is used more often than it may be": Bug(
        f"{FLOWS}.buy_basket", "use_promotion", _nothing
    ),
    "a shut wallet buys": Bug(f"{FLOWS}.buy_basket", "hold_offer", _never_short),
    "a refund leaves one transfer standing": Bug(
        f"{FLOWS}.refund_purchase", "refund_transfers", _first_only
    ),
    "what was given back stays in the library": Bug(
        f"{FLOWS}.refund_purchase", "remove_items", _nothing
    ),
    "an operator's answer gives nothing back": Bug(f"{FLOWS}.answer_report", "give_back", _nothing),
    "reports are believed without limit": Bug(
        f"{FLOWS}.report_bad_file", "find_hindrance", _nothing
    ),
    "a dispute costs no fee": Bug(
        f"{SHOP}.payments.going_back.operations", "dispute_transfers", _without("fee")
    ),
    "a bank statement read twice is credited twice": Bug(
        f"{SHOP}.payments.banking.operations", "entry_keys", _statement_in_the_key
    ),
    "what the bank takes back is credited": Bug(
        f"{SHOP}.payments.banking.operations", "references_of", _reversals_too
    ),
    "a payout forgets those on their way": Bug(
        f"{SHOP}.royalties.payout_operations", "payable_now", _one_more
    ),
    "months of statements end an hour late": Bug(f"{FLOWS}.issue_statement", "_issue", _later),
    "Finland's tax is that of last year": Bug(f"{FLOWS}.know_buyer", "tax_of", _finnish),
    "a price is rounded down": Bug(f"{SHOP}.pricing.queries", "price_of", _rounded_down),
    "a discount by spending is forgotten": Bug(
        f"{FLOWS}.know_buyer", "get_spent", lambda right: lambda **g: right(**g) - right(**g)
    ),
    "a code of another currency opens a second wallet": Bug(
        f"{FLOWS}.redeem_voucher", "find_wallet_currency", _nothing
    ),
    "a gateway that is shut is offered": Bug(
        f"{FLOWS}.watch_gateways", "after_failure", _never_opens
    ),
    "a gateway that is well stays left out": Bug(
        f"{FLOWS}.watch_gateways", "after_success", _never_opens
    ),
    "a clock that is months ahead seals today": Bug(
        f"{FLOWS}.seal_books", "_check_quiet", _nothing
    ),
    "receipts wait for ever": Bug(f"{FLOWS}.issue_paper", "_issue_each", _nothing),
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """The bug of that name stands in the store meanwhile, in processes that are forked then too."""
    bug = BUGS[name]
    module = import_module(bug.module)
    with mock.patch.object(module, bug.name, bug.wrong(getattr(module, bug.name))):
        yield


def _command(name: str, seed: int, steps: int) -> list[str]:
    asked = {"--seed": seed, "--steps": steps, "--people": 10, "--days": 70}
    words = [str(word) for pair in asked.items() for word in pair]
    return [sys.executable, "-m", "tests.simulation", *words, "--planted", name]


def main() -> None:
    """Plant each, and say by which seed it is found."""
    asked = argparse.ArgumentParser(prog="python -m tests.simulation.planted")
    asked.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    asked.add_argument("--steps", type=int, default=150)
    asked.add_argument("names", nargs="*", default=sorted(BUGS))
    chosen = asked.parse_args()
    for name in chosen.names:
        for seed in chosen.seeds:
            command = _command(name, seed, chosen.steps)
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS_MOST, check=False
            )
            found = [line for line in done.stderr.splitlines() if "YearError: " in line]
            if found:
                print(f"found by seed {seed}: {name}: {found[-1].split('YearError: ')[1]}")
                break
        else:
            print(f"NOT FOUND: {name}")


if __name__ == "__main__":
    main()
