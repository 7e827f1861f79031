"""Count the sizes that only an encode can tell: of a new master, and of masters that lack some.

A master that was taken in before a recipe joined the table lacks its size there. Until it has been
measured, that recipe is not offered of it. What was measured with another encoder, or by other
arguments, still gives a price, but promises no file's length; it is measured anew.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from pennywhistle.adapters.audio.encode import (
    EncoderFailedError,
    measure_audio_bytes,
)
from pennywhistle.adapters.storage.growing import MakeRoom, no_room
from pennywhistle.adapters.storage.masters import MasterMissingError, MasterStore
from pennywhistle.adapters.storage.rendition_cache import DiskFullError
from pennywhistle.flows.encode_order import encoder_of, order_of
from pennywhistle.shop.catalogue.facts import MeasuredSize
from pennywhistle.shop.catalogue.operations import add_measured_sizes
from pennywhistle.shop.catalogue.queries import list_masters
from pennywhistle.shop.encoding import rules as encoding
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.recipes import Recipe

log = logging.getLogger(__name__)

# Encoders that measure one master at the same time.
MEASURES_AT_ONCE_MAX = 2
# Nobody waits for what is measured in the background.
BACKGROUND_NICENESS = 8
# In one batch: masters that are looked at, and those of them that are measured.
LOOKED_AT_MAX = 500
MEASURED_MAX = 5


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did. The next one goes on `after_id`; 0 means that all have been looked at."""

    measured: int
    failed: int
    after_id: int


def measure_masters(
    *,
    masters: MasterStore,
    working_folder: Path,
    make_room: MakeRoom = no_room,
    after_id: int = 0,
) -> Batch:
    """Measure the next few masters past `after_id` that lack a size, or whose sizes another encoder
    made. Rerunning it does no harm.

    A master that cannot be measured, be it for a disk that stays full after `make_room` was asked,
    is told to the log and passed over until all others have been looked at. Transaction: one short
    one for each master.
    """
    measured = failed = 0
    listed = list_masters(after_id=after_id, limit=LOOKED_AT_MAX)
    for master in listed:
        facts = facts_of(master=master)
        if not _lacking(master.sha256, facts):
            continue
        if measured + failed == MEASURED_MAX:
            return Batch(measured, failed, after_id)
        after_id = master.id
        try:
            sizes = measure_sizes(
                source=masters.path(sha256=master.sha256),
                master_sha256=master.sha256,
                master=facts,
                working_folder=working_folder,
                niceness=BACKGROUND_NICENESS,
                make_room=make_room,
            )
        except (MasterMissingError, EncoderFailedError, DiskFullError):
            log.exception(
                "master %s was not measured; it is not sold in every recipe", master.sha256
            )
            failed += 1
        else:
            add_measured_sizes(master_id=master.id, measured=sizes)
            measured += 1
    is_all = len(listed) < LOOKED_AT_MAX
    return Batch(measured, failed, 0 if is_all else listed[-1].id)


def measure_sizes(
    *,
    source: Path,
    master_sha256: str,
    master: encoding.MasterFacts,
    working_folder: Path,
    niceness: int = 0,
    make_room: MakeRoom = no_room,
) -> dict[str, MeasuredSize]:
    """The sizes by recipe, wherever only an encode can tell it and this encoder's has not yet.

    `source` is where the master lies. Where the disk of the working folder is full, `make_room` is
    asked for some. Raises `EncoderFailedError`, `DiskFullError`.
    """

    def measure(recipe: Recipe) -> MeasuredSize:
        order = order_of(recipe=recipe, master=master, source=source, working_folder=working_folder)
        key = _audio_key(master_sha256, master, recipe)
        size = measure_audio_bytes(replace(order, niceness=niceness), make_room=make_room)
        return MeasuredSize(size, key)

    with ThreadPoolExecutor(MEASURES_AT_ONCE_MAX) as pool:
        # The slowest stand last in the table, and begin first.
        sizes = {
            recipe.code: pool.submit(measure, recipe)
            for recipe in reversed(_lacking(master_sha256, master))
        }
        return {code: size.result() for code, size in sizes.items()}


def _lacking(master_sha256: str, master: encoding.MasterFacts) -> list[Recipe]:
    """The recipes of which no length may be promised before they are measured."""
    return [
        recipe
        for recipe in encoding.list_measured_recipes(master=master)
        if encoding.promised_bytes(
            master_sha256=master_sha256,
            master=master,
            recipe=recipe,
            encoder=encoder_of(recipe=recipe),
        )
        is None
    ]


def _audio_key(master_sha256: str, master: encoding.MasterFacts, recipe: Recipe) -> str:
    return encoding.audio_key(
        master_sha256=master_sha256,
        master=master,
        recipe=recipe,
        encoder=encoder_of(recipe=recipe),
    )
