"""A track at its price, as offers and receipts show it."""

from __future__ import annotations

from dataclasses import dataclass

from pennywhistle.kit.money import Money


@dataclass(frozen=True, slots=True)
class TillLine:
    """One track of an offer, as it will be charged, or of a purchase, as it was.

    `list_price` is what it costs without the `reductions`, None where there are none. An offer tells
    the `treatment` that the recipe needs; a receipt the `licences` that it was sold under, and whether
    it was given back.
    """

    title: str
    by: str
    recipe_title: str
    size_bytes: int
    size_is_exact: bool
    price: Money
    list_price: Money | None = None
    reductions: tuple[str, ...] = ()
    treatment: str = ""
    licences: tuple[str, ...] = ()
    is_given_back: bool = False
