"""What goes on in the background: top-ups that are on their way, offers that ran out, sizes that
have not been measured yet."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

from django.conf import settings
from django.db import close_old_connections, connections

from pennywhistle.flows.examine_report import examine_reports
from pennywhistle.flows.hear_gateway import deliver_pretended, forget_bodies, process_messages
from pennywhistle.flows.issue_paper import (
    AT_ONCE,
    Numbered,
    issue_missing_credit_notes,
    issue_missing_receipts,
)
from pennywhistle.flows.keep_card import forget_cards_used_once
from pennywhistle.flows.measure_masters import measure_masters
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.flows.pay_back_top_up import settle_pending_pay_backs
from pennywhistle.flows.pay_out import pay_out_due
from pennywhistle.flows.record_payment_event import ask_for_fees, settle_pending_top_ups
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.flows.sweep_store import sweep_store
from pennywhistle.flows.watch_gateways import probe_gateways
from pennywhistle.kit.clock import utc_now
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.sales.paper_queries import find_last_purchase_id, find_last_refund_id

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
SETTLE_EVERY = timedelta(seconds=2)
HEAR_EVERY = timedelta(seconds=1)
PRETEND_EVERY = timedelta(seconds=5)
SWEEP_EVERY = timedelta(hours=1)
MEASURE_EVERY = timedelta(seconds=30)
EXAMINE_EVERY = timedelta(seconds=30)
SEAL_EVERY = timedelta(minutes=10)
PAY_OUT_EVERY = timedelta(hours=1)

# A charge younger than this is still being answered in the request that made it.
SETTLE_AFTER = timedelta(seconds=3)

# How often receipts are looked for that their tills did not write.
NUMBER_EVERY = timedelta(seconds=10)
# Rows that are looked at again: more than there are purchases under way at once.
LOOK_BACK = 100
# Papers that could not be written are tried again so often; and told of, between two tries.
FAILED_EVERY = timedelta(hours=1)
FAILED_TOLD_MOST = 100


@dataclass
class _Round:
    """A piece of work and when it is due again (seconds of the monotonic clock).

    What `is_long` goes on beside the others, in a thread that ends with the process.
    """

    name: str
    work: Callable[[], object]
    every: timedelta
    due_at: float = 0.0
    is_long: bool = False
    thread: threading.Thread | None = None


def run(*, parent_pid: int | None) -> None:
    """Work until SIGTERM or SIGINT, or until the parent is gone where there is one.

    One round that fails is logged with its error and tried again when it is next due.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    rounds = [
        _Round("settle top-ups", _settle, SETTLE_EVERY, is_long=True),
        _Round("hear gateways", _hear, HEAR_EVERY, is_long=True),
        _Round("write as the sandbox", _deliver_pretended, PRETEND_EVERY, is_long=True),
        _Round("sweep", _sweep, SWEEP_EVERY),
        _Round("settle pay-backs", _settle_pay_backs, SETTLE_EVERY, is_long=True),
        _Round("measure masters", _Measuring(), MEASURE_EVERY, is_long=True),
        _Round("examine reports", _examine, EXAMINE_EVERY, is_long=True),
        _Round("seal books", _seal, SEAL_EVERY, is_long=True),
        _Round("set payouts aside", _pay_out, PAY_OUT_EVERY, is_long=True),
        _Round(
            "write receipts",
            _Numbering(issue_missing_receipts, find_last_purchase_id),
            NUMBER_EVERY,
        ),
        _Round(
            "write credit notes",
            _Numbering(issue_missing_credit_notes, find_last_refund_id),
            NUMBER_EVERY,
        ),
    ]
    while not stop.is_set() and (parent_pid is None or os.getppid() == parent_pid):
        for each in rounds:
            if time.monotonic() >= each.due_at:
                _begin(each)
        stop.wait(TICK_SECONDS)


def _begin(each: _Round) -> None:
    if not each.is_long:
        _try(each)
    elif each.thread is None or not each.thread.is_alive():
        each.thread = threading.Thread(target=_try_apart, args=(each,), name=each.name, daemon=True)
        each.thread.start()


def _try_apart(each: _Round) -> None:
    _try(each)
    connections.close_all()


