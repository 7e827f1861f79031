"""Count how gateways answer, and leave one alone that does not: its circuit (`circuits.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from pennywhistle.adapters.gateways.interface import (
    Gateway,
    GatewayBusyError,
    GatewayShutError,
    GatewayUnreachableError,
)
from pennywhistle.shop.payments.gateways.circuits import (
    Circuit,
    GatewayClosedError,
    after_failure,
    after_success,
)
from pennywhistle.shop.payments.gateways.operations import change_circuit, claim_due_probe
from pennywhistle.shop.payments.gateways.queries import list_circuits


@contextmanager
def asking(*, gateway: Gateway, now: datetime) -> Iterator[None]:
    """Around every call of a gateway, outside of any transaction: how it went is counted.

    Costs one query, and one write where it failed, or is well again. Raises what the call raises,
    and `GatewayClosedError` without calling where the circuit is open.
    """
    circuit = list_circuits().get(gateway.name, Circuit(gateway.name))
    if circuit.is_open:
        raise GatewayClosedError(
            "This way to pay is out of order at the moment. Choose another one, or come back soon."
        )
    with _counting(gateway, circuit, now):
        yield


@contextmanager
def _counting(gateway: Gateway, circuit: Circuit, now: datetime) -> Iterator[None]:
    try:
        yield
    except GatewayBusyError:
        raise  # It is there, and serves us: others may still pay by it.
    except (GatewayShutError, GatewayUnreachableError) as error:
        is_shut, reason = isinstance(error, GatewayShutError), str(error)

        def fail(known: Circuit) -> Circuit:
            return after_failure(circuit=known, is_shut=is_shut, reason=reason, now=now)

        change_circuit(gateway=gateway.name, change=fail)
        raise
    if circuit.failures:
        change_circuit(gateway=gateway.name, change=lambda known: after_success(circuit=known))


def probe_gateways(*, gateways: Mapping[str, Gateway], now: datetime) -> list[str]:
    """Try those whose circuits are open and due; the names of those that are well again.

    One process alone tries each. Transactions: one before a gateway is asked, one after.
    """
    recovered = []
    for name, circuit in list_circuits().items():
        gateway = gateways.get(name)
        if gateway is None or not circuit.is_open or not claim_due_probe(gateway=name, now=now):
            continue
        try:
            with _counting(gateway, circuit, now):
                gateway.check()
        except (GatewayShutError, GatewayUnreachableError):
            continue  # It is counted, and the next try is set.
        recovered.append(name)
    return recovered


def list_ways_to_pay(*, gateways: Mapping[str, Gateway]) -> list[str]:
    """The gateways that can be asked now, in the order of preference. One query."""
    circuits = list_circuits()
    return [name for name in gateways if not circuits.get(name, Circuit(name)).is_open]


def list_ways_out_of_order(*, gateways: Mapping[str, Gateway]) -> list[str]:
    """The gateways that are not asked now. One query."""
    offered = list_ways_to_pay(gateways=gateways)
    return [name for name in gateways if name not in offered]
