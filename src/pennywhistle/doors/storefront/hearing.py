"""Hearing a song in the file that is chosen, beside the recording itself."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from pennywhistle.doors.storefront import choosing
from pennywhistle.doors.storefront.answers import show
from pennywhistle.doors.storefront.blocked import check_shown, or_blocked
from pennywhistle.doors.storefront.choice_pages import HearPage, Spectrum
from pennywhistle.doors.storefront.shelves import (
    chosen_recipe,
    cover_url,
    open_window,
    release_url,
)
from pennywhistle.doors.storefront.visitor import Visit, address_of, visit_of
from pennywhistle.doors.storefront.words import master_in_words, reach_in_words
from pennywhistle.flows.encoders import asker_at, get_encoders
from pennywhistle.flows.hear_track import (
    REFERENCE_RECIPE,
    EncodersBusyError,
    MasterMissingError,
    Palette,
    SpectrumBusyError,
    audition_of,
    draw_spectrum,
    find_reach_hz,
    top_of,
    want_spectrum,
)
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.sign_address import audition_address
from pennywhistle.look import formats
from pennywhistle.look.ink import DAY_INKS, NIGHT_INKS
from pennywhistle.shop.catalogue.queries import TrackFacts, find_live_track
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.recipes import Kind, Recipe
from pennywhistle.shop.encoding.rules import (
    Excerpt,
    SizeNotMeasuredError,
    get_recipe,
    size_of,
    treatment_of,
)

# A picture changes only when its music is encoded otherwise.
FOR_AN_HOUR = "private, max-age=3600"
# Who finds other pictures being drawn may ask again after so long.
RETRY_SECONDS = 5
PALETTES = {"day": Palette(DAY_INKS), "night": Palette(NIGHT_INKS)}
# Distances between the labels at the edges of a picture.
_STEPS = 4


@dataclass(frozen=True, slots=True)
class _Heard:
    """A song that this visitor may hear, and the part of it that is compared."""

    track: TrackFacts
    recipe: Recipe
    part: Excerpt

    @property
    def sounds_the_same(self) -> bool:
        """True where the file decodes to the recording's very samples."""
        if self.recipe.kind is Kind.LOSSY:
            return False
        return not treatment_of(recipe=self.recipe, master=facts_of(master=self.track.master))

    @property
    def seconds(self) -> tuple[float, float]:
        """Where the part begins and ends within the song."""
        whole = self.track.master.duration_ms / 1000
        length = min(self.part.seconds, whole)
        start = min(self.part.start_seconds, whole - length)
        return start, start + length


@require_safe
@or_blocked
def hear(request: HttpRequest, track_id: int) -> HttpResponseBase:
    """One song in the file that is chosen, and as it was recorded: to hear, and to see."""
    visit = visit_of(request)
    heard = _heard(visit, track_id, request.GET.get("recipe", ""))
    return show(request, "hear", _page(visit, heard))


@require_safe
@or_blocked
def spectrum(request: HttpRequest, track_id: int, code: str, light: str) -> HttpResponseBase:
    """What sounds at which height, as a picture; 503 while too much else is being made."""
    heard = _heard(visit_of(request), track_id, code)
    if light not in PALETTES:
        raise Http404(gettext("There is no such picture."))
    outfit = get_outfit()
    wanted = want_spectrum(
        track=heard.track,
        recipe=heard.recipe,
        excerpt=heard.part,
        palette=PALETTES[light],
        outfit=outfit,
    )
    try:
        png = draw_spectrum(
            wanted=wanted,
            encoders=get_encoders(),
            outfit=outfit,
            now=visit_of(request).now,
            asker=asker_at(address=address_of(request)),
        )
    except EncodersBusyError as error:
        return _not_ready(error.retry_after_seconds)
    except SpectrumBusyError:
        return _not_ready(RETRY_SECONDS)
    return HttpResponse(png, content_type="image/png", headers={"Cache-Control": FOR_AN_HOUR})


def _not_ready(retry_after_seconds: int) -> HttpResponse:
    return HttpResponse(
        gettext("The picture is not ready yet."),
        status=503,
        content_type="text/plain",
        headers={"Retry-After": str(retry_after_seconds), "Cache-Control": "no-store"},
    )


