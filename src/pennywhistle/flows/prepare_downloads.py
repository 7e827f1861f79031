"""Have what was bought encoded at once, so that its download finds it done."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from datetime import datetime

from django.conf import settings
from django.db import connections

from pennywhistle.flows.encode_rendition import name_rendition, want_rendition
from pennywhistle.flows.encoders import Encoders, EncodersBusyError, Need, asker_of, get_encoders
from pennywhistle.flows.outfit import Outfit, get_outfit
from pennywhistle.shop.catalogue.queries import list_tracks
from pennywhistle.shop.encoding.rules import get_recipe
from pennywhistle.shop.sales.queries import find_purchase

log = logging.getLogger(__name__)

# Songs of one purchase that are encoded ahead of being asked for.
TRACKS_AHEAD_MAX = 100
# Purchases that one process looks through at once; what comes meanwhile is encoded once it is asked for.
PURCHASES_AT_ONCE_MAX = 8

_places = threading.BoundedSemaphore(PURCHASES_AT_ONCE_MAX)


def prepare_downloads(*, purchase_id: int, person_id: int, now: datetime) -> None:
    """Begin to encode what this purchase holds, and return at once.

    Nobody waits for it: what goes wrong is in the log, and comes up again with the download. Does
    nothing where the operator has switched it off, or `PURCHASES_AT_ONCE_MAX` are at it.
    """
    if not settings.ENCODE_AHEAD or not _places.acquire(blocking=False):
        return
    thread = threading.Thread(
        target=_in_the_background,
        kwargs={"purchase_id": purchase_id, "person_id": person_id, "now": now},
        name=f"prepare-{purchase_id}",
        daemon=True,
    )
    try:
        thread.start()
    except RuntimeError:
        _places.release()
        log.exception("what purchase %s holds is not encoded ahead: no thread", purchase_id)


def encode_purchase(
    *, purchase_id: int, person_id: int, outfit: Outfit, encoders: Encoders, now: datetime
) -> list[Future[None]]:
    """Start the encodes of what this purchase holds and the cache does not, in the order bought.

    Returns one job for each, as `Encoders.start` does. Nothing where the person has no such purchase;
    what is beyond `TRACKS_AHEAD_MAX`, and what the encoders have no room for, is left until it is
    asked for. Raises what `want_rendition` raises.
    """
    purchase = find_purchase(purchase_id=purchase_id, person_id=person_id)
    if purchase is None:
        return []
    lines = purchase.lines[:TRACKS_AHEAD_MAX]
    tracks = {track.id: track for track in list_tracks(track_ids={line.track_id for line in lines})}
    jobs, asker = [], asker_of(person_id=person_id)
    for line in lines:
        track, recipe = tracks[line.track_id], get_recipe(code=line.recipe)
        named = name_rendition(track=track, recipe=recipe, covers=outfit.covers)
        if outfit.renditions.find(**named.file) is not None:
            continue
        wanted = want_rendition(track=track, recipe=recipe, outfit=outfit, named=named)
        try:
            job = encoders.start(
                wanted=wanted, outfit=outfit, now=now, asker=asker, need=Need.AHEAD
            )
        except EncodersBusyError:
            break
        jobs.append(job)
    return jobs


def _in_the_background(*, purchase_id: int, person_id: int, now: datetime) -> None:
    try:
        encode_purchase(
            purchase_id=purchase_id,
            person_id=person_id,
            outfit=get_outfit(),
            encoders=get_encoders(),
            now=now,
        )
    except Exception:
        log.exception("what purchase %s holds could not be encoded ahead", purchase_id)
    finally:
        _places.release()
        connections.close_all()
