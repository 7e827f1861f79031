"""Forget what has run out: offers nobody took, files that crashes left, renditions over budget."""

from __future__ import annotations

from datetime import datetime, timedelta

from pennywhistle.adapters.storage.rendition_cache import Swept
from pennywhistle.adapters.storage.working import sweep_working
from pennywhistle.flows.measures import list_measures
from pennywhistle.flows.outfit import Outfit
from pennywhistle.shop.sales.operations import sweep_quotes

# Kept a while after they ran out, so that "this offer has run out" can be said of them.
QUOTES_KEPT = timedelta(days=1)

# What arrives for longer than this was left by a crash.
ARRIVALS_LAST = timedelta(days=1)


def sweep_store(*, outfit: Outfit, now: datetime) -> Swept:
    """Sweep once; what was removed of the cache. Rerunning it does no harm.

    Transaction: one short one for the offers.
    """
    sweep_quotes(expired_before=now - QUOTES_KEPT)
    left_before = (now - ARRIVALS_LAST).timestamp()
    outfit.masters.sweep(older_than=left_before)
    outfit.covers.sweep(older_than=left_before)
    outfit.booklets.sweep(older_than=left_before)
    sweep_working(outfit.working_folder)
    swept = outfit.renditions.sweep()
    list_measures()  # Takes the counts of ended processes into one file.
    return swept
