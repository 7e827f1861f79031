"""The desk's first page, and its releases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from pennywhistle.doors.desk import rows, words
from pennywhistle.doors.desk.access import Visitor, for_the_desk, go, release_for, show
from pennywhistle.doors.desk.pages import (
    CoverageRow,
    DeskReleasePage,
    OverviewPage,
    PendingRow,
    ReleasesPage,
    SalesRow,
)
from pennywhistle.flows.publish_release import publish_release
from pennywhistle.kit.clock import Period
from pennywhistle.kit.territory import UnknownCountryError, check_country
from pennywhistle.look.covers import cover_url
from pennywhistle.shop.catalogue.queries import (
    RELEASES_ON_THE_DESK,
    ReleaseFacts,
    TrackFacts,
    count_releases_by_state,
    list_lacks_of_releases,
    list_releases_for_desk,
    list_tracks_of_release,
)
from pennywhistle.shop.catalogue.rules import NotReadyError
from pennywhistle.shop.licensing.queries import (
    LicenceFacts,
    list_coverage,
    list_licences_ending,
    list_licensors_of_labels,
    list_open_territories,
    track_ref,
)
from pennywhistle.shop.licensing.rules import Coverage, Use
from pennywhistle.shop.payments.banking.queries import count_unclaimed
from pennywhistle.shop.payments.going_back.queries import count_open_disputes
from pennywhistle.shop.payments.top_ups.queries import PendingTotal, list_pending_totals
from pennywhistle.shop.royalties.queries import Owed, list_owed
from pennywhistle.shop.sales.aftercare import count_open_reports
from pennywhistle.shop.sales.queries import list_newest_lines, list_sales_totals

SALES_DAYS = 30
ENDING_DAYS = 60
DRAFTS_ON_THE_OVERVIEW = 20
LINES_ON_THE_OVERVIEW = 30


@require_safe
@for_the_desk
def overview(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """What waits for a hand, what was sold, and what is owed."""
    label_ids = visitor.label_ids
    drafts = list_releases_for_desk(
        label_ids=label_ids, state="draft", limit=DRAFTS_ON_THE_OVERVIEW
    )
    lacks = list_lacks_of_releases(releases=[draft.release for draft in drafts])
    lately = Period(visitor.now - timedelta(days=SALES_DAYS), visitor.now + timedelta(seconds=1))
    sales = list_sales_totals(within=lately, label_ids=label_ids)
    sold = list_newest_lines(label_ids=label_ids, limit=LINES_ON_THE_OVERVIEW)
    page = OverviewPage(
        states=rows.state_counts(count_releases_by_state(label_ids=label_ids)),
        drafts=[rows.release_row(draft, lacks[draft.release.id]) for draft in drafts],
        sales=[SalesRow(row.purchase_count, row.line_count, row.gross) for row in sales],
        sales_days=SALES_DAYS,
        sold=[rows.sold_line(line) for line in sold],
        owed=[rows.owed_row(owed) for owed in _owed(visitor)],
        pending=[PendingRow(row.count, row.amount, row.oldest_at) for row in _pending(visitor)],
        ending=[rows.licence_row(licence, visitor.now) for licence in _ending(visitor)],
        ending_days=ENDING_DAYS,
        report_count=count_open_reports() if visitor.is_operator else 0,
        dispute_count=count_open_disputes() if visitor.is_operator else 0,
        unclaimed_count=count_unclaimed() if visitor.is_operator else 0,
    )
    return show(request, visitor, "overview", page)


def _owed(visitor: Visitor) -> list[Owed]:
    if visitor.label_ids is None:
        return list_owed()
    licensors = list_licensors_of_labels(label_ids=visitor.label_ids)
    return list_owed(licensor_ids=[licensor.id for licensor in licensors])


def _pending(visitor: Visitor) -> list[PendingTotal]:
    return list_pending_totals() if visitor.is_operator else []


def _ending(visitor: Visitor) -> list[LicenceFacts]:
    if not visitor.is_operator:
        return []
    soon = Period(visitor.now, visitor.now + timedelta(days=ENDING_DAYS))
    return list_licences_ending(within=soon)


@require_safe
@for_the_desk
def releases(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Every release, or those in the state that was chosen."""
    counts = count_releases_by_state(label_ids=visitor.label_ids)
    state = request.GET.get("state")
    state = state if state in counts else None
    found = list_releases_for_desk(label_ids=visitor.label_ids, state=state)
    lacks = list_lacks_of_releases(
        releases=[row.release for row in found if row.release.state == "draft"]
    )
    page = ReleasesPage(
        states=rows.state_counts(counts, chosen=state),
        releases=[rows.release_row(row, lacks.get(row.release.id, ())) for row in found],
        is_cut=len(found) == RELEASES_ON_THE_DESK,
    )
    return show(request, visitor, "releases", page)


