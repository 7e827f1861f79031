"""Renditions through the flow: the same bytes always, one encoder for many, failures seen."""

from __future__ import annotations

import asyncio
import hashlib
import platform
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django import Settings

from pennywhistle.adapters.audio.encode import EncoderFailedError, encode
from pennywhistle.adapters.audio.processor import processor_name
from pennywhistle.adapters.storage.hashed import hashed_place
from pennywhistle.adapters.storage.masters import MasterDamagedError
from pennywhistle.adapters.tags.fields import TrackTags
from pennywhistle.flows.encode_order import encoder_of
from pennywhistle.flows.encode_rendition import (
    COVER_BYTES_MAX,
    WantedRendition,
    encode_rendition,
    tags_of,
)
from pennywhistle.flows.encoders import Encoders, EncodersBusyError
from pennywhistle.shop.catalogue.models import Release
from pennywhistle.shop.catalogue.queries import TrackFacts, get_track
from pennywhistle.shop.encoding.models import Rendition
from pennywhistle.shop.encoding.operations import RenditionChangedError
from pennywhistle.shop.encoding.queries import find_rendition
from pennywhistle.shop.encoding.recipes import RECIPES
from pennywhistle.shop.encoding.rules import Excerpt, get_recipe, list_recipes_for_sale
from tests.cast import NOW
from tests.faults import fail_each_call
from tests.stocked_shop import StockedShop, on_a_thread, stock_shop


@pytest.fixture
def shop(db: None, tmp_path: Path, settings: Settings) -> StockedShop:
    return stock_shop(tmp_path, settings)


@pytest.fixture
def open_shop(transactional_db: None, tmp_path: Path, settings: Settings) -> StockedShop:
    """One whose rows other threads see."""
    return stock_shop(tmp_path, settings)


def cached(shop: StockedShop, wanted: WantedRendition) -> Path:
    path = shop.outfit.renditions.find(**wanted.file)
    assert path is not None
    return path


def cover_of(shop: StockedShop) -> Path:
    """Where the first track's cover lies, or would lie."""
    sha256 = get_track(track_id=shop.track_id).release.cover_sha256
    assert sha256
    return hashed_place(Path(settings.COVERS_FOLDER), sha256)


def test_every_rendition_made_again_after_the_cache_was_emptied_is_the_same(
    shop: StockedShop,
) -> None:
    for code in RECIPES:
        wanted = shop.wants(code)
        first = encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW)
        assert first is not None, code
        path = cached(shop, wanted)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == first.sha256
        assert path.stat().st_size == first.size_bytes
        assert wanted.total_bytes in (None, first.size_bytes), code
        path.unlink()
        again = encode_rendition(wanted=shop.wants(code), outfit=shop.outfit, now=NOW)
        assert again == first, code
        facts = find_rendition(key=wanted.key)
        assert facts is not None
        assert (facts.sha256, facts.size_bytes, facts.recipe) == (
            first.sha256,
            first.size_bytes,
            code,
        )


def test_what_is_there_is_not_made_again(shop: StockedShop) -> None:
    wanted = shop.wants("mp3-128")
    assert encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW) is not None
    assert encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW) is None


def test_other_bytes_than_the_first_time_raise_the_alarm_and_are_not_kept(
    shop: StockedShop,
) -> None:
    wanted = shop.wants("mp3-128")
    encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW)
    cached(shop, wanted).unlink()
    Rendition.objects.update(sha256="0" * 64)
    with pytest.raises(RenditionChangedError, match="check the masters"):
        encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW)
    assert shop.outfit.renditions.open_reader(**wanted.file) is None


@pytest.mark.parametrize("code", ["wav", "opus-128", "alac"])
def test_a_master_that_rotted_on_its_disk_is_not_sold_as_whole(
    shop: StockedShop, code: str
) -> None:
    wanted = shop.wants(code)
    master = shop.outfit.masters.path(sha256=wanted.master_sha256)
    whole = master.read_bytes()
    master.chmod(0o600)
    master.write_bytes(bytes([*whole[:-2000], *(byte ^ 0x55 for byte in whole[-2000:])]))
    with pytest.raises((MasterDamagedError, EncoderFailedError)):
        encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW)
    assert shop.outfit.renditions.open_reader(**wanted.file) is None
    assert not Rendition.objects.exists()
    master.write_bytes(whole)
    assert encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW) is not None


