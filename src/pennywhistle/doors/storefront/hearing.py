"""Hearing a song in the file that is chosen, beside the recording itself."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext
from django.views.decorators.http import require_safe


@require_safe
def hear(request: HttpRequest, track_id: int) -> HttpResponseBase:
    """The comparison."""
    raise Http404(gettext("This song cannot be heard where you are."))
