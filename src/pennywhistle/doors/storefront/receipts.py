"""The receipt: what was bought, where each penny went, and the same as a PDF."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from pennywhistle.doors.storefront import receipt_pages as pages
from pennywhistle.doors.storefront import tax_words
from pennywhistle.doors.storefront.answers import PERSONAL, for_listeners, person_of, show
from pennywhistle.doors.storefront.possessions import zips_of
from pennywhistle.doors.storefront.receipt_sheets import sheet_of
from pennywhistle.doors.storefront.sealed import proof_link
from pennywhistle.doors.storefront.shelves import is_exact, recipe_title
from pennywhistle.doors.storefront.till_pages import TillLine
from pennywhistle.doors.storefront.visitor import visit_of
from pennywhistle.doors.storefront.words import reductions_in_words
from pennywhistle.flows.print_paper import Sheet, print_paper
from pennywhistle.shop.catalogue.queries import list_tracks
from pennywhistle.shop.licensing.queries import list_terms_by_id
from pennywhistle.shop.royalties.pennies import Share, find_pennies
from pennywhistle.shop.sales.aftercare import list_refunds
from pennywhistle.shop.sales.paper_queries import PaperFacts, list_papers, receipt_of
from pennywhistle.shop.sales.papers import Buyer, PaperContent, PaperKind
from pennywhistle.shop.sales.queries import PurchaseFacts, find_purchase

# The bar of shares is a thousand wide.
_BAR_PARTS = 1000


@require_safe
@for_listeners
def receipt(request: HttpRequest, number: int) -> HttpResponseBase:
    """A purchase as it was charged, with its licences and where the money went."""
    purchase = _purchase_for(request, number)
    papers = list_papers(purchase_id=purchase.id)
    page = _page(
        purchase,
        papers,
        buyer=visit_of(request).listener or "",
        is_fresh="thanks" in request.GET,
    )
    return show(request, "receipt", page, cache=PERSONAL)


@require_safe
@for_listeners
def paper(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """A receipt or a credit note of a purchase as PDF, in the language of the page."""
    purchase = _purchase_for(request, number)
    for issued in list_papers(purchase_id=purchase.id):
        if issued.name == name:
            answer = HttpResponse(print_paper(sheet=_sheet(issued)), content_type="application/pdf")
            answer["Content-Disposition"] = f'inline; filename="{issued.name}.pdf"'
            answer["Cache-Control"] = PERSONAL
            return answer
    raise Http404(gettext("None of your receipts has that number."))


def _sheet(issued: PaperFacts) -> Sheet:
    documents = [line.document for line in issued.content.lines]
    is_receipt = issued.content.kind is PaperKind.RECEIPT
    return sheet_of(issued, _shares(documents) if is_receipt else ())


def _purchase_for(request: HttpRequest, number: int) -> PurchaseFacts:
    purchase = find_purchase(purchase_id=number, person_id=person_of(request))
    if purchase is None:
        raise Http404(gettext("None of your purchases has that number."))
    return purchase


def _page(
    purchase: PurchaseFacts, papers: list[PaperFacts], *, buyer: str, is_fresh: bool
) -> pages.ReceiptPage:
    issued = next((one for one in papers if one.content.kind is PaperKind.RECEIPT), None)
    content = issued.content if issued else receipt_of(purchase_id=purchase.id)
    tracks = {t.id: t for t in list_tracks(track_ids={line.track_id for line in purchase.lines})}
    refunds = list_refunds(sale_line_ids=[line.id for line in purchase.lines])
    given_back = {refund.sale_document for refund in refunds.values()}
    proof = proof_link(purchase_id=purchase.id, bought_at=purchase.purchased_at)
    return pages.ReceiptPage(
        name=issued.name if issued else "",
        purchase_id=purchase.id,
        bought_at=content.dated_at,
        buyer=buyer,
        business=_business(content.buyer),
        country=content.territory,
        lines=_lines(content, purchase, given_back),
        total=content.total,
        taxes=tuple(_tax_rows(content)),
        shares=_shares([line.document for line in content.lines]),
        shares_note=tax_words.card_fees(),
        pdf_url=_pdf_url(issued) if issued else "",
        proof_url=proof.url,
        proof_note=proof.note,
        credit_notes=tuple(
            pages.PaperLink(one.name, one.issued_at, one.total, _pdf_url(one))
            for one in papers
            if one.content.kind is PaperKind.CREDIT_NOTE
        ),
        waiver=tax_words.waiver(content.waiver_text) if content.waiver_text else "",
        waived_at=content.waived_at,
        is_fresh=is_fresh,
        zips=zips_of(
            (tracks[line.track_id], line.recipe)
            for line in purchase.lines
            if line.document not in given_back
        ),
    )


def _pdf_url(issued: PaperFacts) -> str:
    return reverse("storefront:paper", args=[issued.purchase_id, issued.name])


def _business(buyer: Buyer | None) -> tuple[str, ...]:
    return (buyer.name, buyer.address, buyer.vat_number) if buyer else ()


def _lines(
    content: PaperContent, purchase: PurchaseFacts, given_back: set[str]
) -> tuple[TillLine, ...]:
    licences = _licences(purchase)
    reductions = {line.document: line.reductions for line in purchase.lines}
    return tuple(
        TillLine(
            title=line.title,
            by=line.artist,
            recipe_title=recipe_title(line.recipe),
            size_bytes=line.size_bytes,
            size_is_exact=is_exact(line.recipe),
            price=line.price,
            list_price=line.list_price if line.list_price != line.price else None,
            reductions=reductions_in_words(reductions.get(line.document, ())),
            licences=licences.get(line.document, ()),
            is_given_back=line.document in given_back,
        )
        for line in content.lines
    )


def _licences(purchase: PurchaseFacts) -> dict[str, tuple[str, ...]]:
    """By the document of each line, what it was sold under."""
    named = {
        line.document: (line.recording_licence_id, line.work_licence_id) for line in purchase.lines
    }
    terms = list_terms_by_id(licence_ids={number for pair in named.values() for number in pair})
    papers = {
        number: gettext("%(licensor)s, %(document)s")
        % {"licensor": found.licensor, "document": found.document_reference}
        for number, found in terms.items()
    }
    return {
        document: tuple(papers[number] for number in pair if number in papers)
        for document, pair in named.items()
    }


def _tax_rows(content: PaperContent) -> Iterable[pages.TaxRow]:
    for tax in content.taxes:
        yield pages.TaxRow(tax_words.tax_name(tax), tax.shown_net, tax.shown_tax, tax.gross)


def _shares(documents: Iterable[str]) -> tuple[pages.ShareRow, ...]:
    """Where the money of these sales went; nothing where the books do not say."""
    pennies = find_pennies(documents=list(documents))
    if pennies is None:
        return ()
    rows, before = [], 0
    for share in pennies.shares:
        rows.append(_share_row(share, before, pennies.total.micros))
        before += share.amount.micros
    return tuple(rows)


def _share_row(share: Share, before_micros: int, total_micros: int) -> pages.ShareRow:
    per_mille = Decimal(share.amount.micros * 1000) / total_micros
    return pages.ShareRow(
        name=tax_words.share(share.kind),
        note=tax_words.share_note(share),
        amount=share.amount,
        percent=(per_mille / 10).quantize(Decimal("0.1")),
        tone=share.kind.value,
        start=round(before_micros * _BAR_PARTS / total_micros, 2),
        width=round(share.amount.micros * _BAR_PARTS / total_micros, 2),
        entries=tuple(pages.BookEntry(entry.key, entry.amount) for entry in share.entries),
    )