def test_a_master_that_cannot_be_read_fails_and_leaves_nothing(
    shop: StockedShop, tmp_path: Path
) -> None:
    wanted = shop.wants("mp3-128")
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no music")
    wanted = replace(wanted, order=replace(wanted.order, source=broken))
    with pytest.raises(EncoderFailedError):
        encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW)
    assert shop.outfit.renditions.open_reader(**wanted.file) is None
    assert not Rendition.objects.exists()


def test_the_tags_are_the_catalogues_and_a_preview_has_no_cover(shop: StockedShop) -> None:
    track = get_track(track_id=shop.track_id)
    tags = tags_of(track=track, recipe=get_recipe(code="flac"), covers=shop.outfit.covers)
    assert (tags.title, tags.artist, tags.album, tags.label) == (
        "The Kesh",
        "Ann Piper",
        "Reels",
        "Lantern",
    )
    assert (tags.track_number, tags.track_total, tags.disc_total) == (1, 3, 1)
    assert tags.cover is not None
    assert b"JFIF" not in shop.wants("preview").order.tag_block


def tags_in(shop: StockedShop, code: str, track: TrackFacts, **more: Any) -> TrackTags:
    return tags_of(track=track, recipe=get_recipe(code=code), covers=shop.outfit.covers, **more)


def test_the_hash_of_the_samples_stands_where_they_are_the_masters(shop: StockedShop) -> None:
    track = get_track(track_id=shop.track_id)
    for code in ("flac", "alac", "wavpack", "wav", "aiff"):
        assert tags_in(shop, code, track).pcm_sha256 == track.master.pcm_sha256, code
    assert tags_in(shop, "mp3-320", track).pcm_sha256 is None
    part = tags_in(shop, "flac", track, excerpt=Excerpt(start_seconds=0, seconds=1))
    assert (part.pcm_sha256, part.cover) == (None, None)
    hires = replace(track, master=replace(track.master, sample_rate_hz=96_000, bits_per_sample=24))
    assert tags_in(shop, "flac", hires).pcm_sha256 is not None
    assert tags_in(shop, "flac-16-44", hires).pcm_sha256 is None


def test_gains_are_those_of_track_and_release_unless_channels_are_mixed(shop: StockedShop) -> None:
    track = get_track(track_id=shop.track_id)
    master = replace(track.master, loudness_lufs=-14.5, true_peak_dbtp=-1.0)
    release = replace(track.release, loudness_lufs=-13.0, true_peak_dbtp=-0.5)
    track = replace(track, master=master, release=release)

    def gains(code: str, track: TrackFacts) -> tuple[float | None, ...]:
        tags = tags_in(shop, code, track)
        return (
            *(tags.track_loudness_lufs, tags.track_true_peak_dbtp),
            *(tags.album_loudness_lufs, tags.album_true_peak_dbtp),
        )

    assert gains("mp3-192", track) == (-14.5, -1.0, -13.0, -0.5)
    surround = replace(track, master=replace(master, channels=6))
    assert gains("flac", surround) == (-14.5, -1.0, -13.0, -0.5)
    assert gains("mp3-192", surround) == (None, None, None, None)


def test_a_preview_has_no_lyrics(shop: StockedShop) -> None:
    track = replace(get_track(track_id=shop.track_id), lyrics="La la")
    assert tags_in(shop, "mp3-192", track).lyrics == "La la"
    assert tags_in(shop, "preview", track).lyrics is None


