"""The same bytes while they grow, from the cache, made again; and a corrected tag or cover in the next
download without an encoder."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from pytest_django import Settings

from pennywhistle.adapters.audio.encode import EncoderFailedError, encode
from pennywhistle.adapters.storage.growing import Claim
from pennywhistle.adapters.storage.rendition_cache import follow
from pennywhistle.flows.encode_rendition import WantedRendition, encode_rendition
from pennywhistle.shop.catalogue.models import Release, Track
from pennywhistle.shop.encoding.queries import find_rendition
from tests.cast import NOW
from tests.renditions import draw_cover
from tests.stocked_shop import StockedShop, on_a_thread, stock_shop


@pytest.fixture
def shop(db: None, tmp_path: Path, settings: Settings) -> StockedShop:
    return stock_shop(tmp_path, settings)


def cached(shop: StockedShop, wanted: WantedRendition) -> Path:
    path = shop.outfit.renditions.find(**wanted.file)
    assert path is not None
    return path


ONE_OF_EACH = (
    *("mp3-192", "mp3-v2", "flac", "wav", "aiff", "wavpack", "opus-96", "vorbis-q4"),
    *("aac-128", "alac", "preview"),
)


def rename_track(shop: StockedShop, title: str) -> None:
    Track.objects.filter(pk=shop.track_id).update(title=title)


def where_no_encoder_could_work(wanted: WantedRendition) -> WantedRendition:
    return replace(wanted, order=replace(wanted.order, source=Path("/nowhere/at/all.wav")))


def test_a_corrected_tag_is_put_in_without_an_encoder_and_as_a_fresh_encode_would(
    shop: StockedShop,
) -> None:
    first = {
        code: encode_rendition(wanted=shop.wants(code), outfit=shop.outfit, now=NOW)
        for code in ONE_OF_EACH
    }
    rename_track(shop, "The Kesh Jig, as it is called in full")
    for code in ONE_OF_EACH:
        wanted, before = shop.wants(code), first[code]
        tagged = encode_rendition(
            wanted=where_no_encoder_could_work(wanted), outfit=shop.outfit, now=NOW
        )
        assert tagged == encode(wanted.order, lambda _: None), code
        content = cached(shop, wanted).read_bytes()
        assert hashlib.sha256(content).hexdigest() == tagged.sha256, code
        facts = find_rendition(key=wanted.key)
        assert facts is not None
        assert before is not None
        assert before.cpu_ms is not None
        assert (facts.crc32, facts.cpu_ms) == (zlib.crc32(content), before.cpu_ms), code


def test_a_corrected_cover_is_put_in_without_an_encoder(shop: StockedShop) -> None:
    encode_rendition(wanted=shop.wants("opus-96"), outfit=shop.outfit, now=NOW)
    cover = shop.outfit.covers.keep(content=draw_cover(side=500).data, sizes={})
    Release.objects.update(cover_sha256=cover)
    wanted = shop.wants("opus-96")
    tagged = encode_rendition(
        wanted=where_no_encoder_could_work(wanted), outfit=shop.outfit, now=NOW
    )
    assert tagged == encode(wanted.order, lambda _: None)


def test_what_was_evicted_is_encoded_again(shop: StockedShop) -> None:
    before = shop.wants("mp3-128")
    encode_rendition(wanted=before, outfit=shop.outfit, now=NOW)
    cached(shop, before).unlink()
    rename_track(shop, "Another")
    wanted = shop.wants("mp3-128")
    with pytest.raises(EncoderFailedError):
        encode_rendition(wanted=where_no_encoder_could_work(wanted), outfit=shop.outfit, now=NOW)
    assert encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW) is not None


@pytest.mark.parametrize("damage", ["cut off", "changed"])
def test_a_sibling_that_is_not_what_was_encoded_is_thrown_away_and_the_audio_encoded(
    damage: str, shop: StockedShop, caplog: pytest.LogCaptureFixture
) -> None:
    before = shop.wants("mp3-v2")
    encode_rendition(wanted=before, outfit=shop.outfit, now=NOW)
    sibling = cached(shop, before)
    whole = sibling.read_bytes()
    sibling.chmod(0o644)
    sibling.write_bytes(whole[:-1] if damage == "cut off" else whole[:-1] + b"?")
    sibling.chmod(0o444)
    rename_track(shop, "Another")
    wanted = shop.wants("mp3-v2")
    made = encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW)
    assert made == encode(wanted.order, lambda _: None)
    assert shop.outfit.renditions.find(**before.file) is None
    assert "is deleted" in caplog.text


def test_a_sibling_that_vanishes_while_it_is_read_is_still_read_to_its_end(
    shop: StockedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shop.wants("wav")
    encode_rendition(wanted=before, outfit=shop.outfit, now=NOW)
    sibling = cached(shop, before)
    rename_track(shop, "Another")
    wanted = shop.wants("wav")
    write = Claim.write

    def evict_then_write(claim: Claim, data: bytes) -> None:
        sibling.unlink(missing_ok=True)
        write(claim, data)

    monkeypatch.setattr(Claim, "write", evict_then_write)
    tagged = encode_rendition(
        wanted=where_no_encoder_could_work(wanted), outfit=shop.outfit, now=NOW
    )
    assert tagged == encode(wanted.order, lambda _: None)


async def test_what_a_listener_follows_is_what_is_kept_and_what_is_made_again(
    transactional_db: None, tmp_path: Path, settings: Settings
) -> None:
    shop = await on_a_thread(stock_shop, tmp_path, settings)
    for code in ONE_OF_EACH:
        wanted = await on_a_thread(shop.wants, code)
        make = partial(encode_rendition, wanted=wanted, outfit=shop.outfit, now=NOW)
        making = asyncio.create_task(on_a_thread(make))
        while (reader := shop.outfit.renditions.open_reader(**wanted.file)) is None:
            assert not making.done()
            await asyncio.sleep(0.001)
        heard = b"".join([piece async for piece in follow(reader)])
        made = await making
        assert made is not None
        assert hashlib.sha256(heard).hexdigest() == made.sha256, code
        kept = cached(shop, wanted)
        assert kept.read_bytes() == heard, code
        kept.unlink()
        assert await on_a_thread(make) == made, code
