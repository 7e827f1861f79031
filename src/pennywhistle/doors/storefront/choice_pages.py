"""What choosing and comparing files takes: frozen objects of plain values, as in `pages.py`."""

from __future__ import annotations

from dataclasses import dataclass

from pennywhistle.kit.money import Money


@dataclass(frozen=True, slots=True)
class FamilyChoice:
    """One format: `line` says who it is for, `from_price` what its smallest file costs.

    `anchor` is its id on the page.
    """

    anchor: str
    title: str
    line: str
    url: str
    is_chosen: bool
    from_price: Money | None = None


@dataclass(frozen=True, slots=True)
class RecipeChoice:
    """One quality of the format chosen, with the size and the price of all that is sold here."""

    code: str
    title: str
    line: str
    url: str
    is_chosen: bool
    size_bytes: int | None = None
    size_is_exact: bool = True
    price: Money | None = None


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
    """One song in the recipe chosen beside the recording itself.

    `recipe_audio_url` is empty where both sound the same; `proof` is then the hash of their samples.
    Ticks are labels at equal distances: kilohertz from the top down, times from left to right.
    `strokes` are the peaks of the whole song, of which `part_start` to `part_stop` (shares of it)
    are heard. `trouble` says why there is nothing to hear.
    """

    title: str
    artist_name: str
    release_title: str
    release_url: str
    cover_url: str
    track_id: str
    recipe_code: str
    recipe_title: str
    chooser: Chooser
    is_sold: bool
    price: Money | None
    seconds: int
    part: str
    master_text: str
    treatment: str
    master_audio_url: str
    recipe_audio_url: str
    proof: str
    spectra: tuple[Spectrum, ...]
    khz_ticks: tuple[str, ...]
    time_ticks: tuple[str, ...]
    peaks: bytes
