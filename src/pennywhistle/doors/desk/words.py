"""The desk's words: the field's own terms for states, rights, reasons and shares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from pennywhistle.kit.local_time import UTC_NAME, LocalTime
from pennywhistle.kit.territory import TerritorySet
from pennywhistle.look import formats
from pennywhistle.shop.licensing.history import ChangeKind
from pennywhistle.shop.licensing.queries import LicenceFacts
from pennywhistle.shop.licensing.rules import (
    Basis,
    Footing,
    LicenceTerms,
    NotCovered,
    Payer,
    Right,
    TariffTerms,
    Use,
    Why,
    rate_text,
)

# Countries of a list that are written out before the rest is counted.
COUNTRIES_WRITTEN_MOST = 8


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in a word; `tone` is plain, good, copper or wrong."""

    text: str
    tone: str = "plain"


def sentence(error: Exception | str) -> str:
    """An error or a remark of the floors below as a line of a page: a capital first and a stop last."""
    text = gettext(str(error)).strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def release_state(state: str) -> Badge:
    """A release's state."""
    known = {
        "draft": Badge(gettext("draft"), "copper"),
        "live": Badge(gettext("live"), "good"),
        "withdrawn": Badge(gettext("withdrawn"), "wrong"),
    }
    return known.get(state, Badge(state))


def corrected_field(field: str) -> str:
    """A field of the catalogue that was corrected."""
    known = {
        "title": gettext("title"),
        "released_on": gettext("release date"),
        "genre": gettext("genre"),
        "p_line": gettext("P line"),
        "c_line": gettext("C line"),
        "cover_sha256": gettext("cover"),
        "lyrics": gettext("lyrics"),
        "musicbrainz_release_id": gettext("release at MusicBrainz"),
        "musicbrainz_recording_id": gettext("recording at MusicBrainz"),
    }
    return known.get(field, field)


def licence_state(terms: LicenceTerms, now: datetime) -> Badge:
    """In force, not yet, or no longer: what coverage sees at that instant."""
    if terms.ends_at is not None and terms.ends_at <= max(now, terms.starts_at):
        return Badge(gettext("ended"), "wrong")
    if now < terms.starts_at:
        return Badge(gettext("starts later"), "copper")
    if not terms.is_in_force(now):
        return Badge(gettext("suspended"), "wrong")
    return Badge(gettext("in force"), "good")


def licence_change(kind: ChangeKind) -> str:
    """What happened to a licence."""
    known = {
        ChangeKind.ENDED: gettext("ended"),
        ChangeKind.SUSPENDED: gettext("suspended"),
        ChangeKind.RESUMED: gettext("suspension lifted"),
    }
    return known[kind]


def licence_period(licence: LicenceFacts) -> str:
    """`from 1 Jan 2026 through 31 Dec 2026 (Europe/Berlin)`: as it was written, or ended by hand."""
    starts = gettext("from %(start)s") % {"start": _wall(licence.starts)}
    parts = [starts, ends] if (ends := _until(licence)) else [starts]
    if licence.starts.zone != UTC_NAME:
        parts.append(f"({licence.starts.zone})")
    return " ".join(parts)


def _until(licence: LicenceFacts) -> str:
    """Nothing for one that runs until it is ended."""
    ended_at, written = licence.ended_at, licence.ends
    if ended_at is not None and ended_at == licence.terms.ends_at:
        return gettext("until %(end)s") % {"end": formats.moment(ended_at)}
    if written is None:
        return ""
    if written.is_midnight:
        last = written.wall.date() - timedelta(days=1)
        return gettext("through %(last)s") % {"last": formats.day(last)}
    return gettext("until %(end)s") % {"end": _wall(written)}


def _wall(written: LocalTime) -> str:
    """A day, and the time of day where it is not the first."""
    day = formats.day(written.wall.date())
    return day if written.is_midnight else f"{day}, {written.wall:%H:%M}"


def right(value: Right) -> str:
    """A right, as contracts call it."""
    return {Right.RECORDING: gettext("recording"), Right.WORK: gettext("work")}[value]


def licensor_kind(kind: str) -> str:
    """What a licensor is."""
    known = {
        "society": gettext("collecting society"),
        "label": gettext("label"),
        "artist": gettext("artist"),
        "publisher": gettext("publisher"),
    }
    return known.get(kind, kind)


