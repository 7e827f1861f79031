"""Where the money of a purchase went, told by the ledger's own transfers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from pennywhistle.kit.money import Money
from pennywhistle.shop.ledger.queries import list_transfers_of
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.licensing.queries import LicensorFacts, list_licensors_by_id
from pennywhistle.shop.licensing.rules import Right


class ShareKind(StrEnum):
    """What a share of a price is for."""

    RECORDING = "recording"
    WORK = "work"
    TAX = "tax"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Entry:
    """One transfer: where in the books a share stands."""

    key: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Share:
    """One party's share of a purchase.

    `name` is the licensor's name, the country that the tax is owed to, or empty for the store;
    `licensor_kind` is empty for whom is none. The store's share is what the entries leave of the
    price, and its entries are those by which the price came in.
    """

    kind: ShareKind
    name: str
    licensor_kind: str
    amount: Money
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Pennies:
    """A purchase divided: the shares sum to `total` exactly, in the order of `ShareKind`."""

    total: Money
    shares: tuple[Share, ...]


def find_pennies(*, documents: Collection[str]) -> Pennies | None:
    """How the sales filed under these documents divided; None where nothing was posted for them.

    Two queries.
    """
    posted = [row.facts for row in list_transfers_of(documents=documents)]
    paid_in = [transfer for transfer in posted if transfer.reason == "sale"]
    if not paid_in:
        return None
    onward: dict[tuple[ShareKind, str], list[TransferFacts]] = {}
    for transfer in posted:
        if transfer.reason != "sale":
            onward.setdefault(_party(transfer), []).append(transfer)
    licensors = list_licensors_by_id(
        licensor_ids={int(name) for kind, name in onward if kind in _RIGHTS.values()}
    )
    shares = [_share(kind, name, legs, licensors) for (kind, name), legs in onward.items()]
    total = _sum(paid_in)
    kept = total - Money.total((share.amount for share in shares), total.currency)
    shares.append(Share(ShareKind.STORE, "", "", kept, _entries(paid_in)))
    order = list(ShareKind)
    shares.sort(key=lambda share: (order.index(share.kind), -share.amount.micros, share.name))
    return Pennies(total, tuple(shares))


_RIGHTS = {Right.RECORDING.value: ShareKind.RECORDING, Right.WORK.value: ShareKind.WORK}


def _party(transfer: TransferFacts) -> tuple[ShareKind, str]:
    """What a transfer out of the receipts is for, and to which country or licensor (by its id)."""
    name = transfer.credit.split("/")[1]
    if transfer.reason == "tax":
        return ShareKind.TAX, name
    return _RIGHTS[transfer.key.rsplit("/", 1)[1]], name


def _share(
    kind: ShareKind, name: str, legs: list[TransferFacts], licensors: dict[int, LicensorFacts]
) -> Share:
    if kind is ShareKind.TAX:
        return Share(kind, name, "", _sum(legs), _entries(legs))
    licensor = licensors[int(name)]
    return Share(kind, licensor.name, licensor.kind, _sum(legs), _entries(legs))


def _sum(legs: list[TransferFacts]) -> Money:
    return Money.total((leg.amount for leg in legs), legs[0].amount.currency)


def _entries(legs: list[TransferFacts]) -> tuple[Entry, ...]:
    return tuple(Entry(leg.key, leg.amount) for leg in legs)
