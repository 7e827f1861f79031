"""A gateway's message: its signature is checked, it is kept as it came, and that is the answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from pennywhistle.flows.hear_gateway import (
    BadSignatureError,
    UnknownGatewayError,
    UnreadableMessageError,
    receive_message,
)
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.kit.clock import utc_now

# What a gateway is told; anything but 2xx has it send the message again.
_STATUS = {UnknownGatewayError: 404, BadSignatureError: 400, UnreadableMessageError: 400}


@csrf_exempt
@require_POST
def receive(request: HttpRequest, gateway: str) -> HttpResponse:
    """Keep a message. 200 once it is kept, now or before; 400 for what is too long, not signed or
    not readable, 404 for a gateway that this store has not."""
    try:
        is_new = receive_message(
            gateway_name=gateway,
            gateways=get_outfit().gateways,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.body,
            now=utc_now(),
        )
    except (UnknownGatewayError, BadSignatureError, UnreadableMessageError) as error:
        return _said(str(error), _STATUS[type(error)])
    return _said("kept" if is_new else "known", 200)


def _said(text: str, status: int) -> HttpResponse:
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(f"{text}\n", status=status, headers=headers, content_type="text/plain")
