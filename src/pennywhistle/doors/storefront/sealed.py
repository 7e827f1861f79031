"""The sealed days of the books for anyone to read, and proofs for who bought."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from pennywhistle.doors.storefront.answers import PERSONAL, for_listeners, person_of, show
from pennywhistle.flows.prove_entries import (
    ProofError,
    ProofState,
    find_proof_state,
    prove_purchase,
)
from pennywhistle.shop.ledger.seal_queries import (
    StoredSeal,
    find_newest_seal,
    list_newest_seals,
    list_seals,
)
from pennywhistle.shop.sales.queries import find_purchase

SEALS_ON_A_PAGE = 31
SEALS_IN_A_FILE = 5_000

# What is sealed does not change; a new day comes once a day.
_PUBLIC = "public, max-age=300"
_FORMAT = "pennywhistle seals 1"


@dataclass(frozen=True, slots=True)
class SealRow:
    """One sealed day, as it is published."""

    day: date
    transfer_count: int
    document_count: int
    chain: str


@dataclass(frozen=True, slots=True)
class SealsPage:
    """The newest sealed days, or those before one; `older_url` is empty on the last page."""

    rows: Sequence[SealRow]
    older_url: str = ""
    is_first: bool = True


@require_safe
def seals(request: HttpRequest) -> HttpResponse:
    """The sealed days with their chains, newest first, and how to check a proof against them."""
    before = _day(request, "before")
    found = list_newest_seals(before=before, limit=SEALS_ON_A_PAGE + 1)
    shown = found[:SEALS_ON_A_PAGE]
    older = ""
    if len(found) > len(shown):
        older = f"{reverse('storefront:seals')}?before={shown[-1].facts.day.isoformat()}"
    page = SealsPage([_row(seal) for seal in shown], older, before is None)
    return show(request, "seals", page)


@require_safe
def seals_file(request: HttpRequest) -> JsonResponse:
    """The same for programs, oldest first from `from` on: what check_proof.py takes as --seals."""
    since = _day(request, "from")
    found = list_seals(since=since, limit=SEALS_IN_A_FILE + 1)
    shown = [seal.facts for seal in found[:SEALS_IN_A_FILE]]
    newest = find_newest_seal()
    body: dict[str, Any] = {
        "format": _FORMAT,
        "newest": {"day": newest.facts.day.isoformat(), "chain": newest.chain} if newest else None,
        "seals": [facts.as_published() for facts in shown],
        "next": "",
    }
    if len(found) > len(shown):
        following = shown[-1].day + timedelta(days=1)
        body["next"] = f"{reverse('storefront:seals-file')}?from={following.isoformat()}"
    return JsonResponse(body, headers={"Cache-Control": _PUBLIC})


@require_safe
def checker(request: HttpRequest) -> HttpResponse:
    """The one-file program that checks a proof, as it is installed here."""
    source = resources.files("pennywhistle.kit").joinpath("check_proof.py").read_bytes()
    answer = HttpResponse(source, content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="check_proof.py"'
    answer["Cache-Control"] = _PUBLIC
    return answer


@require_safe
@for_listeners
def proof(request: HttpRequest, number: int) -> HttpResponse:
    """The proof of a purchase of one's own, once its day is sealed."""
    purchase = find_purchase(purchase_id=number, person_id=person_of(request))
    if purchase is None:
        raise Http404(gettext("None of your purchases has that number."))
    link = proof_link(purchase_id=purchase.id, bought_at=purchase.purchased_at)
    if not link.url:
        raise Http404(link.note)
    try:
        made = prove_purchase(purchase_id=purchase.id)
    except ProofError as error:
        raise Http404(gettext("This purchase cannot be proven. Write to the shop.")) from error
    answer = HttpResponse(json.dumps(made, indent=1) + "\n", content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="proof-{purchase.id}.json"'
    answer["Cache-Control"] = PERSONAL
    return answer


@dataclass(frozen=True, slots=True)
class ProofLink:
    """Where a proof is, or else why there is none."""

    url: str = ""
    note: str = ""


def proof_link(*, purchase_id: int, bought_at: datetime) -> ProofLink:
    """The proof of a purchase, or why it has none. One query."""
    state = find_proof_state(instant=bought_at)
    if state is ProofState.READY:
        return ProofLink(url=reverse("storefront:proof", args=[purchase_id]))
    if state is ProofState.TOO_LONG:
        return ProofLink(
            note=gettext(
                "So much was sold on that day that a proof takes a while to make. Write to the shop: "
                "it makes it for you."
            )
        )
    return ProofLink(
        note=gettext("From tomorrow on, a proof of this purchase can be downloaded here.")
    )


def _day(request: HttpRequest, name: str) -> date | None:
    """The day asked for, or None for none, or for what is none."""
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


def _row(seal: StoredSeal) -> SealRow:
    facts = seal.facts
    return SealRow(facts.day, facts.transfers.count, facts.documents.count, seal.chain)
