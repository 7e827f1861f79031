"""Licensors and their statements, vouchers, and the books."""

from __future__ import annotations

import json
import secrets

from django.conf import settings
from django.contrib import messages
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pennywhistle.doors.desk import rows, words
from pennywhistle.doors.desk.access import (
    UNCACHED,
    Visitor,
    for_the_desk,
    for_the_operator,
    go,
    show,
)
from pennywhistle.doors.desk.forms import StatementForm, VoucherForm, midnight
from pennywhistle.doors.desk.pages import (
    BatchRow,
    BooksPage,
    FindingRow,
    IssuedRow,
    LicensorPage,
    RecountReport,
    VoucherSheetPage,
    VouchersPage,
)
from pennywhistle.doors.desk.shopfront import currency_of, name_of
from pennywhistle.flows.issue_statement import IssuedStatement, issue_statement
from pennywhistle.flows.issue_vouchers import issue_vouchers
from pennywhistle.flows.prove_entries import (
    ProofState,
    find_statement_proof_state,
    prove_statement,
)
from pennywhistle.flows.verify_books import BooksReport, verify_books
from pennywhistle.kit.clock import Period
from pennywhistle.kit.ids import new_voucher_code
from pennywhistle.kit.money import Money, MoneyError
from pennywhistle.look import formats
from pennywhistle.shop.ledger.queries import count_transfers, list_trial_balance
from pennywhistle.shop.ledger.seal_queries import find_newest_seal
from pennywhistle.shop.licensing.queries import (
    LicensorFacts,
    find_licensor,
    list_licensors_of_labels,
)
from pennywhistle.shop.payments.codes.queries import VoucherBatch, list_voucher_batches
from pennywhistle.shop.payments.codes.rules import UnspendableVoucherError
from pennywhistle.shop.payments.rules import PaymentError
from pennywhistle.shop.royalties.queries import (
    StatementFacts,
    list_currencies,
    list_owed,
    list_statements,
)
from pennywhistle.shop.royalties.rules import StatementMismatchError

# Transfers that a recount on a page may take: a second or two. More is for the command.
RECOUNT_MOST = 20_000
FINDINGS_SHOWN = 100

# Voucher forms that one person may have open; the oldest is forgotten.
FORMS_OPEN_MOST = 10

# Where the form calls something otherwise than the flow does.
_FIELD_OF = {"expires_at": "ends_on"}

_OPEN_FORMS = "desk_voucher_forms"


@require_safe
@for_the_desk
def licensor(request: HttpRequest, visitor: Visitor, licensor_id: int) -> HttpResponse:
    """What one licensor is owed, and the statements."""
    facts = _licensor_for(visitor, licensor_id)
    form = StatementForm(
        currencies=list_currencies(licensor_id=facts.id),
        initial={"month": f"{visitor.now:%Y-%m}"},
    )
    return show(request, visitor, "licensor", _licensor_page(facts, form))


@require_POST
@for_the_desk
def statement(request: HttpRequest, visitor: Visitor, licensor_id: int) -> HttpResponse:
    """The statement of a month as a file. A closed month's is kept with its fingerprint."""
    facts = _licensor_for(visitor, licensor_id)
    form = StatementForm(request.POST, currencies=list_currencies(licensor_id=facts.id))
    if not form.is_valid():
        return show(request, visitor, "licensor", _licensor_page(facts, form), status=422)
    period: Period = form.cleaned_data["month"]
    try:
        issued = issue_statement(licensor_name=facts.name, period=period, now=visitor.now)
    except StatementMismatchError as error:
        form.add_error(None, words.sentence(error))
        return show(request, visitor, "licensor", _licensor_page(facts, form), status=409)
    currency = form.cleaned_data["currency"]
    for one in issued:
        if one.currency == currency:
            return _csv(one)
    raise Http404


def _licensor_for(visitor: Visitor, licensor_id: int) -> LicensorFacts:
    """The licensor; a label's member finds their own label's alone."""
    if visitor.label_ids is None:
        facts = find_licensor(licensor_id=licensor_id)
    else:
        own = list_licensors_of_labels(label_ids=visitor.label_ids)
        facts = next((licensor for licensor in own if licensor.id == licensor_id), None)
    if facts is None:
        raise Http404
    return facts


def _licensor_page(facts: LicensorFacts, form: StatementForm) -> LicensorPage:
    return LicensorPage(
        name=facts.name,
        url=reverse("desk-statement", args=[facts.id]),
        kind=words.licensor_kind(facts.kind),
        owed=[rows.owed_row(owed) for owed in list_owed(licensor_ids=[facts.id])],
        issued=[
            IssuedRow(
                month=f"{row.period.starts_at:%Y-%m}",
                starts_at=row.period.starts_at,
                total=row.total,
                line_count=row.line_count,
                issued_at=row.issued_at,
                fingerprint=row.csv_sha256,
                **_proof_of(row),
            )
            for row in list_statements(licensor_id=facts.id)
        ],
        form=form,
    )


def _proof_of(row: StatementFacts) -> dict[str, str]:
    """Where the proof of a statement is, or why it is not."""
    state = find_statement_proof_state(statement=row)
    if state is ProofState.READY:
        return {"proof_url": reverse("desk-proof", args=[row.licensor_id, row.id])}
    if state is ProofState.TOO_LONG:
        return {"proof_note": gettext("too long for a page: pennywhistle proof")}
    return {"proof_note": gettext("not yet")}


