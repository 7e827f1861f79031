"""From the facts of the shop's rooms to the rows of the desk's pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext

from pennywhistle.doors.desk import words
from pennywhistle.doors.desk.pages import (
    ChangeRow,
    CoverageRow,
    KindRow,
    LicenceRow,
    OwedRow,
    ReleaseRow,
    SoldLine,
    StateCount,
    TrackRow,
    TrialBalance,
)
from pennywhistle.kit.money import Money
from pennywhistle.kit.territory import COUNTRIES
from pennywhistle.shop.catalogue.queries import DraftFacts, TrackFacts
from pennywhistle.shop.ledger.queries import KindTotal
from pennywhistle.shop.licensing.queries import LicenceFacts
from pennywhistle.shop.licensing.rules import Coverage, Covered, LicenceTerms, Right
from pennywhistle.shop.royalties.queries import Owed
from pennywhistle.shop.sales.rules import LineFacts


def release_row(draft: DraftFacts, lacks: Sequence[str] = ()) -> ReleaseRow:
    """A release in a list."""
    release = draft.release
    return ReleaseRow(
        title=release.title,
        url=reverse("desk-release", args=[release.slug]),
        artist=release.artist,
        label=release.label,
        upc=release.upc or "",
        state=words.release_state(release.state),
        track_count=draft.track_count,
        duration_ms=draft.duration_ms,
        created_at=draft.created_at,
        lacks=tuple(lacks),
    )


def state_counts(counts: dict[str, int], *, chosen: str | None = None) -> list[StateCount]:
    """How many releases are in each state, with the way to each list."""
    listing = reverse("desk-releases")
    return [
        StateCount(words.release_state(state), count, f"{listing}?state={state}", state == chosen)
        for state, count in counts.items()
    ]


def place_of(track: TrackFacts) -> str:
    """`3`, or `2-3` on a release of several discs."""
    if track.disc_total > 1:
        return f"{track.disc_number}-{track.track_number}"
    return str(track.track_number)


def track_row(track: TrackFacts) -> TrackRow:
    """A track with what ingest measured."""
    master = track.master
    channels = {1: gettext("mono"), 2: gettext("stereo"), 6: "5.1"}
    return TrackRow(
        place=place_of(track),
        title=track.title,
        artist=track.artist,
        isrc=track.isrc,
        work_title=track.work_title,
        composer=track.composer,
        iswc=track.iswc or "",
        duration_ms=master.duration_ms,
        format=f"{master.container.upper()} {master.bits_per_sample}/{master.sample_rate_hz / 1000:g}",
        channels=channels.get(master.channels, str(master.channels)),
        size_bytes=master.size_bytes,
        loudness_lufs=master.loudness_lufs,
        true_peak_dbtp=master.true_peak_dbtp,
        peaks=master.peaks,
        sha256=master.sha256,
    )


def coverage_row(
    track: TrackFacts, open_in: dict[Right, frozenset[str]], answer: Coverage | None
) -> CoverageRow:
    """Where one track is covered, and the answer for one country if one was asked about."""
    both = frozenset.intersection(*open_in.values())
    row = CoverageRow(place_of(track), track.title, len(both), len(COUNTRIES))
    if answer is None:
        return row
    if isinstance(answer, Covered):
        return replace(
            row,
            is_covered=True,
            recording=_licence_in_short(answer.recording),
            work=_licence_in_short(answer.work),
        )
    return replace(row, is_covered=False, reason=words.why_not(answer))


def _licence_in_short(terms: LicenceTerms) -> str:
    return f"{terms.number}, {terms.licensor}"


def licence_row(licence: LicenceFacts, now: datetime) -> LicenceRow:
    """A licence in a list."""
    terms = licence.terms
    return LicenceRow(
        number=terms.number,
        licensor=terms.licensor,
        licensor_url=reverse("desk-licensor", args=[terms.licensor_id]),
        right=words.right(terms.right),
        repertoire=words.repertoire(licence),
        uses=words.uses(terms),
        territories=words.territories(terms.territories),
        period=words.licence_period(licence),
        footing=words.footing(terms.footing),
        tariff=words.tariff(terms.tariff),
        document_reference=terms.document_reference,
        state=words.licence_state(terms, now),
        end_url=reverse("desk-end", args=[terms.number]),
        end_reason=licence.end_reason,
        history=tuple(
            ChangeRow(
                words.licence_change(change.kind),
                change.effective_at,
                change.recorded_at,
                change.reason,
            )
            for change in licence.changes
        ),
    )


def sold_line(line: LineFacts) -> SoldLine:
    """A sale without its buyer."""
    return SoldLine(
        sold_at=line.purchased_at,
        track=line.title,
        release=line.release,
        recipe=line.recipe,
        country=line.territory,
        gross=line.gross,
        recording=line.recording,
    )


def owed_row(owed: Owed) -> OwedRow:
    """What one licensor is owed in one currency."""
    url = reverse("desk-licensor", args=[owed.licensor_id])
    return OwedRow(owed.licensor, url, owed.amount)


def trial_balances(totals: Sequence[KindTotal]) -> list[TrialBalance]:
    """The trial balance of each currency: kinds that hold debits on one side, credits on the other."""
    by_currency: dict[str, list[KindRow]] = {}
    for total in totals:
        balance = total.credits - total.debits
        by_currency.setdefault(balance.currency, []).append(
            KindRow(
                kind=words.account_kind(total.kind),
                account_count=total.account_count,
                debit=-balance if balance.micros < 0 else None,
                credit=balance if balance.micros >= 0 else None,
            )
        )
    return [
        TrialBalance(
            currency=currency,
            rows=rows,
            debit_total=Money.total((row.debit for row in rows if row.debit), currency),
            credit_total=Money.total((row.credit for row in rows if row.credit), currency),
        )
        for currency, rows in by_currency.items()
    ]
