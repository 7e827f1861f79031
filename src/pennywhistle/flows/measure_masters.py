"""Count the sizes that only an encode can tell: of a new master, and of masters that lack some.

A master that was taken in before a recipe joined the table lacks its size there. Until it has been
measured, that recipe is not offered of it.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pennywhistle.adapters.audio.encode import (
    EncoderFailedError,
    measure_audio_bytes,
)
from pennywhistle.adapters.storage.masters import MasterMissingError, MasterStore
from pennywhistle.flows.encode_order import order_of
from pennywhistle.shop.catalogue.operations import add_measured_bytes
from pennywhistle.shop.catalogue.queries import list_masters
from pennywhistle.shop.encoding import rules as encoding
from pennywhistle.shop.encoding.queries import facts_of
from pennywhistle.shop.encoding.recipes import Recipe

log = logging.getLogger(__name__)

# Encoders that measure one master at the same time.
MEASURES_AT_ONCE_MAX = 2
# In one batch: masters that are looked at, and those of them that are measured.
LOOKED_AT_MAX = 500
MEASURED_MAX = 5


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did. The next one goes on `after_id`; 0 means that all have been looked at."""

    measured: int
    failed: int
    after_id: int


def measure_masters(*, masters: MasterStore, working_folder: Path, after_id: int = 0) -> Batch:
    """Measure the next few masters past `after_id` that lack a size. Rerunning it does no harm.

    A master that cannot be measured is told to the log and passed over until all others have been
    looked at. Transaction: one short one for each master.
    """
    measured = failed = 0
    listed = list_masters(after_id=after_id, limit=LOOKED_AT_MAX)
    for master in listed:
        facts = facts_of(master=master)
        if not _lacking(facts):
            continue
        if measured + failed == MEASURED_MAX:
            return Batch(measured, failed, after_id)
        after_id = master.id
        try:
            path = masters.path(sha256=master.sha256)
            sizes = measure_sizes(master=path, facts=facts, working_folder=working_folder)
        except (MasterMissingError, EncoderFailedError):
            log.exception(
                "master %s was not measured; it is not sold in every recipe", master.sha256
            )
            failed += 1
        else:
            add_measured_bytes(master_id=master.id, measured=sizes)
            measured += 1
    is_all = len(listed) < LOOKED_AT_MAX
    return Batch(measured, failed, 0 if is_all else listed[-1].id)


def measure_sizes(
    *, master: Path, facts: encoding.MasterFacts, working_folder: Path
) -> dict[str, int]:
    """The priced size, in bytes by recipe, wherever only an encode can tell it and none has yet.

    Raises `EncoderFailedError`.
    """
    with ThreadPoolExecutor(MEASURES_AT_ONCE_MAX) as pool:
        # The slowest stand last in the table, and begin first.
        sizes = {
            recipe.code: pool.submit(
                measure_audio_bytes,
                order_of(recipe=recipe, master=facts, source=master, working_folder=working_folder),
            )
            for recipe in reversed(_lacking(facts))
        }
        return {code: size.result() for code, size in sizes.items()}


def _lacking(facts: encoding.MasterFacts) -> list[Recipe]:
    return [
        recipe
        for recipe in encoding.list_measured_recipes(master=facts)
        if recipe.code not in facts.measured_bytes
    ]