@require_safe
@for_the_desk
def proof(
    request: HttpRequest, visitor: Visitor, licensor_id: int, statement_id: int
) -> HttpResponse:
    """The proof of an issued statement, for `check_proof.py`."""
    facts = _licensor_for(visitor, licensor_id)
    found = {row.id: row for row in list_statements(licensor_id=facts.id)}.get(statement_id)
    if found is None or "proof_url" not in _proof_of(found):
        raise Http404
    made = prove_statement(statement_id=found.id)
    answer = HttpResponse(json.dumps(made, indent=1) + "\n", content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="proof-statement-{found.id}.json"'
    answer["Cache-Control"] = UNCACHED
    return answer


def _csv(issued: IssuedStatement) -> HttpResponse:
    answer = HttpResponse(issued.csv_text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=issued.file_name
    )
    answer["Cache-Control"] = UNCACHED
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_operator
def vouchers(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Make a batch of vouchers. Its codes are on the answering page, and nowhere else ever."""
    if request.method != "POST":
        initial = {
            "count": 20,
            "amount": formats.amount_to_type(Money.of_minor(500, "EUR")),
            "currency": currency_of(request),
            "is_free": "no",
        }
        return _voucher_page(request, visitor, VoucherForm(initial=initial))
    form = VoucherForm(request.POST)
    if not form.is_valid():
        return _voucher_page(request, visitor, form, status=422)
    if not take_form(request):
        messages.warning(
            request,
            gettext(
                "Nothing was made: this form was sent before, or is too old. Fill in a new one."
            ),
        )
        return go("desk-vouchers")
    return _make_batch(request, visitor, form)


def _open_form(request: HttpRequest) -> str:
    """A word for one form: sent again by a reload, it must not make money a second time."""
    once = secrets.token_urlsafe(16)
    known = request.session.get(_OPEN_FORMS, [])
    request.session[_OPEN_FORMS] = [*known, once][-FORMS_OPEN_MOST:]
    return once


def take_form(request: HttpRequest) -> bool:
    """Whether the form is one of this session's, which from then on it is not. Two clicks at once
    are heard one after the other. Transaction: one of its own, which holds the session."""
    once, key = request.POST.get("once"), request.session.session_key
    with transaction.atomic():
        kept = Session.objects.select_for_update().filter(session_key=key).first()
        known = kept.get_decoded().get(_OPEN_FORMS, []) if kept else []
        request.session[_OPEN_FORMS] = [word for word in known if word != once]
        request.session.save()
    return once in known


def _make_batch(request: HttpRequest, visitor: Visitor, form: VoucherForm) -> HttpResponse:
    given = form.cleaned_data
    codes = [new_voucher_code() for _ in range(given["count"])]
    expires_at = midnight(given["ends_on"]) if given["ends_on"] else None
    try:
        amount = Money.parse(given["amount"], given["currency"])
        issue_vouchers(
            codes=codes,
            batch=given["name"],
            amount=amount,
            now=visitor.now,
            expires_at=expires_at,
            is_free=given["is_free"],
        )
    except (PaymentError, MoneyError) as error:
        field = error.field if isinstance(error, UnspendableVoucherError) else "amount"
        form.add_error(_FIELD_OF.get(field, field), words.sentence(error))
        return _voucher_page(request, visitor, form, status=422)
    page = VoucherSheetPage(
        name=given["name"],
        each=amount,
        codes=codes,
        expires_at=expires_at,
        shop_name=name_of(request),
        address=request.build_absolute_uri("/wallet/"),
    )
    return show(request, visitor, "sheet", page)


def _voucher_page(
    request: HttpRequest, visitor: Visitor, form: VoucherForm, *, status: int = 200
) -> HttpResponse:
    batches = [_batch_row(batch, visitor) for batch in list_voucher_batches()]
    page = VouchersPage(form=form, once=_open_form(request), batches=batches)
    return show(request, visitor, "vouchers", page, status=status)


def _batch_row(batch: VoucherBatch, visitor: Visitor) -> BatchRow:
    left = batch.count - batch.redeemed_count
    is_over = batch.expires_at is not None and batch.expires_at <= visitor.now
    if left == 0:
        state = words.Badge(gettext("all redeemed"))
    elif is_over:
        state = words.Badge(gettext("ended"), "wrong")
    else:
        state = words.Badge(gettext("open"), "good")
    return BatchRow(
        name=batch.name,
        each=batch.each,
        count=batch.count,
        redeemed_count=batch.redeemed_count,
        open_worth=Money(0 if is_over else batch.each.micros * left, batch.each.currency),
        issued_at=batch.issued_at,
        state=state,
        is_free=batch.is_free,
        expires_at=batch.expires_at,
        unsold_count=0 if is_over else batch.unsold_count,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_operator
def books(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The trial balance, and on asking a recount of everything from the first transfer on."""
    transfer_count = count_transfers()
    can_recount = transfer_count <= RECOUNT_MOST
    report = None
    if request.method == "POST" and can_recount:
        counted = verify_books(now=visitor.now, messages_kept_for=settings.MESSAGES_KEPT_FOR)
        report = _report(counted, visitor)
    newest = find_newest_seal()
    page = BooksPage(
        balances=rows.trial_balances(list_trial_balance()),
        transfer_count=transfer_count,
        can_recount=can_recount,
        sealed_on=newest.facts.day if newest else None,
        chain=newest.chain if newest else "",
        report=report,
    )
    return show(request, visitor, "books", page)


def _report(report: BooksReport, visitor: Visitor) -> RecountReport:
    shown = report.findings[:FINDINGS_SHOWN]
    return RecountReport(
        transfer_count=report.transfer_count,
        account_count=report.account_count,
        sale_line_count=report.sale_line_count,
        moved=list(report.moved.values()),
        findings=[FindingRow(finding.where, finding.what) for finding in shown],
        more=len(report.findings) - len(shown),
        counted_at=visitor.now,
    )
