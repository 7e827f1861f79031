"""What is known of a master, and of what a recipe makes of it, before a byte is encoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pennywhistle.shop.catalogue.facts import MeasuredSize


class ExcerptError(ValueError):
    """A part of a recording that no recording can have."""


@dataclass(frozen=True, slots=True)
class MasterFacts:
    """What sizes and heads need to know of a master.

    `frames` counts samples per channel; `flac_md5` is the hex MD5 of the samples as FLAC defines it;
    `measured` holds the size in each `measured` recipe, counted at ingest, and which audio that was.
    """

    frames: int
    sample_rate_hz: int
    bits_per_sample: int
    channels: int
    flac_md5: str
    measured: Mapping[str, MeasuredSize]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a recording, in whole seconds. A preview fades at its end, an audition does not.

    Where the recording ends sooner, the part moves forward so as to end with it; what is longer than
    the recording is the whole of it. Raises `ExcerptError` for a part before the start, or empty.
    """

    start_seconds: int
    seconds: int
    fades: bool = False

    def __post_init__(self) -> None:
        if self.start_seconds < 0 or self.seconds < 1:
            raise ExcerptError(
                f"{self.seconds} s from {self.start_seconds} s on are no part of a recording; take a "
                "second at least, from its start or later"
            )


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """The samples that a rendition decodes to.

    `flac_md5` is their hex MD5 as FLAC defines it, empty where only an encode can tell it.
    """

    frames: int
    sample_rate_hz: int
    bits_per_sample: int
    channels: int
    flac_md5: str = ""


def stretch_of(*, master: MasterFacts, excerpt: Excerpt | None) -> tuple[int, int]:
    """The part of the master that is heard, half-open, in samples per channel of the master."""
    if excerpt is None:
        return 0, master.frames
    frames = min(master.frames, excerpt.seconds * master.sample_rate_hz)
    start = min(excerpt.start_seconds * master.sample_rate_hz, master.frames - frames)
    return start, start + frames
