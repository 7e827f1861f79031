"""The page that corrects a release on sale, and shows what was corrected before."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from pennywhistle.doors.desk import words
from pennywhistle.doors.desk.access import Visitor, for_the_desk, go, release_for, show
from pennywhistle.doors.desk.correction_form import CorrectionForm
from pennywhistle.doors.desk.pages import CorrectionPage, CorrectionRow
from pennywhistle.flows.correct_release import COVER_BYTES_MAX, CoverRefusedError, correct_release
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.look.covers import cover_url
from pennywhistle.shop.catalogue.queries import (
    CorrectionFacts,
    ReleaseFacts,
    list_corrections,
    list_tracks_of_release,
)
from pennywhistle.shop.catalogue.rules import NotCorrectableError

_SHOWN_CHARACTERS = 80


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_desk
def correct(request: HttpRequest, visitor: Visitor, slug: str) -> HttpResponse:
    """Correct what files and pages say; a draft is corrected by the tags of its files."""
    facts = release_for(visitor, slug)
    if facts.state == "draft":
        messages.error(
            request,
            gettext("%(title)s is a draft: correct the tags of its files, and deliver them again.")
            % {"title": facts.title},
        )
        return go("desk-release", facts.slug)
    form = CorrectionForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        release=facts,
        tracks=list_tracks_of_release(release_id=facts.id),
    )
    if form.is_valid() and _made(request, visitor, facts, form):
        return go("desk-release", facts.slug)
    return show(
        request, visitor, "correct", _page(facts, form), status=422 if form.is_bound else 200
    )


def _made(
    request: HttpRequest, visitor: Visitor, facts: ReleaseFacts, form: CorrectionForm
) -> bool:
    """True where it was corrected; otherwise the form says what stands against it."""
    try:
        changed = correct_release(
            release_id=facts.id,
            correction=form.to_correction(),
            cover=form.to_cover(bytes_max=COVER_BYTES_MAX),
            covers=get_outfit().covers,
            corrected_by=visitor.person_id,
            now=visitor.now,
        )
    except CoverRefusedError as error:
        form.add_error("cover", words.sentence(error))
        return False
    except NotCorrectableError as error:
        form.add_error(None, words.sentence(error))
        return False
    said = (
        gettext("%(title)s is corrected. The next download of it says so.")
        if changed
        else gettext("%(title)s stays as it was: nothing was changed.")
    )
    messages.success(request, said % {"title": form.cleaned_data["title"]})
    return True


def _page(facts: ReleaseFacts, form: CorrectionForm) -> CorrectionPage:
    return CorrectionPage(
        title=facts.title,
        artist=facts.artist,
        label=facts.label,
        cover_url=cover_url(facts.cover_sha256),
        url=reverse("desk-correct", args=[facts.slug]),
        back_url=reverse("desk-release", args=[facts.slug]),
        form=form,
        corrections=[_row(each) for each in list_corrections(release_id=facts.id)],
    )


def _row(correction: CorrectionFacts) -> CorrectionRow:
    return CorrectionRow(
        what=words.corrected_field(correction.field),
        track=correction.track_title,
        before=_short(correction.before),
        after=_short(correction.after),
        made_by=correction.made_by or gettext("the command line"),
        made_at=correction.made_at,
    )


def _short(text: str) -> str:
    line = " / ".join(filter(None, text.splitlines()))
    return line if len(line) <= _SHOWN_CHARACTERS else f"{line[:_SHOWN_CHARACTERS]} …"