@require_safe
@for_the_desk
def release(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    """One release: its tracks as measured, and where they may be sold."""
    facts = release_for(visitor, slug)
    tracks = list_tracks_of_release(release_id=facts.id)
    country = _country(request, visitor)
    is_live = facts.state == "live"
    page = DeskReleasePage(
        title=facts.title,
        url=reverse("desk-release", args=[facts.slug]),
        artist=facts.artist,
        label=facts.label,
        upc=facts.upc or "",
        released_on=facts.released_on,
        genre=facts.genre,
        p_line=facts.p_line,
        c_line=facts.c_line,
        cover_url=cover_url(facts.cover_sha256),
        state=words.release_state(facts.state),
        lacks=list_lacks_of_releases(releases=[facts])[facts.id],
        may_publish=_may_publish(visitor, facts),
        publish_url=reverse("desk-publish", args=[facts.slug]),
        correct_url="" if facts.state == "draft" else reverse("desk-correct", args=[facts.slug]),
        prices_url=reverse("desk-release-prices", args=[facts.slug]),
        shop_url=reverse("storefront:release", args=[facts.slug]) if is_live else "",
        tracks=[rows.track_row(track) for track in tracks],
        duration_ms=sum(track.master.duration_ms for track in tracks),
        country=country,
        coverage=_coverage(tracks, country, visitor),
        asked_at=visitor.now,
    )
    return show(request, visitor, "release", page)


@require_POST
@for_the_desk
def publish(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    """Put a release on the shelves."""
    facts = release_for(visitor, slug)
    if not _may_publish(visitor, facts):
        messages.error(
            request,
            gettext("%(title)s was withdrawn. Ask the operator to put it back.")
            % {"title": facts.title},
        )
        return go("desk-release", facts.slug)
    try:
        publish_release(name=facts.slug, now=visitor.now)
    except NotReadyError as error:
        messages.error(request, words.sentence(error))
    else:
        messages.success(
            request,
            gettext("%(title)s is on the shelves, wherever its licences allow.")
            % {"title": facts.title},
        )
    return go("desk-release", facts.slug)


def _may_publish(visitor: Visitor, release: ReleaseFacts) -> bool:
    """A label publishes its drafts; what was withdrawn comes back by the operator alone."""
    return release.state == "draft" or (release.state == "withdrawn" and visitor.is_operator)


def _country(request: HttpRequest, visitor: Visitor) -> str | None:
    """The country asked about, else the visitor's own, else None."""
    try:
        return check_country(request.GET.get("country") or visitor.country)
    except UnknownCountryError:
        return None


def _coverage(tracks: list[TrackFacts], country: str | None, visitor: Visitor) -> list[CoverageRow]:
    """Where each track may be downloaded now, and under which licences in the country asked about."""
    refs = [track_ref(track) for track in tracks]
    open_in = list_open_territories(tracks=refs, use=Use.DOWNLOAD, instant=visitor.now)
    answers: Mapping[int, Coverage] = {}
    if country is not None:
        answers = list_coverage(
            tracks=refs, use=Use.DOWNLOAD, territory=country, instant=visitor.now
        )
    return [rows.coverage_row(track, open_in[track.id], answers.get(track.id)) for track in tracks]
