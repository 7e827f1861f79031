"""The dates that commands take."""

from __future__ import annotations

from datetime import UTC, datetime

import typer


def read_instant(text: str) -> datetime:
    """`2026-11-24` or `2026-11-24T12:00`, in UTC unless it says otherwise."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not a date; write 2026-11-24 or 2026-11-24T12:00"
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
