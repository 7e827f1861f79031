"""Licences compiled for many questions: what `cover` answers, found once for each span of time.

Between two instants at which one of a track's licences begins, ends, is suspended or goes on, no answer
changes. So a question is a look-up of the track's licences, a bisection, and a look-up of the answer;
and the first time that a span is asked about, a look at the few licences that open the use there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from pennywhistle.shop.licensing.blocks import Blocks
from pennywhistle.shop.licensing.rules import (
    Coverage,
    LicenceTerms,
    NotCovered,
    Right,
    TrackRef,
    Use,
    Why,
    cover,
)

_Key = tuple[str, int | None]


class CompiledCoverage:
    """Coverage by a fixed set of licences, the same as `cover` tells, and by orders to block.

    It keeps an answer for each span, use and country that was asked about: it is made for one page or
    one report, and let go with it.
    """

    def __init__(self, licences: Iterable[LicenceTerms], blocks: Blocks | None = None) -> None:
        self.blocks = blocks or Blocks()
        self._by_repertoire: dict[_Key, list[LicenceTerms]] = defaultdict(list)
        for licence in licences:
            key = licence.repertoire.kind, licence.repertoire.id
            self._by_repertoire[key].append(licence)
        self._of_track: dict[TrackRef, _Spans] = {}
        self._of_keys: dict[tuple[_Key, ...], _Spans] = {}

    def cover(
        self, *, track: TrackRef, use: Use, territory: str | None, instant: datetime
    ) -> Coverage:
        """May this track be used so, there, then? As `rules.cover`, unless an order forbids it."""
        if self.blocks.find(track=track, territory=territory, instant=instant):
            return NotCovered(Why.BLOCKED)
        spans = self._of_track.get(track)
        if spans is None:
            spans = self._of_track[track] = self._compile(track)
        return spans.answer(track, use, territory, instant)

    def _compile(self, track: TrackRef) -> _Spans:
        """Tracks of which the same licences speak share their answers."""
        keys: tuple[_Key, ...] = (
            ("whole", None),
            ("label", track.label_id),
            ("release", track.release_id),
            ("track", track.track_id),
        )
        known = tuple(key for key in keys if key in self._by_repertoire)
        if known not in self._of_keys:
            licences = [one for key in known for one in self._by_repertoire[key]]
            self._of_keys[known] = _Spans(licences)
        return self._of_keys[known]


class _Spans:
    """The licences that speak of some tracks, and the instants at which anything changes."""

    def __init__(self, licences: list[LicenceTerms]) -> None:
        self._licences = licences
        self._edges = sorted({edge for licence in licences for edge in _edges(licence)})
        self._answers: dict[tuple[Use, str | None, int], Coverage] = {}
        self._chosen: dict[tuple[Use, str | None], list[LicenceTerms]] = {}

    def answer(
        self, track: TrackRef, use: Use, territory: str | None, instant: datetime
    ) -> Coverage:
        key = use, territory, bisect_right(self._edges, instant)
        known = self._answers.get(key)
        if known is None:
            known = self._answers[key] = cover(
                track=track,
                use=use,
                territory=territory,
                instant=instant,
                licences=self._about(use, territory),
            )
        return known

    def _about(self, use: Use, territory: str | None) -> list[LicenceTerms]:
        """The few that an answer depends on: of each right those that open the use there, and all of
        a right that none of them opens, so that the reason is told."""
        known = self._chosen.get((use, territory))
        if known is None:
            known = self._chosen[use, territory] = []
            for right in Right:
                of_right = [one for one in self._licences if one.right is right]
                opening = [
                    one for one in of_right if use in one.uses and territory in one.territories
                ]
                known += opening or of_right
        return known


def _edges(licence: LicenceTerms) -> Iterable[datetime]:
    yield licence.starts_at
    if licence.ends_at is not None:
        yield licence.ends_at
    for span in licence.suspended:
        yield span.starts_at
        if span.ends_at is not None:
            yield span.ends_at
