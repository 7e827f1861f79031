"""Say whether the store can do its work: the database answers, and the encoder starts."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from django.db import DatabaseError, connection

from pennywhistle.adapters.audio.binary import EncoderMissingError, start_encoder

# An encoder that started a moment ago starts now: whoever asks often costs no process each time.
ENCODER_TRUSTED_FOR = timedelta(seconds=60)

# When it last started, as far as this process knows: the one key is there or not.
_ENCODER = "encoder"
_started_at: dict[str, datetime] = {}


class Ailment(StrEnum):
    """What is wrong, in words for the operator's machines."""

    DATABASE = "database does not answer"
    ENCODER = "encoder does not start"


def check_health(*, now: datetime) -> list[Ailment]:
    """What is wrong; nothing where all is well. One query, and once a minute one process."""
    ailments = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        ailments.append(Ailment.DATABASE)
    if not _encoder_starts(now):
        ailments.append(Ailment.ENCODER)
    return ailments


def _encoder_starts(now: datetime) -> bool:
    last = _started_at.pop(_ENCODER, None)
    if last is None or not timedelta() <= now - last < ENCODER_TRUSTED_FOR:
        try:
            start_encoder()
        except EncoderMissingError:
            return False
        last = now
    _started_at[_ENCODER] = last
    return True
