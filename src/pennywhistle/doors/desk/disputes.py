"""What cardholders' banks take back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from pennywhistle.doors.desk import aftercare_words, words
from pennywhistle.doors.desk.access import Visitor, for_the_operator, go, show
from pennywhistle.doors.desk.aftercare_pages import DisputeLine, DisputesPage
from pennywhistle.flows.forgive_shortage import forgive_shortage
from pennywhistle.kit.money import Money
from pennywhistle.shop.payments.going_back.queries import DisputeRow, list_disputes
from pennywhistle.shop.payments.going_back.rules import (
    DisputeStage,
    PayBackError,
    UnknownDisputeError,
)


@require_safe
@for_the_operator
def listing(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Every dispute: what is open or short first."""
    page = DisputesPage([dispute_line(row) for row in list_disputes()])
    return show(request, visitor, "disputes", page)


@require_POST
@for_the_operator
def forgive(request: HttpRequest, visitor: Visitor, dispute_id: int) -> HttpResponse:
    """Let the listener buy again; the loss stays the store's."""
    try:
        forgive_shortage(dispute_id=dispute_id, forgiven_by=visitor.person_id, now=visitor.now)
    except UnknownDisputeError:
        raise Http404 from None
    except PayBackError as error:
        messages.error(request, words.sentence(error))
    else:
        messages.success(request, gettext("The listener can buy again."))
    return go("desk-disputes")


def dispute_line(row: DisputeRow) -> DisputeLine:
    """A dispute in a list."""
    facts = row.facts
    is_lost = facts.stage is DisputeStage.LOST
    nothing = Money.zero(facts.amount.currency)
    return DisputeLine(
        listener=row.email,
        listener_url=f"{reverse('desk-listeners')}?email={row.email}",
        gateway=facts.gateway,
        reference=facts.reference,
        reason=gettext("refunded at the gateway") if facts.is_refund else facts.reason,
        state=aftercare_words.dispute_stage(facts.stage),
        heard_at=row.heard_at,
        amount=facts.amount,
        frozen=facts.frozen if facts.stage is DisputeStage.OPEN else nothing,
        lost=facts.shortage if is_lost else nothing,
        shortage=row.shortage,
        forgive_url=reverse("desk-forgive", args=[row.id]) if is_lost and row.shortage else "",
    )
