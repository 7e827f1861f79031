"""When a gateway is no longer asked, and when it is tried again. Pure.

A circuit opens at once where a gateway declines to serve the store, and after `FAILURES_MOST`
failures in a row where it gives no answer. While it is open nobody waits for it: the wallet offers
the next way to pay, and the worker asks, at growing intervals, whether it is well again. One answer
closes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pennywhistle.shop.payments.rules import PaymentError


class GatewayClosedError(PaymentError):
    """A way to pay that is not offered now: it is not set up, or its circuit is open."""


FAILURES_MOST = 3

# How long after it opened a gateway is tried first, doubled with each try, and the longest wait.
PROBE_FIRST = timedelta(seconds=15)
PROBE_FIRST_SHUT = timedelta(minutes=2)
PROBE_LAST = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Circuit:
    """A gateway's circuit: open where `opened_at` is set, and then tried again at `probe_at`.

    `is_shut` tells that the gateway declined to serve the store; `reason` is what it said.
    """

    gateway: str
    failures: int = 0
    opened_at: datetime | None = None
    probe_at: datetime | None = None
    probes: int = 0
    is_shut: bool = False
    reason: str = ""

    @property
    def is_open(self) -> bool:
        """True while the gateway is not asked."""
        return self.opened_at is not None


def after_failure(*, circuit: Circuit, is_shut: bool, reason: str, now: datetime) -> Circuit:
    """What a circuit is after one call that failed."""
    failed = replace(circuit, failures=circuit.failures + 1, is_shut=is_shut, reason=reason)
    if circuit.is_open:
        return failed
    if not is_shut and failed.failures < FAILURES_MOST:
        return failed
    return replace(failed, opened_at=now, probe_at=now + _wait(is_shut=is_shut, probes=0), probes=0)


def after_success(*, circuit: Circuit) -> Circuit:
    """What a circuit is after one call that was answered: closed, and nothing counted."""
    return Circuit(circuit.gateway)


def claim_probe(*, circuit: Circuit, now: datetime) -> Circuit | None:
    """The circuit of whoever tries the gateway now, or None where it is not yet time.

    The next try is put off before this one is made, so that one process alone makes it.
    """
    if circuit.probe_at is None or now < circuit.probe_at:
        return None
    probes = circuit.probes + 1
    return replace(
        circuit, probes=probes, probe_at=now + _wait(is_shut=circuit.is_shut, probes=probes)
    )


def _wait(*, is_shut: bool, probes: int) -> timedelta:
    first = PROBE_FIRST_SHUT if is_shut else PROBE_FIRST
    return min(first * (1 << min(probes, 10)), PROBE_LAST)
