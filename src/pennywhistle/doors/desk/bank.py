"""The bank account: import its statements, and decide whose a transfer is that bears no reference."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pennywhistle.doors.desk import words
from pennywhistle.doors.desk.access import Visitor, for_the_operator, go, show
from pennywhistle.doors.desk.bank_pages import (
    AccountLine,
    BankPage,
    EntryForm,
    EntryLine,
    EntryPage,
    GapLine,
    StatementLine,
    UploadForm,
)
from pennywhistle.flows.decide_entry import assign_entry, set_entry_aside, take_payout
from pennywhistle.flows.import_statement import (
    FILE_BYTES_MOST,
    ImportedStatement,
    StatementUnreadableError,
    import_statement,
)
from pennywhistle.flows.outfit import get_outfit
from pennywhistle.look import formats
from pennywhistle.shop.accounts.rules import UnknownPersonError
from pennywhistle.shop.payments.banking.queries import (
    AccountState,
    EntryRow,
    StatementRow,
    get_entry,
    list_accounts,
    list_entries,
    list_statements,
)
from pennywhistle.shop.payments.banking.rules import BankError, UnknownEntryError


@require_safe
@for_the_operator
def account(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The account as its statements tell it."""
    return _show_account(request, visitor, UploadForm())


@require_POST
@for_the_operator
def take_in(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """Import a statement."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show_account(request, visitor, form, status=422)
    file = form.cleaned_data["file"]
    try:
        imported = import_statement(
            data=file.read(FILE_BYTES_MOST + 1), iban=settings.BANK_IBAN, now=visitor.now
        )
    except (StatementUnreadableError, BankError) as error:
        form.add_error("file", words.sentence(error))
        return _show_account(request, visitor, form, status=422)
    for one in imported:
        messages.success(request, _told(one))
        for trouble in one.payouts.troubles:
            messages.warning(request, words.sentence(trouble))
    return go("desk-bank")


def _told(one: ImportedStatement) -> str:
    named = {"reference": one.statement.reference}
    if not one.kept.is_new:
        return gettext("Statement %(reference)s was imported before.") % named
    count = one.kept.new_count
    said = ngettext(
        "Statement %(reference)s told %(count)s new entry; %(credited)s went into wallets.",
        "Statement %(reference)s told %(count)s new entries; %(credited)s went into wallets.",
        count,
    )
    return said % {**named, "count": count, "credited": formats.money(one.kept.credited)}


def _show_account(
    request: HttpRequest, visitor: Visitor, form: UploadForm, *, status: int = 200
) -> HttpResponse:
    page = BankPage(
        iban=settings.BANK_IBAN,
        form=form,
        accounts=[_account_line(state) for state in list_accounts()],
        unclaimed=[_entry_line(row) for row in list_entries(only_unclaimed=True)],
        entries=[_entry_line(row) for row in list_entries()],
        statements=[_statement_line(row) for row in list_statements()],
    )
    return show(request, visitor, "bank", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_the_operator
def entry(request: HttpRequest, visitor: Visitor, entry_id: int) -> HttpResponse:
    """Decide whose a credit is: a listener's, to be sent back, or the store's own."""
    try:
        row = get_entry(entry_id=entry_id)
    except UnknownEntryError:
        raise Http404 from None
    line = _entry_line(row)
    if not line.url:
        messages.info(request, gettext("This entry was decided on before."))
        return go("desk-bank")
    form = EntryForm(request.POST or None, initial={"email": line.listener})
    if request.method == "POST" and form.is_valid() and _decide(request, visitor, row, form):
        messages.success(request, gettext("It is decided, and booked."))
        return go("desk-bank")
    page = EntryPage(line, form, tuple(get_outfit().gateways))
    return show(request, visitor, "bank_entry", page, status=422 if form.errors else 200)


def _decide(request: HttpRequest, visitor: Visitor, row: EntryRow, form: EntryForm) -> bool:
    """True where it is decided; else the form says why not."""
    given, what = form.cleaned_data, request.POST.get("what")
    try:
        if what in ("return", "own"):
            set_entry_aside(
                entry_id=row.id,
                is_returned=what == "return",
                note=given["note"],
                decided_by=visitor.person_id,
                now=visitor.now,
            )
            return True
        if what == "payout":
            take_payout(
                entry_id=row.id,
                gateway=request.POST.get("gateway", ""),
                gateways=[*get_outfit().gateways],
                note=given["note"],
                decided_by=visitor.person_id,
                now=visitor.now,
            )
            return True
        if not given["email"]:
            form.add_error("email", gettext("Say whose it is."))
            return False
        assign_entry(
            entry_id=row.id,
            email=given["email"],
            voucher_class=settings.TOP_UP_CLASS,
            note=given["note"],
            decided_by=visitor.person_id,
            now=visitor.now,
        )
    except (BankError, UnknownPersonError) as error:
        form.add_error("email", words.sentence(error))
        return False
    return True


def _entry_line(row: EntryRow) -> EntryLine:
    facts = row.facts
    waits = facts.is_credit and not facts.outcome
    return EntryLine(
        url=reverse("desk-bank-entry", args=[row.id]) if waits else "",
        booked_on=row.booked_on,
        amount=facts.amount if facts.is_credit else -facts.amount,
        state=_state(row),
        counterparty=row.counterparty,
        counterparty_iban=row.counterparty_iban,
        text=row.text,
        listener=row.email,
        note=row.note,
        bank_ref=row.bank_ref,
    )


def _state(row: EntryRow) -> words.Badge:
    if row.is_reversal:
        return words.Badge(gettext("taken back by the bank"), "wrong")
    if not row.facts.is_credit:
        return words.Badge(gettext("went out"))
    return {
        "": words.Badge(gettext("whose?"), "copper"),
        "credited": words.Badge(gettext("in a wallet"), "good"),
        "returned": words.Badge(gettext("to be sent back")),
        "payout": words.Badge(gettext("paid out by %(gateway)s") % {"gateway": row.facts.gateway}),
        "ours": words.Badge(gettext("the store's own")),
    }[row.facts.outcome]


def _account_line(state: AccountState) -> AccountLine:
    return AccountLine(
        iban=state.iban,
        balance=state.closing.balance,
        on=state.closing.on,
        credited=state.credited,
        unclaimed=state.unclaimed,
        gaps=[GapLine(gap.after, gap.until, gap.missing) for gap in state.gaps],
    )


def _statement_line(row: StatementRow) -> StatementLine:
    return StatementLine(
        reference=row.reference,
        closing=row.closing,
        closing_on=row.closing_on,
        entry_count=row.entry_count,
        new_count=row.new_count,
        imported_at=row.imported_at,
    )
