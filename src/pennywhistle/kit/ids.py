"""Identifiers: random ones are made in doors and passed in (law 9)."""

from __future__ import annotations

import re
import secrets
import uuid
from datetime import datetime

# Letters and digits that are not mistaken for one another when read from paper.
PAPER_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
VOUCHER_CODE_LETTERS = 16
# https://musicbrainz.org/doc/MusicBrainz_Identifier
_MUSICBRAINZ_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_id(*, now: datetime) -> uuid.UUID:
    """A UUID of version 7: it sorts by the millisecond it was made in.

    https://www.rfc-editor.org/rfc/rfc9562#section-5.7
    """
    millis = int(now.timestamp() * 1000)
    value = (millis & (2**48 - 1)) << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return uuid.UUID(int=value | 0b10 << 62 | secrets.randbits(62))


def new_voucher_code() -> str:
    """Sixteen paper-safe characters in fours, about 78 bits: `K7QM-2D9X-HV4T-P3RC`."""
    letters = [secrets.choice(PAPER_ALPHABET) for _ in range(VOUCHER_CODE_LETTERS)]
    return spell_voucher_code(letters="".join(letters))


def spell_voucher_code(*, letters: str) -> str:
    """A code in fours: `K7QM-2D9X-HV4T-P3RC`."""
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))


def new_digits(count: int) -> str:
    """So many random digits."""
    return "".join(secrets.choice("0123456789") for _ in range(count))


def is_musicbrainz_id(text: str) -> bool:
    """True for the 36 small characters that MusicBrainz names a recording or release by."""
    return _MUSICBRAINZ_ID.fullmatch(text) is not None
