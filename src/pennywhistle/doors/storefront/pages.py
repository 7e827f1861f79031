"""What each page of the shop takes: frozen objects of plain values, never rows of a table.

Money is money, sizes are bytes, lengths milliseconds, instants UTC; templates put them into the
reader's language. A `url` is a path on this site.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from pennywhistle.doors.storefront.choice_pages import Chooser
from pennywhistle.doors.storefront.till_pages import TillLine
from pennywhistle.kit.money import Money

TrackState = Literal["for_sale", "in_basket", "owned", "not_sold"]


@dataclass(frozen=True, slots=True)
class ReleaseCard:
    """A release on a shelf. `song_price` is its cheapest song now; `note` says why there is none."""

    title: str
    url: str
    artist_name: str
    artist_url: str
    cover_url: str = ""
    year: str = ""
    song_price: Money | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ArtistLink:
    """An artist's name and where it leads."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class PennyPart:
    """One share of a sale's price."""

    name: str
    amount: Money
    note: str = ""


@dataclass(frozen=True, slots=True)
class PennySplit:
    """How one price divides: the parts sum to `price`. `coin_micros` is one drawn coin."""

    price: Money
    parts: tuple[PennyPart, ...]
    coin_micros: int


@dataclass(frozen=True, slots=True)
class HomePage:
    """The shop window: `front` is the release that lies on the counter."""

    front: ReleaseCard | None
    releases: tuple[ReleaseCard, ...]
    artists: tuple[ArtistLink, ...]
    price_per_mb: Money | None
    split: PennySplit | None = None


@dataclass(frozen=True, slots=True)
class ArtistPage:
    """One artist and what they released."""

    name: str
    releases: tuple[ReleaseCard, ...]


@dataclass(frozen=True, slots=True)
class NamedPrice:
    """A price that the listener names: the least, and what stands in the field at first."""

    least: Money
    typed: str


@dataclass(frozen=True, slots=True)
class TrackRow:
    """A track in the recipe chosen. `peaks` are pairs of signed bytes; `reason` is for listeners.

    `artist_name` and `artist_url` are empty where they are the release's own; `treatment` says what
    the recipe does to this recording, where that is not said of all; `compare_url` is empty where
    nothing may be heard. `list_price` is what it costs without the `reductions`, None where there
    are none; `named` is set where the listener names the price.
    """

    id: str
    number: int
    title: str
    duration_ms: int
    peaks: bytes
    state: TrackState
    preview_url: str = ""
    strokes_url: str = ""
    artist_name: str = ""
    artist_url: str = ""
    size_bytes: int | None = None
    size_is_exact: bool = True
    price: Money | None = None
    list_price: Money | None = None
    reductions: tuple[str, ...] = ()
    named: NamedPrice | None = None
    reason: str = ""
    treatment: str = ""
    compare_url: str = ""


@dataclass(frozen=True, slots=True)
class WholeRelease:
    """The release as one purchase: what of it is for sale here and not yet owned.

    `list_price` is what its songs cost one by one, None where that is no more; `named` is set where
    the listener names the price.
    """

    id: str
    state: TrackState
    track_count: int
    size_bytes: int | None = None
    size_is_exact: bool = True
    price: Money | None = None
    list_price: Money | None = None
    reductions: tuple[str, ...] = ()
    named: NamedPrice | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """A release, with every price for the recipe chosen.

    `chooser` is None where nothing is sold; `treatment` says what the recipe does to every recording
    of it.
    """

    title: str
    url: str
    artist_name: str
    artist_url: str
    cover_url: str
    label_name: str
    genre: str
    released_on: date | None
    p_line: str
    c_line: str
    upc: str
    duration_ms: int
    recipe_code: str
    recipe_title: str
    chooser: Chooser | None
    tracks: tuple[TrackRow, ...]
    whole: WholeRelease
    treatment: str = ""
    needs_country: bool = False
    country_trouble: str = ""


