"""What the benches sell besides the demo: an album of twelve tracks of one length, and its buyer.

Its music is the demo's own, joined end to end, so that the encoders have something real to do.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

TRACKS = 12
# 29,988,000 bytes of WAV: the file of 30 MB that servers are compared with.
TRACK_SECONDS = 170
UPC = "0200000999995"
ARTIST, TITLE = "The Bench", "Twelve of a Length"
BUYER, WALLET = "bench@example.org", "60.00"
ALBUM_RECIPE = "mp3-192"
# What the first track is bought in besides, each of which streams.
MORE_RECIPES = ("mp3-v0", "opus-128", "vorbis-q6", "flac", "wav")
CACHED_RECIPE = "wav"
_COUNTRY = "IE"
_DECODE_SECONDS_MAX = 120


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in the buyer's library, and what it is made of.

    `head_bytes` stand before the music: tags, cover, and the Info frame of an MP3, which the encoder
    has no part in.
    """

    recipe: str
    master: Path
    address: str
    head_bytes: int


@dataclass(frozen=True, slots=True)
class Stock:
    """What the buyer owns of the album, in the order of its tracks, and the address of its ZIP."""

    album_address: str
    items: tuple[Item, ...]

    def of(self, recipe: str) -> list[Item]:
        """The tracks owned in a recipe."""
        return [item for item in self.items if item.recipe == recipe]


@cache
def stock_album(folder: Path) -> Stock:
    """The album in the store that Django is set up for, made and bought where it is not yet."""
    from pennywhistle.kit.clock import utc_now
    from pennywhistle.shop.catalogue.queries import find_release_by_upc, list_tracks_of_release

    now = utc_now()
    if (release := find_release_by_upc(upc=UPC)) is None or release.state == "draft":
        _take_in(folder / "album", now)
        release = find_release_by_upc(upc=UPC)
    assert release is not None
    tracks = [track.id for track in list_tracks_of_release(release_id=release.id)]
    person_id = _buyer(now)
    wanted = [(track, ALBUM_RECIPE) for track in tracks]
    _buy(person_id, wanted + [(tracks[0], recipe) for recipe in MORE_RECIPES], now)
    return Stock(_album_address(person_id, release.id, now), tuple(_items(person_id, now)))


def _album_address(person_id: int, release_id: int, now: datetime) -> str:
    from pennywhistle.flows.deliver_album import album_address

    return album_address(
        person_id=person_id,
        release_id=release_id,
        recipe=ALBUM_RECIPE,
        file_name="album.zip",
        now=now,
    )


def _take_in(folder: Path, now: datetime) -> None:
    from pennywhistle.flows.ingest_folder import ingest_folder
    from pennywhistle.flows.outfit import get_outfit
    from pennywhistle.flows.publish_release import publish_release

    outfit = get_outfit()
    _deliver(folder, sorted(outfit.masters.path(sha256=sha256) for sha256 in _demo_masters()))
    report = ingest_folder(
        folder=folder,
        label_name=None,
        masters=outfit.masters,
        covers=outfit.covers,
        working_folder=outfit.working_folder,
        on_progress=lambda progress: print(f"taking in {progress.name}", file=sys.stderr),
        now=now,
    )
    refused = [f"{file.name}: {file.remarks}" for file in report.files if file.track_id is None]
    if refused:
        raise RuntimeError(f"the bench's album was refused: {refused}")
    publish_release(name=UPC, now=now)
    shutil.rmtree(folder)


def _demo_masters() -> list[str]:
    from pennywhistle.demo.catalogue import RELEASES
    from pennywhistle.shop.catalogue.queries import find_release_by_upc, list_tracks_of_release

    stored = [found for one in RELEASES if (found := find_release_by_upc(upc=one.upc))]
    return [
        track.master.sha256
        for release in stored
        for track in list_tracks_of_release(release_id=release.id)
    ]


