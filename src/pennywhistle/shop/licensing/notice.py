"""The notice on each page: under whose licences the music is sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pennywhistle.shop.licensing.queries import list_begun
from pennywhistle.shop.licensing.rules import Use


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One line of the notice: under whose licence the music is sold."""

    licensor: str
    kind: str
    right: str
    number: str
    document_reference: str


def list_notice(*, territory: str | None, instant: datetime) -> list[NoticeLine]:
    """The licences in force there, as the notice on each page names them; all of them where the
    territory is not known. One query, and one more where one of them was ended or suspended.
    """
    return [
        NoticeLine(
            licensor=terms.licensor,
            kind=kind,
            right=terms.right.value,
            number=terms.number,
            document_reference=terms.document_reference,
        )
        for terms, kind in list_begun(use=Use.DOWNLOAD, instant=instant).values()
        if terms.is_in_force(instant) and (territory is None or territory in terms.territories)
    ]