def test_a_cover_that_outweighs_the_song_goes_in_smaller(shop: StockedShop) -> None:
    large = b"large" * (COVER_BYTES_MAX // 5 + 1)
    sha256 = shop.outfit.covers.keep(content=large, sizes={"large": b"small copy"})
    track = get_track(track_id=shop.track_id)
    track = replace(track, release=replace(track.release, cover_sha256=sha256))
    tags = tags_of(track=track, recipe=get_recipe(code="flac"), covers=shop.outfit.covers)
    assert tags.cover is not None
    assert tags.cover.data == b"small copy"


@pytest.mark.parametrize("missing", ["as delivered", "its smaller copy"])
def test_a_cover_missing_on_disk_stops_no_download_and_is_told_to_the_operator(
    shop: StockedShop, caplog: pytest.LogCaptureFixture, missing: str
) -> None:
    if missing == "its smaller copy":
        large = b"large" * (COVER_BYTES_MAX // 5 + 1)
        Release.objects.update(cover_sha256=shop.outfit.covers.keep(content=large, sizes={}))
    else:
        cover_of(shop).unlink()
    for code in ("mp3-192", "opus-96", "flac", "alac", "preview"):
        wanted = shop.wants(code)
        assert encode_rendition(wanted=wanted, outfit=shop.outfit, now=NOW) is not None, code
        size_bytes = cached(shop, wanted).stat().st_size
        assert wanted.total_bytes in (None, size_bytes), code
    assert {record.levelname for record in caplog.records} == {"ERROR"}
    assert cover_of(shop).name in caplog.text
    assert "restore it from a backup" in caplog.text


def test_a_file_without_its_cover_is_another_one_until_the_cover_is_back(
    shop: StockedShop,
) -> None:
    cover, before = cover_of(shop), shop.wants("mp3-192")
    content = cover.read_bytes()
    cover.unlink()
    without = shop.wants("mp3-192")
    assert without.key != before.key
    assert without.order.audio_bytes == before.order.audio_bytes
    shop.outfit.covers.keep(content=content, sizes={})
    assert shop.wants("mp3-192") == before


def test_a_corrected_tag_makes_another_rendition_at_the_same_price(shop: StockedShop) -> None:
    before = shop.wants("mp3-192")
    track = get_track(track_id=shop.track_id)
    from pennywhistle.shop.catalogue.models import Track

    Track.objects.filter(pk=track.id).update(title="The Kesh Jig, as it is called in full")
    after = shop.wants("mp3-192")
    assert after.key != before.key
    assert after.order.audio_bytes == before.order.audio_bytes


async def test_a_rendition_that_is_encoded_is_joined_and_not_started_again(
    open_shop: StockedShop,
) -> None:
    wanted = await on_a_thread(open_shop.wants, "mp3-320")
    encoders = Encoders(at_once=1)
    jobs = {encoders.start(wanted=wanted, outfit=open_shop.outfit, now=NOW) for _ in range(16)}
    assert len(jobs) == 1
    await asyncio.wrap_future(jobs.pop())
    assert open_shop.outfit.renditions.find(**wanted.file) is not None


async def test_too_many_waiting_are_told_to_come_back(open_shop: StockedShop) -> None:
    first = await on_a_thread(open_shop.wants, "mp3-320")
    second = await on_a_thread(open_shop.wants, "mp3-192")
    encoders = Encoders(at_once=1, waiting_max=0)
    job = encoders.start(wanted=first, outfit=open_shop.outfit, now=NOW)
    with pytest.raises(EncodersBusyError, match="ask again later"):
        encoders.start(wanted=second, outfit=open_shop.outfit, now=NOW)
    await asyncio.wrap_future(job)


@pytest.mark.parametrize("code", ["mp3-128", "alac"])
def test_an_encode_that_fails_anywhere_leaves_no_half_file_and_can_be_rerun(
    code: str, open_shop: StockedShop, tmp_path: Path
) -> None:
    whole = encode(open_shop.wants(code).order, lambda _: None)

    def prepare() -> WantedRendition:
        shutil.rmtree(tmp_path / "renditions", ignore_errors=True)
        Rendition.objects.all().delete()
        return open_shop.wants(code)

    def run(wanted: WantedRendition) -> None:
        encode_rendition(wanted=wanted, outfit=open_shop.outfit, now=NOW)

    def check(wanted: WantedRendition, _: Exception | None) -> None:
        for _attempt in ("as it was left", "run again"):
            path = open_shop.outfit.renditions.find(**wanted.file)
            if path is not None:
                assert hashlib.sha256(path.read_bytes()).hexdigest() == whole.sha256
            run(wanted)
        assert open_shop.outfit.renditions.find(**wanted.file) is not None
        assert Rendition.objects.get().sha256 == whole.sha256

    calls = fail_each_call(folder=tmp_path / "renditions", prepare=prepare, run=run, check=check)
    assert calls > 10


def test_the_make_of_processor_names_the_encoder_where_its_bytes_differ_by_it() -> None:
    named = {
        recipe.family
        for recipe in list_recipes_for_sale()
        if encoder_of(recipe=recipe).endswith(processor_name())
    }
    assert named == {"Opus"}
    assert encoder_of(recipe=get_recipe(code="flac")).endswith(platform.machine())
