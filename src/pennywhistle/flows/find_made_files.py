"""What is known of files that a listener may fetch, without making one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pennywhistle.flows.encode_order import encoder_of
from pennywhistle.shop.encoding.queries import facts_of, list_newest_of_audio
from pennywhistle.shop.encoding.rules import audio_key, get_recipe
from pennywhistle.shop.library.queries import OwnedFacts


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file as it was made last. Tags corrected since then make another one of the next."""

    sha256: str
    size_bytes: int
    made_at: datetime


def find_made_files(*, items: Sequence[OwnedFacts]) -> dict[int, MadeFile]:
    """The files of those library items that this encoder has made, by item id. One query.

    Raises `EncoderMissingError`.
    """
    keys = {item.id: _audio_key(item) for item in items}
    newest = list_newest_of_audio(audio_keys=set(keys.values()))
    return {
        item_id: MadeFile(made.sha256, made.size_bytes, made.encoded_at)
        for item_id, key in keys.items()
        if (made := newest.get(key)) is not None
    }


def _audio_key(item: OwnedFacts) -> str:
    recipe = get_recipe(code=item.recipe)
    return audio_key(
        master_sha256=item.track.master.sha256,
        master=facts_of(master=item.track.master),
        recipe=recipe,
        encoder=encoder_of(recipe=recipe),
    )