def _heard(visit: Visit, track_id: int, code: str) -> _Heard:
    """The song, where one may be heard. Raises Http404."""
    track, recipe = find_live_track(track_id=track_id), chosen_recipe(code)
    if recipe is None:
        raise Http404(gettext("We sell no file of that kind."))
    if track is None:
        raise Http404(gettext("This song cannot be heard where you are."))
    window = open_window(visit, [track], ())
    check_shown(visit, track, window)
    allowed = window.preview_seconds
    if track.id not in allowed:
        raise Http404(gettext("This song cannot be heard where you are."))
    part = audition_of(
        peaks=track.master.peaks,
        duration_ms=track.master.duration_ms,
        seconds=allowed[track.id],
    )
    return _Heard(track, recipe, part)


def _page(visit: Visit, heard: _Heard) -> HearPage:
    track, recipe = heard.track, heard.recipe
    window = open_window(visit, [track], choosing.recipes_shown([track], recipe))
    ticket = window.tickets[recipe.code][track.id]
    url = reverse("storefront:hear", args=[track.id])
    start, stop = heard.seconds
    master_url = _audio_url(visit, heard, REFERENCE_RECIPE)
    return HearPage(
        title=track.title,
        artist_name=track.artist,
        release_title=track.release.title,
        release_url=f"{release_url(track.release.slug)}?recipe={recipe.code}",
        cover_url=cover_url(track.release, "small"),
        track_id=str(track.id),
        url=f"{url}?recipe={recipe.code}",
        recipe_code=recipe.code,
        recipe_title=recipe.title,
        chooser=choosing.chooser([track], window, recipe, url),
        price=ticket.price if ticket.is_for_sale else None,
        seconds=round(stop - start),
        part_start_ms=round(1000 * start),
        part_stop_ms=round(1000 * stop),
        duration_ms=track.master.duration_ms,
        peaks=track.master.peaks,
        master_text=master_in_words(facts_of(master=track.master)),
        rate_hz=track.master.sample_rate_hz,
        treatment=choosing.treatment_text(track, recipe.code),
        master_audio_url=master_url,
        recipe_audio_url="" if heard.sounds_the_same else _audio_url(visit, heard, recipe.code),
        fetch_bytes=_fetch_bytes(heard),
        proof=track.master.pcm_sha256,
        spectra=_spectra(heard),
        khz_ticks=_khz_ticks(track.master.sample_rate_hz),
        time_ticks=_time_ticks(start, stop),
    )


def _audio_url(visit: Visit, heard: _Heard, code: str) -> str:
    return audition_address(
        track_id=heard.track.id,
        recipe=code,
        excerpt=heard.part,
        now=visit.now,
        territory=visit.territory or "",
    )


def _fetch_bytes(heard: _Heard) -> int | None:
    master = facts_of(master=heard.track.master)
    recipes = (get_recipe(code=REFERENCE_RECIPE), heard.recipe)
    try:
        return sum(size_of(recipe=one, master=master, excerpt=heard.part).bytes for one in recipes)
    except SizeNotMeasuredError:
        return None


def _spectra(heard: _Heard) -> tuple[Spectrum, ...]:
    master = _spectrum(heard, get_recipe(code=REFERENCE_RECIPE), gettext("The recording itself"))
    if heard.sounds_the_same:
        return (master,)
    return (master, _spectrum(heard, heard.recipe, heard.recipe.title))


def _spectrum(heard: _Heard, recipe: Recipe, title: str) -> Spectrum:
    def url(light: str) -> str:
        return reverse("storefront:spectrum", args=[heard.track.id, recipe.code, light])

    return Spectrum(title, url("day"), url("night"), reach_in_words(_reach_hz(heard, recipe)))


def _reach_hz(heard: _Heard, recipe: Recipe) -> int | None:
    """How high the music reaches, where its picture by day was drawn."""
    outfit = get_outfit()
    try:
        wanted = want_spectrum(
            track=heard.track,
            recipe=recipe,
            excerpt=heard.part,
            palette=PALETTES["day"],
            outfit=outfit,
        )
        return find_reach_hz(wanted=wanted, outfit=outfit)
    except MasterMissingError:
        # The page can do without; whoever asks for the picture or the music finds it in the log.
        return None


def _khz_ticks(rate_hz: int) -> tuple[str, ...]:
    top_hz = top_of(rate_hz=rate_hz)
    return tuple(formats.kilohertz(top_hz * step // _STEPS) for step in range(_STEPS, -1, -1))


def _time_ticks(start: float, stop: float) -> tuple[str, ...]:
    step = (stop - start) / _STEPS
    # Whole seconds would not tell one label from the next.
    told = formats.duration if step >= 1 else formats.seconds
    return tuple(told(round(1000 * (start + step * n))) for n in range(_STEPS + 1))
