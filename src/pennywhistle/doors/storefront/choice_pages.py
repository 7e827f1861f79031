"""What choosing and comparing files takes: frozen objects of plain values, as in `pages.py`."""

from __future__ import annotations

from dataclasses import dataclass

from pennywhistle.kit.money import Money


@dataclass(frozen=True, slots=True)
class FamilyChoice:
    """One format: `line` says who it is for, `anchor` is its id on the page.

    `price` is that of its smallest file where `price_is_least`, else that of the recording as it is.
    """

    anchor: str
    title: str
    line: str
    url: str
    is_chosen: bool
    price: Money | None = None
    price_is_least: bool = True


@dataclass(frozen=True, slots=True)
class RecipeChoice:
    """One quality of the format chosen, with the size and the price of all that is sold here.

    `loses_nothing` is for what gives the recording back sample by sample.
    """

    code: str
    title: str
    line: str
    url: str
    is_chosen: bool
    size_bytes: int | None = None
    size_is_exact: bool = True
    price: Money | None = None
    loses_nothing: bool = False


@dataclass(frozen=True, slots=True)
class Chooser:
    """Formats in two groups, and the qualities of the one chosen: one where there is no choice."""

    small: tuple[FamilyChoice, ...]
    every_detail: tuple[FamilyChoice, ...]
    family_title: str
    recipes: tuple[RecipeChoice, ...]

    @property
    def chosen(self) -> RecipeChoice:
        """The quality chosen."""
        return next(recipe for recipe in self.recipes if recipe.is_chosen)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A picture of what sounds at which height, by day and by night, and what it shows in words."""

    title: str
    day_url: str
    night_url: str
    text: str


@dataclass(frozen=True, slots=True)
class HearPage:
    """One song in the recipe chosen, beside the recording itself.

    `recipe_audio_url` is empty where both sound the same: `proof`, the hash of the recording's
    samples, is then that of the file's too. `fetch_bytes` is about what both take on the line, None
    where that is not known. `price` is None where it is not sold here. Ticks are
    labels at equal distances: heights from the top down, times from left to right.
    """

    title: str
    artist_name: str
    release_title: str
    release_url: str
    cover_url: str
    track_id: str
    url: str
    recipe_code: str
    recipe_title: str
    chooser: Chooser
    price: Money | None
    seconds: int
    part_start_ms: int
    part_stop_ms: int
    duration_ms: int
    peaks: bytes
    master_text: str
    rate_hz: int
    treatment: str
    master_audio_url: str
    recipe_audio_url: str
    fetch_bytes: int | None
    proof: str
    spectra: tuple[Spectrum, ...]
    khz_ticks: tuple[str, ...]
    time_ticks: tuple[str, ...]

    @property
    def part_share(self) -> tuple[float, float]:
        """Where the part that is heard begins and ends, as shares of the song."""
        whole = max(self.duration_ms, 1)
        return self.part_start_ms / whole, self.part_stop_ms / whole
