"""What the frame around every page shows: the shop's name, the visitor, the notice of licences."""

from __future__ import annotations

from dataclasses import dataclass

from pennywhistle.kit.money import Money

# In the session of who signed in as a member of a label: the masthead then leads to the desk.
HAS_DESK = "has_desk"


@dataclass(frozen=True, slots=True)
class LicenceLine:
    """One licence as the operator recorded it: who grants, for what, under which document."""

    licensor: str
    covers: str
    document_reference: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The values that `look/base.html` takes under the name `shop`.

    `listener` is None for a visitor who has not signed in, and so is `balance`. `country` is the
    alpha-2 code that prices and licences are told for, None where it cannot be told. `currencies`
    are those that the shop sells in; `currency_is_fixed` where the listener's wallet decides.
    """

    name: str
    operator: str = ""
    country: str | None = None
    basket_count: int = 0
    listener: str | None = None
    is_staff: bool = False
    balance: Money | None = None
    licences: tuple[LicenceLine, ...] = ()
    query: str = ""
    currency: str = ""
    currencies: tuple[str, ...] = ()
    currency_is_fixed: bool = False


BARE_FRAME = Frame(name="Pennywhistle")