def _deliver(folder: Path, masters: list[Path]) -> None:
    """Write the album as its label would: tagged FLAC of 16 bits at 44.1 kHz, and a cover."""
    from pennywhistle.adapters.audio.write_master import write_flac_master
    from pennywhistle.adapters.tags.fields import Cover, TrackTags
    from pennywhistle.demo.catalogue import LANTERN_ROW, RELEASES
    from pennywhistle.demo.covers import draw_cover

    folder.mkdir(parents=True, exist_ok=True)
    cover = draw_cover(RELEASES[0].cover)
    (folder / "cover.jpg").write_bytes(cover)
    music = b"".join(map(_samples, masters))
    track_bytes = TRACK_SECONDS * 44_100 * 4
    for number in range(1, TRACKS + 1):
        start = (number - 1) * track_bytes % max(1, len(music) - track_bytes) // 4 * 4
        write_flac_master(
            path=folder / f"{number:02} Length {number}.flac",
            pcm=music[start : start + track_bytes],
            sample_rate_hz=44_100,
            channels=2,
            tags=TrackTags(
                title=f"Length {number}",
                artist=ARTIST,
                album=TITLE,
                album_artist=ARTIST,
                track_number=number,
                track_total=TRACKS,
                disc_number=1,
                disc_total=1,
                date="2026-11-01",
                genre="Folk",
                composer="Trad.",
                label=LANTERN_ROW,
                isrc=f"ZZPW02699{number:03}",
                upc=UPC,
                copyright="℗ 2026 The Bench",
                cover=Cover(cover, "image/jpeg"),
            ),
        )


def _samples(master: Path) -> bytes:
    from pennywhistle.adapters.audio.binary import ffmpeg_path

    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-i", str(master), "-map", "0:a"]
    command += ["-f", "s16le", "-ar", "44100", "-ac", "2", "pipe:1"]
    decoded = subprocess.run(
        command, stdout=subprocess.PIPE, timeout=_DECODE_SECONDS_MAX, check=True
    )
    return decoded.stdout


def _buyer(now: datetime) -> int:
    from pennywhistle.demo.catalogue import CURRENCY
    from pennywhistle.demo.seed import DOMAIN
    from pennywhistle.flows.issue_vouchers import issue_vouchers
    from pennywhistle.flows.redeem_voucher import redeem_voucher
    from pennywhistle.flows.sign_up import sign_up
    from pennywhistle.kit.ids import new_voucher_code
    from pennywhistle.kit.money import Money
    from pennywhistle.shop.accounts.queries import find_person
    from pennywhistle.shop.payments.queries import list_wallet_movements

    known = find_person(email=BUYER)
    password = new_voucher_code()
    person_id = known.pk if known else sign_up(email=BUYER, password=password, country=_COUNTRY)
    if not list_wallet_movements(person_id=person_id, currency=CURRENCY):
        code = new_voucher_code()
        amount = Money.parse(WALLET, CURRENCY)
        issue_vouchers(codes=[code], batch="bench", amount=amount, now=now)
        redeem_voucher(code=code, person_id=person_id, domain=DOMAIN, now=now)
    return person_id


def _buy(person_id: int, wanted: list[tuple[int, str]], now: datetime) -> None:
    """Buy what of `wanted`, tracks and recipes, is not owned yet."""
    from pennywhistle.demo.seed import DOMAIN
    from pennywhistle.flows.buy_basket import buy_basket
    from pennywhistle.flows.gather_evidence import gather_evidence
    from pennywhistle.flows.quote_basket import BasketItem, quote_basket
    from pennywhistle.kit.ids import new_id
    from pennywhistle.shop.library.queries import list_owned_pairs

    owned = list_owned_pairs(person_id=person_id, track_ids={track for track, _ in wanted})
    items = [BasketItem("track", *pair) for pair in wanted if pair not in owned]
    if not items:
        return
    evidence = gather_evidence(address="127.0.0.1", declared=_COUNTRY, local_country="")
    offer = quote_basket(
        quote_id=new_id(now=now),
        person_id=person_id,
        items=items,
        domain=DOMAIN,
        evidence=evidence,
        now=now,
    )
    buy_basket(quote_id=offer.id, person_id=person_id, now=now)


def _items(person_id: int, now: datetime) -> list[Item]:
    from pennywhistle.flows.deliver_rendition import download_address
    from pennywhistle.flows.encode_rendition import want_rendition
    from pennywhistle.flows.outfit import get_outfit
    from pennywhistle.shop.encoding.rules import get_recipe
    from pennywhistle.shop.library.queries import list_owned

    items = []
    owned = sorted(list_owned(person_id=person_id), key=lambda one: one.track.track_number)
    for one in owned:
        recipe = get_recipe(code=one.recipe)
        order = want_rendition(track=one.track, recipe=recipe, outfit=get_outfit()).order
        rate_hz = one.track.master.sample_rate_hz
        info = 144_000 * order.info_kbps // rate_hz if recipe.extension == "mp3" else 0
        address = download_address(item_id=one.id, file_name=f"song.{recipe.extension}", now=now)
        items.append(Item(one.recipe, order.source, address, len(order.tag_block) + info))
    return items
