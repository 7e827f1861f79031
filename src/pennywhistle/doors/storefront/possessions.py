"""Builds the library's page from what a listener owns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.urls import reverse

from pennywhistle.doors.storefront import library_pages as pages
from pennywhistle.doors.storefront.broken_words import what_became_of
from pennywhistle.doors.storefront.shelves import cover_url, is_exact, recipe_title, release_url
from pennywhistle.flows.find_made_files import MadeFile, find_made_files
from pennywhistle.shop.catalogue.queries import TrackFacts
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.recipes import Kind
from pennywhistle.shop.encoding.rules import get_recipe, treatment_of
from pennywhistle.shop.library.queries import OwnedFacts
from pennywhistle.shop.sales.aftercare import ReportFacts


def library_page(
    items: Sequence[OwnedFacts], reports: Sequence[ReportFacts] = ()
) -> pages.LibraryPage:
    """Everything, by release and then by recipe. One query."""
    made = find_made_files(items=items)
    by_release: dict[int, list[OwnedFacts]] = {}
    for item in items:
        by_release.setdefault(item.track.release.id, []).append(item)
    return pages.LibraryPage(
        releases=tuple(_release(held, made) for held in by_release.values()),
        track_count=len(items),
        reports=tuple(
            pages.ReportedFile(
                title=report.line.title,
                recipe_title=recipe_title(report.line.recipe),
                reported_at=report.reported_at,
                text=what_became_of(report),
                credited=report.credited,
                answer=report.answer_words,
            )
            for report in reports
        ),
    )


def album_url(release_id: int, recipe: str) -> str:
    """Where all that is owned of a release in a recipe is fetched as one ZIP."""
    return reverse("storefront:album", args=[release_id, recipe])


def zips_of(bought: Iterable[tuple[TrackFacts, str]]) -> tuple[pages.ZipLink, ...]:
    """A ZIP for each release of which several tracks were bought in one recipe."""
    counts: dict[tuple[int, str], int] = {}
    titles: dict[int, str] = {}
    for track, recipe in bought:
        key = (track.release.id, recipe)
        counts[key] = counts.get(key, 0) + 1
        titles[track.release.id] = track.release.title
    return tuple(
        pages.ZipLink(titles[release_id], recipe_title(recipe), album_url(release_id, recipe))
        for (release_id, recipe), count in counts.items()
        if count > 1
    )


def _release(held: list[OwnedFacts], made: Mapping[int, MadeFile]) -> pages.OwnedRelease:
    release = held[0].track.release
    by_recipe: dict[str, list[OwnedFacts]] = {}
    for item in sorted(held, key=lambda one: (one.track.disc_number, one.track.track_number)):
        by_recipe.setdefault(item.recipe, []).append(item)
    return pages.OwnedRelease(
        title=release.title,
        url=release_url(release.slug),
        artist_name=release.artist,
        cover_url=cover_url(release),
        bundles=tuple(_bundle(recipe, items, made) for recipe, items in by_recipe.items()),
    )


def _bundle(
    recipe: str, items: list[OwnedFacts], made: Mapping[int, MadeFile]
) -> pages.OwnedBundle:
    return pages.OwnedBundle(
        recipe_title=recipe_title(recipe),
        size_bytes=sum(item.size_bytes for item in items),
        size_is_exact=is_exact(recipe),
        tracks=tuple(_track(item, made.get(item.id)) for item in items),
        zip_url=album_url(items[0].track.release.id, recipe) if len(items) > 1 else "",
    )


def _track(item: OwnedFacts, made: MadeFile | None) -> pages.OwnedTrack:
    recipe, master = get_recipe(code=item.recipe), item.track.master
    is_the_recording = recipe.kind is not Kind.LOSSY and not treatment_of(
        recipe=recipe, master=facts_of(master=master)
    )
    return pages.OwnedTrack(
        title=item.track.title,
        size_bytes=item.size_bytes,
        size_is_exact=is_exact(item.recipe),
        download_url=reverse("storefront:download", args=[item.id]),
        receipt_url=reverse("storefront:receipt", args=[item.purchase_id]),
        broken_url=reverse("storefront:broken", args=[item.sale_line_id]),
        pcm_sha256=master.pcm_sha256 if is_the_recording else "",
        file_sha256=made.sha256 if made else "",
        made_at=made.made_at if made else None,
    )
