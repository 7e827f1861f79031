"""Ways to pay: how each is, and the messages that could not be processed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from pennywhistle.doors.desk.access import Visitor, for_the_operator, go, show
from pennywhistle.flows.hear_gateway import replay
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.shop.payments.gateways.circuits import Circuit
from pennywhistle.shop.payments.gateways.queries import (
    MessageFacts,
    count_failed_messages,
    list_circuits,
    list_messages,
)


@dataclass(frozen=True, slots=True)
class GatewayRow:
    """A way to pay; `since` is when it fell out of order, None where it is in order."""

    name: str
    since: datetime | None
    tried_again_at: datetime | None
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message that was given up."""

    received_at: datetime
    gateway: str
    event_type: str
    event_id: str
    trouble: str


@dataclass(frozen=True, slots=True)
class GatewaysPage:
    """Ways to pay in order of preference, and the newest messages that were given up."""

    gateways: Sequence[GatewayRow]
    failed: Sequence[MessageRow]
    failed_count: int


@require_safe
@for_the_operator
def gateways(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """How each way to pay is."""
    circuits = list_circuits()
    page = GatewaysPage(
        gateways=[_row(circuits.get(name, Circuit(name))) for name in get_outfit().gateways],
        failed=[_message(message) for message in list_messages(only_failed=True)],
        failed_count=count_failed_messages(),
    )
    return show(request, visitor, "gateways", page)


@require_POST
@for_the_operator
def try_again(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Process the newest given-up messages again."""
    found = list_messages(only_failed=True)
    heard = replay(messages=list(reversed(found)), gateways=get_outfit().gateways, now=visitor.now)
    if heard.troubles:
        messages.error(request, "; ".join(heard.troubles[:3]))
    text = ngettext("%(count)s message processed.", "%(count)s messages processed.", heard.done)
    messages.success(request, text % {"count": heard.done})
    return go("desk-gateways")


def _row(circuit: Circuit) -> GatewayRow:
    if not circuit.is_open:
        text = gettext("in order")
    elif circuit.is_shut:
        text = gettext("declines to serve this store")
    else:
        text = gettext("gives no answer")
    return GatewayRow(circuit.gateway, circuit.opened_at, circuit.probe_at, text, circuit.reason)


def _message(message: MessageFacts) -> MessageRow:
    return MessageRow(
        message.received_at,
        message.gateway,
        message.event_type,
        message.event_id,
        message.trouble,
    )