@dataclass(frozen=True, slots=True)
class FoundTrack:
    """A track that a search found, and the release that it is on.

    `price` is for the recipe that `url` chooses, None where it is not sold here; `preview_url` and
    `strokes_url` are empty where it may not be heard.
    """

    title: str
    artist_name: str
    release_title: str
    url: str
    duration_ms: int
    cover_url: str = ""
    preview_url: str = ""
    strokes_url: str = ""
    recipe_title: str = ""
    price: Money | None = None


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What was looked for and what was found."""

    query: str
    artists: tuple[ArtistLink, ...] = ()
    releases: tuple[ReleaseCard, ...] = ()
    tracks: tuple[FoundTrack, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing was found."""
        return not (self.artists or self.releases or self.tracks)


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One thing in the basket, with what it adds to the lines above it.

    `list_price` is what it costs without the `reductions`, None where there are none; `is_named`
    where the listener named the price. `note` says why that is nothing; `trouble` why it cannot be
    bought as it is, and what to do; `treatments` what the recipe does to recordings that it cannot
    carry as they are.
    """

    kind: Literal["track", "release"]
    id: str
    title: str
    by: str
    url: str
    recipe_code: str
    recipe_title: str
    cover_url: str = ""
    track_count: int = 1
    size_bytes: int | None = None
    size_is_exact: bool = True
    price: Money | None = None
    list_price: Money | None = None
    reductions: tuple[str, ...] = ()
    is_named: bool = False
    note: str = ""
    trouble: str = ""
    treatments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BasketPage:
    """The basket with today's prices; the quote is made at the till. `promotion_code` is the code
    given, `promotion_trouble` why it does not hold; it may hold and lower nothing that is in it."""

    lines: tuple[BasketLine, ...]
    total: Money | None
    is_ready: bool
    needs_country: bool = False
    country_trouble: str = ""
    promotion_code: str = ""
    promotion_trouble: str = ""
    promotion_lowers: bool = False


@dataclass(frozen=True, slots=True)
class CheckoutPage:
    """A frozen quote and the wallet that is to pay it; `short_by` is what the wallet lacks.

    `waiver` are the words to be ticked before a download may begin, empty where none are asked.
    """

    quote_id: str
    lines: tuple[TillLine, ...]
    total: Money
    tax: Money
    tax_name: str
    country: str
    expires_at: datetime
    balance: Money
    short_by: Money | None
    waiver_version: str = ""
    waiver: str = ""


@dataclass(frozen=True, slots=True)
class WalletMovement:
    """One line of the wallet's book: positive came in, negative went out."""

    at: datetime
    text: str
    amount: Money
    url: str = ""


@dataclass(frozen=True, slots=True)
class PendingTopUp:
    """A top-up whose end is not known yet, or that came to nothing; `text` says which and why.
    `answer_url` is where the bank's question waits, empty where it asks none."""

    id: str
    at: datetime
    amount: Money
    state: Literal["pending", "declined"]
    text: str
    answer_url: str = ""


@dataclass(frozen=True, slots=True)
class TestCard:
    """A number of the sandbox gateway and what it does."""

    number: str
    does: str

    __test__ = False  # Not a test, whatever its name begins with.


@dataclass(frozen=True, slots=True)
class KeptCardRow:
    """A card that the gateway keeps for the listener: `text` is what they know it by."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class WayToPay:
    """One way to fill the wallet, drawn by `ways/<gateway>.html`. `bonus_text` says what the store
    adds, empty for nothing; `trouble` is what went wrong with the form that was sent.

    `cards` are kept ones. `script_url` and `public_key` open the counter where the browser hands a
    new card to the gateway, empty where it takes none so. `test_cards` are the sandbox's.
    """

    gateway: str
    bonus_text: str = ""
    trouble: str = ""
    cards: tuple[KeptCardRow, ...] = ()
    script_url: str = ""
    public_key: str = ""
    test_cards: tuple[TestCard, ...] = ()


@dataclass(frozen=True, slots=True)
class ShutWallet:
    """What is `missing` of a top-up that went back. `can_settle` where the wallet holds it, and no
    bank has still to decide; `most` is the largest top-up until then."""

    missing: Money
    most: Money
    can_settle: bool


@dataclass(frozen=True, slots=True)
class WalletPage:
    """The wallet. `ways` are in the order of preference; `is_out_of_order` where one is left out
    that does not answer.

    `top_up_id` names the top-up that a form would start, so that sending it twice charges once.
    `quote_id` is the offer that waits at the till, empty for none. `shut` where a top-up went back
    that was spent; `elsewhere` is what lies in wallets of other currencies.
    """

    balance: Money
    movements: tuple[WalletMovement, ...]
    top_ups: tuple[PendingTopUp, ...]
    amounts: tuple[Money, ...]
    top_up_id: str
    ways: tuple[WayToPay, ...] = ()
    is_out_of_order: bool = False
    trouble: str = ""
    voucher_code: str = ""
    voucher_trouble: str = ""
    quote_id: str = ""
    amount_wanted: Money | None = None
    shut: ShutWallet | None = None
    elsewhere: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerPage:
    """Where the listener answers the bank. The gateway's script does it with `client_secret`; where
    there is no `script_url`, the page has two buttons (the sandbox)."""

    top_up_id: str
    amount: Money
    quote_id: str = ""
    script_url: str = ""
    public_key: str = ""
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TroublePage:
    """A page that could not be shown: what happened, and what to do."""

    title: str
    text: str
    link: str
    link_url: str
