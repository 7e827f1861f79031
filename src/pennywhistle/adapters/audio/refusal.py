"""Why a delivered recording cannot become a master."""

from __future__ import annotations

from enum import StrEnum


class RefusalKind(StrEnum):
    """The kinds of trouble, for those who count or sort refusals."""

    NOT_AUDIO = "not-audio"
    UNLIKE_ITS_NAME = "unlike-its-name"
    LOSSY = "lossy"
    UNSUPPORTED = "unsupported"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    TOO_LONG = "too-long"


class AudioRefusedError(ValueError):
    """This file cannot become a master: `reason` says what is wrong, `remedy` what to do."""

    def __init__(self, *, kind: RefusalKind, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.kind = kind
        self.reason = reason
        self.remedy = remedy
