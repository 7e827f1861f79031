"""An album that Alice owns, with a recording under each of its tracks, a cover and a booklet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_django import Settings

from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.deliver_album import Album, album_address, album_name_of, deliver_album
from pennywhistle.flows.quote_basket import BasketItem
from pennywhistle.flows.sign_address import read_token
from pennywhistle.kit.clock import utc_now
from pennywhistle.shop.catalogue.operations import set_booklet
from pennywhistle.shop.catalogue.queries import get_track
from pennywhistle.shop.encoding.rules import get_recipe
from tests.cast import NOW, quote
from tests.stocked_shop import StockedShop, put_recording, stock_shop

PDF = b"%PDF-1.7\n% words and pictures\n" * 40


@dataclass(frozen=True, slots=True)
class StockedAlbum:
    """A shop in which the whole first release can be delivered."""

    shop: StockedShop

    @property
    def release_id(self) -> int:
        return self.shop.cast.release_id

    def sell(self, code: str, *, track_ids: tuple[int, ...] = ()) -> None:
        """Alice buys the release, or some of its tracks, in that recipe."""
        cast = self.shop.cast
        items = [BasketItem("track", track_id, code) for track_id in track_ids]
        offer = quote(cast, *(items or [BasketItem("release", cast.release_id, code)]))
        buy_basket(quote_id=offer.id, person_id=cast.alice.pk, now=NOW)

    def address(self, code: str) -> str:
        """Of the ZIP of what Alice owns in that recipe."""
        release = get_track(track_id=self.shop.track_id).release
        return album_address(
            person_id=self.shop.cast.alice.pk,
            release_id=self.release_id,
            recipe=code,
            file_name=album_name_of(release=release, recipe=get_recipe(code=code)),
            now=utc_now(),
        )

    def album(self, code: str) -> Album:
        """What that address stands for now."""
        subject = read_token(token=self.address(code).split("/")[2], now=utc_now())
        return deliver_album(subject=subject, outfit=self.shop.outfit, now=utc_now())


def stock_album(folder: Path, settings: Settings, *, frames: int = 40_001) -> StockedAlbum:
    """Assemble the cast, and put everything under the first release."""
    shop = stock_shop(folder, settings, frames=frames)
    for number, track_id in enumerate(shop.cast.track_ids[1:], start=1):
        put_recording(folder, shop.outfit, track_id, frames=frames + 7_000 * number)
    booklet = shop.outfit.booklets.keep(content=PDF)
    set_booklet(release_id=shop.cast.release_id, sha256=booklet)
    return StockedAlbum(shop)
