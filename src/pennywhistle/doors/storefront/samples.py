"""Sample page objects: what the living page at /style/ and the tests of the templates show.

Everything in here is made up, and nothing in here is for sale.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from pennywhistle.doors.storefront import pages
from pennywhistle.doors.storefront.library_pages import (
    BrokenPage,
    Choice,
    LibraryPage,
    OwnedBundle,
    OwnedRelease,
    OwnedTrack,
    ReportedFile,
)
from pennywhistle.doors.storefront.sample_receipts import (
    BUSINESS,
    COUNTRY,
    COUNTRY_IN_DOUBT,
    NO_BUSINESS,
    RECEIPT,
    RECEIPT_UNNUMBERED,
    SEALS,
    SEALS_NO_MORE,
    SEALS_NONE,
)
from pennywhistle.doors.storefront.samples_of_choice import (
    CHOOSER,
    HEAR,
    HEAR_NO_DIFFERENCE,
    sample_peaks,
)
from pennywhistle.doors.storefront.samples_of_giving import GIVING_PAGES
from pennywhistle.doors.storefront.till_pages import TillLine
from pennywhistle.kit.money import Money
from pennywhistle.look.frame import Frame, LicenceLine

_NOW = datetime(2026, 11, 24, 18, 30, tzinfo=UTC)


def _euro(text: str) -> Money:
    return Money.parse(text, "EUR")


LICENCES = (
    LicenceLine("Lantern Row Records", "recordings", "LRR-2026-01"),
    LicenceLine("Meridian Performing & Mechanical Society", "songs", "MPM/DL/2026/118"),
)

VISITOR = Frame(
    name="Pennywhistle",
    operator="Pennywhistle Demo Shop, 4 Harbour Steps, Galway",
    country="DE",
    licences=LICENCES,
)

LISTENER = Frame(
    name="Pennywhistle",
    operator="Pennywhistle Demo Shop, 4 Harbour Steps, Galway",
    country="DE",
    basket_count=3,
    listener="nora@example.org",
    balance=_euro("5.00"),
    licences=LICENCES,
    query="",
)

CARDS = (
    pages.ReleaseCard(
        "Low Tide Airs", "/release/low-tide-airs/", "Maeve Quill", "/artist/maeve-quill/",
        year="2026", song_price=_euro("0.06"),
    ),
    pages.ReleaseCard(
        "The Lamplighter's Set", "/release/the-lamplighters-set/", "Tallow & Reed",
        "/artist/tallow-and-reed/", year="2025", song_price=_euro("0.09"),
    ),
    pages.ReleaseCard(
        "Slow Roads", "/release/slow-roads/", "Ansel Birch", "/artist/ansel-birch/", year="2026",
        note="Not sold in France",
    ),
    pages.ReleaseCard(
        "Winter Reels", "/release/winter-reels/", "Maeve Quill", "/artist/maeve-quill/",
        year="2024", song_price=_euro("0.08"),
    ),
)  # fmt: skip

ARTISTS = (
    pages.ArtistLink("Maeve Quill", "/artist/maeve-quill/"),
    pages.ArtistLink("Tallow & Reed", "/artist/tallow-and-reed/"),
    pages.ArtistLink("Ansel Birch", "/artist/ansel-birch/"),
)

SPLIT = pages.PennySplit(
    price=_euro("0.10"),
    parts=(
        pages.PennyPart("Tax", _euro("0.015966"), "Germany"),
        pages.PennyPart("Who wrote it", _euro("0.012605"), "through their society"),
        pages.PennyPart("Who recorded it", _euro("0.054622"), "artist and label"),
        pages.PennyPart("The shop", _euro("0.016807")),
    ),
    coin_micros=10_000,
)

HOME = pages.HomePage(
    front=CARDS[0],
    releases=CARDS,
    artists=ARTISTS,
    price_per_mb=_euro("0.02"),
    split=SPLIT,
)

ARTIST = pages.ArtistPage(name="Maeve Quill", releases=(CARDS[0], CARDS[3]))

TRACKS = (
    pages.TrackRow(
        "t1", 1, "Swallowtail Jig", 187_000, sample_peaks(1), "for_sale",
        preview_url="/preview/t1.mp3", size_bytes=4_488_000, price=_euro("0.09"),
        treatment="The recording is 24-bit/96 kHz. As MP3 192 it is resampled to 48 kHz.",
        compare_url="/hear/1/?recipe=mp3-192", list_price=_euro("0.12"),
        reductions=("Your discount of 25%: −€0.03",),
    ),
    pages.TrackRow(
        "t2", 2, "The Sally Gardens, with the Long Way Home Played Twice", 142_000,
        sample_peaks(2), "in_basket", preview_url="/preview/t2.mp3", size_bytes=3_408_000,
        price=_euro("0.07"),
    ),
    pages.TrackRow(
        "t3", 3, "Drowsy Maggie", 93_400, sample_peaks(3), "owned",
        preview_url="/preview/t3.mp3", artist_name="Maeve Quill & Ansel Birch",
        artist_url="/artist/ansel-birch/", size_bytes=2_241_000, price=_euro("0.04"),
    ),
    pages.TrackRow(
        "t4", 4, "Southwind", 121_000, sample_peaks(4), "not_sold",
        reason="Not sold in Germany: no licence covers it there.",
    ),
    pages.TrackRow(
        "t5", 5, "King of the Fairies", 168_500, sample_peaks(5), "for_sale",
        preview_url="/preview/t5.mp3", size_bytes=4_044_000, size_is_exact=False,
        price=_euro("0.08"), named=pages.NamedPrice(_euro("0.08"), "0.50"),
    ),
)  # fmt: skip

RELEASE = pages.ReleasePage(
    title="Low Tide Airs",
    url="/release/low-tide-airs/",
    artist_name="Maeve Quill",
    artist_url="/artist/maeve-quill/",
    cover_url="",
    label_name="Lantern Row Records",
    genre="Folk",
    released_on=date(2026, 3, 6),
    p_line="2026 Lantern Row Records",
    c_line="2026 Lantern Row Records",
    upc="0200000000017",
    duration_ms=711_900,
    recipe_code="mp3-192",
    recipe_title="MP3 192",
    chooser=CHOOSER,
    tracks=TRACKS,
    whole=pages.WholeRelease(
        "r1", "for_sale", 4, size_bytes=14_181_000, size_is_exact=False, price=_euro("0.25"),
        list_price=_euro("0.31"), reductions=("Bought whole: −€0.06",),
    ),
)  # fmt: skip

RELEASE_ELSEWHERE = pages.ReleasePage(
    title="Slow Roads",
    url="/release/slow-roads/",
    artist_name="Ansel Birch",
    artist_url="/artist/ansel-birch/",
    cover_url="/covers/slow-roads-600.jpg",
    label_name="",
    genre="",
    released_on=None,
    p_line="",
    c_line="",
    upc="",
    duration_ms=121_000,
    recipe_code="mp3-192",
    recipe_title="MP3 192",
    chooser=None,
    tracks=(TRACKS[3],),
    whole=pages.WholeRelease(
        "r2", "not_sold", 0, reason="Slow Roads is not sold in France: no licence covers it there."
    ),
    needs_country=True,
)

SEARCH = pages.SearchPage(
    query="quill",
    artists=ARTISTS[:1],
    releases=CARDS[:2],
    tracks=(
        pages.FoundTrack(
            "Swallowtail Jig",
            "Maeve Quill",
            "Low Tide Airs",
            "/release/low-tide-airs/",
            187_000,
            preview_url="/preview/1/",
            strokes_url="/strokes/1.svg",
            recipe_title="MP3 192",
            price=_euro("0.09"),
        ),
    ),
)

BASKET = pages.BasketPage(
    lines=(
        pages.BasketLine(
            "track", "t1", "Swallowtail Jig", "Maeve Quill", "/release/low-tide-airs/", "mp3-192",
            "MP3 192", size_bytes=4_488_000, price=_euro("0.09"), list_price=_euro("0.12"),
            reductions=("Code SPRING: −€0.03",),
        ),
        pages.BasketLine(
            "release", "r3", "The Lamplighter's Set", "Tallow & Reed",
            "/release/the-lamplighters-set/", "flac", "FLAC", track_count=5,
            size_bytes=98_214_112, price=_euro("1.96"),
        ),
        pages.BasketLine(
            "track", "t4", "Southwind", "Maeve Quill", "/release/low-tide-airs/", "mp3-v0",
            "MP3 V0", size_is_exact=False,
            trouble="Not sold in Germany any more. Remove it to go on.",
        ),
    ),
    total=_euro("2.05"),
    is_ready=False,
    promotion_code="SPRING",
    promotion_lowers=True,
)  # fmt: skip

CHECKOUT = pages.CheckoutPage(
    quote_id="0190f3c2-7a10-7000-8000-000000000001",
    lines=(
        TillLine("Swallowtail Jig", "Maeve Quill", "MP3 192", 4_488_000, True, _euro("0.09")),
        TillLine(
            "The Lamplighter's Set: Harvest Home", "Tallow & Reed", "MP3 V0", 5_210_000, False,
            _euro("0.10"),
        ),
    ),
    total=_euro("0.19"),
    tax=_euro("0.03"),
    tax_name="Included: 19% VAT",
    country="DE",
    expires_at=_NOW,
    balance=_euro("5.00"),
    short_by=None,
    waiver_version="2026-11",
    waiver="I want my download to begin at once, and I know that I can then no longer withdraw.",
)  # fmt: skip

WALLET = pages.WalletPage(
    balance=_euro("4.81"),
    movements=(
        pages.WalletMovement(_NOW, "Two songs", _euro("-0.19"), "/receipt/2026-000001/"),
        pages.WalletMovement(_NOW, "Voucher", _euro("5.00")),
    ),
    top_ups=(
        pages.PendingTopUp("p1", _NOW, _euro("10.00"), "pending", "The bank has not answered yet."),
        pages.PendingTopUp(
            "p2", _NOW, _euro("5.00"), "declined", "The card has too little on it. Try another."
        ),
    ),
    amounts=(_euro("5.00"), _euro("10.00"), _euro("20.00")),
    top_up_id="0190f3c2-7a10-7000-8000-000000000002",
    ways=(
        pages.WayToPay(
            "stripe",
            bonus_text="The shop adds 2% to what you pay in.",
            trouble="There is not enough money on the card.",
            cards=(pages.KeptCardRow(1, "Visa ending in 4242, good until 04/2029"),),
            script_url="https://js.stripe.com/v3/",
            public_key="pk_test",
        ),
        pages.WayToPay(
            "sandbox",
            test_cards=(
                pages.TestCard("4242 4242 4242 4242", "pays at once"),
                pages.TestCard("4000 0000 0000 0002", "is declined"),
                pages.TestCard("4000 0000 0000 0077", "pays after a while"),
            ),
        ),
    ),
    is_out_of_order=True,
    voucher_code="K7QM-2D9X",
    voucher_trouble="A voucher has sixteen letters and digits; this one has eight.",
)

LIBRARY = LibraryPage(
    releases=(
        OwnedRelease(
            "Low Tide Airs", "/release/low-tide-airs/", "Maeve Quill", "",
            (
                OwnedBundle(
                    "MP3 192", 7_896_000, True,
                    (
                        OwnedTrack("Swallowtail Jig", 4_488_000, True, "/download/1/", "/receipt/1/", "/library/broken/1/"),
                        OwnedTrack("The Sally Gardens", 3_408_000, True, "/download/3/", "/receipt/1/", "/library/broken/3/"),
                    ),
                    "/download/1/mp3-192.zip",
                ),
                OwnedBundle(
                    "FLAC", 9_100_000, True,
                    (
                        OwnedTrack(
                            "Drowsy Maggie", 9_100_000, True, "/download/2/", "/receipt/1/", "/library/broken/2/",
                            "ab" * 32, "cd" * 32, _NOW,
                        ),
                    ),
                ),
            ),
        ),
    ),
    track_count=3,
    reports=(
        ReportedFile(
            "The Kesh", "MP3 192", _NOW, "€0.13 is back in your wallet.", _euro("0.13"),
            "The master was damaged. It is mended.",
        ),
        ReportedFile("Morrison’s", "FLAC", _NOW, "The shop is looking at it."),
    ),
)  # fmt: skip

BROKEN = BrokenPage(
    "Swallowtail Jig", "MP3 192", _euro("0.13"), "/library/broken/1/",
    (Choice("will-not-open", "It will not open or play"), Choice("noise", "It crackles", True)),
    "At 1:20 it crackles.", 500,
)  # fmt: skip

TROUBLE = pages.TroublePage(
    title="This page is not here",
    text="The address may be mistyped, or what was here has been taken off the shelves.",
    link="To the shop's front",
    link_url="/",
)

EMPTY_HOME = pages.HomePage(front=None, releases=(), artists=(), price_per_mb=None)
EMPTY_SEARCH = pages.SearchPage(query="zzz")
EMPTY_BASKET = pages.BasketPage(lines=(), total=None, is_ready=False)
EMPTY_LIBRARY = LibraryPage(releases=(), track_count=0)
EMPTY_WALLET = pages.WalletPage(
    balance=Money.zero("EUR"),
    movements=(),
    top_ups=(),
    amounts=(),
    top_up_id="0190f3c2-7a10-7000-8000-000000000003",
    quote_id="0190f3c2-7a10-7000-8000-000000000001",
    amount_wanted=_euro("0.19"),
)

ANSWER = pages.AnswerPage("0190f3c2-7a10-7000-8000-000000000004", _euro("10.00"))

# Every page that has a template, with every state that changes its shape.
PAGES: tuple[tuple[str, object], ...] = (
    *GIVING_PAGES,
    ("home", HOME),
    ("home", EMPTY_HOME),
    ("artist", ARTIST),
    ("artist", pages.ArtistPage("Nobody Yet", ())),
    ("release", RELEASE),
    ("release", RELEASE_ELSEWHERE),
    ("hear", HEAR),
    ("hear", HEAR_NO_DIFFERENCE),
    ("search", SEARCH),
    ("search", EMPTY_SEARCH),
    ("search", pages.SearchPage(query="")),
    ("basket", BASKET),
    ("basket", EMPTY_BASKET),
    ("basket", pages.BasketPage(BASKET.lines[:2], _euro("2.05"), is_ready=True)),
    ("basket", pages.BasketPage(BASKET.lines, None, is_ready=False, needs_country=True)),
    ("checkout", CHECKOUT),
    ("wallet", WALLET),
    ("wallet", EMPTY_WALLET),
    ("answer", ANSWER),
    ("library", LIBRARY),
    ("library", EMPTY_LIBRARY),
    ("broken", BROKEN),
    ("broken", replace(BROKEN, trouble="Choose what is wrong with the file.")),
    ("receipt", RECEIPT),
    ("receipt", RECEIPT_UNNUMBERED),
    ("seals", SEALS),
    ("seals", SEALS_NONE),
    ("seals", SEALS_NO_MORE),
    ("country", COUNTRY),
    ("country", COUNTRY_IN_DOUBT),
    ("business", BUSINESS),
    ("business", NO_BUSINESS),
    ("trouble", TROUBLE),
)
