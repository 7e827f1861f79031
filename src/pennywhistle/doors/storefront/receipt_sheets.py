"""A receipt or a credit note as it is printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import get_language, gettext

from pennywhistle.doors.storefront import tax_words
from pennywhistle.doors.storefront.receipt_pages import ShareRow
from pennywhistle.doors.storefront.shelves import is_exact, recipe_title
from pennywhistle.flows.print_paper import Sheet, SheetRow, SheetShare
from pennywhistle.look import formats
from pennywhistle.shop.sales.paper_queries import PaperFacts
from pennywhistle.shop.sales.papers import PaperContent, PaperKind, PaperLine


def sheet_of(issued: PaperFacts, shares: Sequence[ShareRow]) -> Sheet:
    """A receipt or a credit note as it is printed, with these shares of its total."""
    content = issued.content
    return Sheet(
        title=_title(issued),
        shop=content.shop,
        seller=content.seller,
        facts=tuple(_facts(issued)),
        heads=(gettext("Song"), gettext("File"), gettext("Price")),
        rows=tuple(_sheet_row(line) for line in content.lines),
        sums=tuple(_sums(content)),
        shares_title=gettext("Where your money went"),
        shares=tuple(_sheet_share(row) for row in shares),
        notes=tuple(_notes(content)),
        foot=f"{issued.name} · SHA-256 {issued.sha256}",
        language=get_language() or "en",
        dated_at=issued.issued_at,
        spelled_note=gettext(
            "What stands in brackets is spelled in Latin letters, since this print has no others for "
            "it. The receipt's page shows it as it is written."
        ),
    )


def _title(issued: PaperFacts) -> str:
    if issued.content.kind is PaperKind.RECEIPT:
        return gettext("Receipt %(number)s") % {"number": issued.name}
    return gettext("Credit note %(number)s") % {"number": issued.name}


def _facts(issued: PaperFacts) -> Iterable[tuple[str, str]]:
    content = issued.content
    is_receipt = content.kind is PaperKind.RECEIPT
    yield gettext("Date"), formats.day(issued.issued_at)
    dated = gettext("Sold and delivered") if is_receipt else gettext("Given back")
    yield dated, formats.moment(content.dated_at)
    if content.corrects:
        yield gettext("Corrects receipt"), content.corrects
    if content.buyer:
        yield gettext("To"), f"{content.buyer.name}\n{content.buyer.address}"
        yield gettext("VAT number"), content.buyer.vat_number
    yield gettext("Country"), formats.country(content.territory)


def _sheet_row(line: PaperLine) -> SheetRow:
    size = formats.megabytes(line.size_bytes)
    if not is_exact(line.recipe):
        size = gettext("about %(size)s") % {"size": size}
    price = formats.money(line.price)
    under = gettext("%(artist)s, from %(release)s") % {
        "artist": line.artist,
        "release": line.release,
    }
    if line.list_price != line.price:
        under += "\n" + gettext("List price %(price)s") % {"price": formats.money(line.list_price)}
    return SheetRow(line.title, under, f"{recipe_title(line.recipe)}, {size}", price)


def _sums(content: PaperContent) -> Iterable[tuple[str, str]]:
    for tax in content.taxes:
        name = {"tax": tax_words.tax_name(tax)}
        if tax.country:
            net = gettext("Without tax, at %(tax)s") % name
            yield net, formats.money(tax.shown_net)
        yield tax_words.tax_name(tax), formats.money(tax.shown_tax)
    is_receipt = content.kind is PaperKind.RECEIPT
    total = gettext("Paid from your wallet") if is_receipt else gettext("Back in your wallet")
    yield total, formats.money(content.total)


def _sheet_share(row: ShareRow) -> SheetShare:
    name = f"{row.name}: {row.note}" if row.note else row.name
    amount = formats.money(row.amount)
    return SheetShare(name, amount, formats.percent(row.percent), row.tone, row.start, row.width)


def _notes(content: PaperContent) -> Iterable[str]:
    if content.waiver_text and content.waived_at:
        yield gettext("You told us on %(when)s: “%(words)s”") % {
            "when": formats.moment(content.waived_at),
            "words": tax_words.waiver(content.waiver_text),
        }
    yield tax_words.card_fees()
