"""What happened to a licence after it was granted, and what was known of it when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pennywhistle.kit.clock import Period
from pennywhistle.shop.licensing.rules import LicenceTerms


class ChangeKind(StrEnum):
    """What may happen to a licence that was granted."""

    ENDED = "ended"
    SUSPENDED = "suspended"
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a licence from `effective_at` on; the store knows since `recorded_at`."""

    kind: ChangeKind
    effective_at: datetime
    recorded_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """A licence as it was agreed, when the store came to know, and what happened to it since.

    `changes` are in the order in which they were recorded.
    """

    agreed: LicenceTerms
    recorded_at: datetime
    changes: tuple[Change, ...] = ()

    def as_known(self, at: datetime | None = None) -> LicenceTerms | None:
        """The licence as the store knew it at an instant, or as it knows it now for None.

        None where it was not recorded yet.
        """
        if at is not None and at < self.recorded_at:
            return None
        known = [change for change in self.changes if at is None or change.recorded_at <= at]
        ends = [change.effective_at for change in known if change.kind is ChangeKind.ENDED]
        if self.agreed.ends_at is not None:
            ends.append(self.agreed.ends_at)
        return replace(
            self.agreed, ends_at=min(ends, default=None), suspended=suspensions(changes=known)
        )


def suspensions(*, changes: Sequence[Change]) -> tuple[Period, ...]:
    """When a licence is suspended, by changes in the order in which they were recorded.

    Each says how it is from its effective instant on, whatever was recorded of later instants before.
    """
    said: list[Change] = []
    for change in changes:
        if change.kind is not ChangeKind.ENDED:
            said = [one for one in said if one.effective_at < change.effective_at]
            said.append(change)
    spans: list[Period] = []
    since: datetime | None = None
    for change in said:
        if change.kind is ChangeKind.SUSPENDED:
            since = since or change.effective_at
        elif since is not None:
            spans.append(Period(since, change.effective_at))
            since = None
    return tuple(spans) if since is None else (*spans, Period(since, None))