def _try(each: _Round) -> None:
    try:
        each.work()
    except Exception:
        log.exception("%s failed; tried again in %s", each.name, each.every)
    finally:
        each.due_at = time.monotonic() + each.every.total_seconds()
        close_old_connections()


def _settle() -> None:
    now, gateways = utc_now(), get_outfit().gateways
    recovered = probe_gateways(gateways=gateways, now=now)
    if recovered:
        log.warning("well again: %s", ", ".join(recovered))
    try:
        settle_pending_top_ups(gateways=gateways, created_before=now - SETTLE_AFTER, now=now)
    finally:
        ask_for_fees(gateways=gateways, now=now)
        forget_cards_used_once(gateways=gateways, now=now)


def _seal() -> None:
    seal_books(now=utc_now())


def _pay_out() -> None:
    if settings.PAY_OUT_DUE:
        now = utc_now()
        pay_out_due(new_payout_id=lambda: new_id(now=now), now=now)


def _settle_pay_backs() -> None:
    now = utc_now()
    settle_pending_pay_backs(
        gateways=get_outfit().gateways, created_before=now - SETTLE_AFTER, now=now
    )


def _hear() -> None:
    heard = process_messages(gateways=get_outfit().gateways, now=utc_now())
    for trouble in heard.troubles:
        log.warning("a message is tried again: %s", trouble)


def _deliver_pretended() -> None:
    deliver_pretended(gateways=get_outfit().gateways, now=utc_now())


def _examine() -> None:
    examine_reports(outfit=get_outfit(), now=utc_now())


def _sweep() -> None:
    sweep_store(outfit=get_outfit(), now=utc_now())
    forget_bodies(kept_for=settings.MESSAGES_KEPT_FOR, now=utc_now())


class _Measuring:
    """Goes through all masters, a few at a time, and begins anew after the last."""

    def __init__(self) -> None:
        self._after_id = 0

    def __call__(self) -> None:
        outfit = get_outfit()
        batch = measure_masters(
            masters=outfit.masters,
            working_folder=outfit.working_folder,
            make_room=outfit.renditions.give_way,
            after_id=self._after_id,
        )
        self._after_id = batch.after_id


class _Numbering:
    """Goes through what was sold or given back, and writes the papers that crashes left out.

    First of all the newest, where a crash has just been; beside them, from the first row on, what
    older ones lack. Row numbers may be given out before their rows can be seen, so it always looks a
    little back. A paper that cannot be written is logged, and looked for again from there after
    `FAILED_EVERY`, until somebody has put its sale right.
    """

    def __init__(self, issue: Callable[..., Numbered], find_last_id: Callable[[], int]) -> None:
        self._issue, self._find_last_id = issue, find_last_id
        self._old_after_id, self._new_after_id, self._begun_at_id = 0, 0, -1
        self._failed_after_id, self._failed_at = -1, 0.0
        self._told: set[int] = set()

    def __call__(self) -> None:
        if self._begun_at_id < 0:
            self._begun_at_id = max(0, self._find_last_id() - AT_ONCE)
            self._new_after_id = self._begun_at_id
        self._new_after_id = self._go_on(self._new_after_id)
        if self._old_after_id < self._begun_at_id:
            self._old_after_id = self._go_on(self._old_after_id)
        elif self._failed_after_id >= 0 and _has_passed(self._failed_at, FAILED_EVERY):
            self._old_after_id, self._begun_at_id = self._failed_after_id, self._new_after_id
            self._failed_after_id = -1
            self._told.clear()

    def _go_on(self, after_id: int) -> int:
        done = self._issue(after_id=after_id, now=utc_now())
        if done.failed and self._failed_after_id < 0:
            self._failed_after_id, self._failed_at = after_id, time.monotonic()
        elif done.failed:
            self._failed_after_id = min(self._failed_after_id, after_id)
        for purchase_id, error in done.failed:
            if purchase_id not in self._told and len(self._told) < FAILED_TOLD_MOST:
                self._told.add(purchase_id)
                log.error("no paper for purchase %s", purchase_id, exc_info=error)
        return max(after_id, done.last_id - LOOK_BACK)


def _has_passed(since_seconds: float, duration: timedelta) -> bool:
    return time.monotonic() >= since_seconds + duration.total_seconds()