def footing(footing: Footing) -> str:
    """What a licence stands on, and who pays, where that is not the store."""
    known = {
        Basis.CONTRACT: gettext("contract"),
        Basis.PUBLIC_DOMAIN: gettext("public domain: %(evidence)s"),
        Basis.CREATIVE_COMMONS: gettext("%(deed)s: %(evidence)s"),
    }
    said = known[footing.basis] % {"deed": footing.deed, "evidence": footing.evidence}
    if footing.mechanical_by is Payer.LABEL:
        return gettext("%(basis)s, paid by the label") % {"basis": said}
    return said


def repertoire(licence: LicenceFacts) -> str:
    """What a licence speaks of."""
    known = {
        "whole": gettext("the whole catalogue"),
        "label": gettext("label %(name)s"),
        "release": gettext("release %(name)s"),
        "track": gettext("track %(name)s"),
    }
    return known[licence.terms.repertoire.kind] % {"name": licence.target}


def uses(terms: LicenceTerms) -> str:
    """The uses that a licence opens, always in the same order, and how much may be heard."""
    seconds = terms.preview_seconds
    preview = gettext("preview of %(seconds)s seconds") % {"seconds": seconds}
    known = {
        Use.DOWNLOAD: gettext("download"),
        Use.PREVIEW: gettext("preview, whole") if seconds is None else preview,
        Use.STREAM_OWNED: gettext("streaming of what is owned"),
    }
    return ", ".join(word for use, word in known.items() if use in terms.uses)


def territories(chosen: TerritorySet) -> str:
    """Where a licence holds: names where it lists countries, and the codes of groups as written."""
    if not chosen.missing:
        return gettext("worldwide")
    if chosen.is_list:
        return _countries(chosen.countries)
    if chosen.is_all_but_a_list:
        return gettext("all but %(countries)s") % {"countries": _countries(chosen.missing)}
    words = {"written": str(chosen), "count": len(chosen.countries)}
    return gettext("%(written)s (%(count)s countries)") % words


def _countries(codes: Iterable[str]) -> str:
    names = sorted(map(formats.country, codes))
    listed = ", ".join(names[:COUNTRIES_WRITTEN_MOST])
    more = len(names) - COUNTRIES_WRITTEN_MOST
    if more > 0:
        return gettext("%(listed)s and %(count)s more") % {"listed": listed, "count": more}
    return listed


def tariff(terms: TariffTerms) -> str:
    """`15% of net of tax, at least €0.01 a track`. A rate that no percentage says stays a ratio."""
    base = gettext("gross") if terms.base == "gross" else gettext("net of tax")
    said = gettext("%(rate)s of %(base)s") % {"rate": rate_text(terms.rate), "base": base}
    if terms.floor_per_track is None:
        return said
    floor = formats.money(terms.floor_per_track)
    return gettext("%(tariff)s, at least %(floor)s a track") % {"tariff": said, "floor": floor}


def why_not(answer: NotCovered) -> str:
    """Why a track may not be sold, as licensing people say it."""
    words = {"right": right(answer.right) if answer.right else ""}
    if answer.why is Why.NO_LICENCE:
        return gettext("no licence of the %(right)s names it") % words
    if answer.why is Why.USE:
        return gettext("no licence of the %(right)s opens downloads") % words
    if answer.why is Why.TERRITORY:
        return gettext("the %(right)s is not licensed in this territory") % words
    if answer.why is Why.BLOCKED:
        return gettext("an order blocks it in this territory")
    if answer.why is Why.SUSPENDED:
        return gettext("the licence of the %(right)s is suspended") % words
    if answer.why is Why.NOT_YET and answer.opens_at is not None:
        words["moment"] = formats.moment(answer.opens_at)
        return gettext("the licence of the %(right)s starts on %(moment)s") % words
    if answer.why is Why.ENDED and answer.ended_at is not None:
        words["moment"] = formats.moment(answer.ended_at)
        return gettext("the licence of the %(right)s ended on %(moment)s") % words
    return gettext("the territory is unknown")


def account_kind(kind: str) -> str:
    """A kind of ledger account."""
    known = {
        "asset": gettext("assets: what gateways have taken for us"),
        "liability": gettext("liabilities: wallets, royalties, tax"),
        "income": gettext("income"),
        "expense": gettext("expenses"),
    }
    return known.get(kind, kind)
