"""The part of the recount that looks at receipts and credit notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pennywhistle.flows.books_report import Finding
from pennywhistle.shop.sales.paper_queries import StoredPaper, iterate_papers
from pennywhistle.shop.sales.papers import (
    PaperError,
    PaperKind,
    PaperLine,
    content_of_json,
    paper_digest,
    paper_name,
    receipt_document,
)


def check_papers() -> Iterator[Finding]:
    """That every series runs from 1 on without a gap, and that each paper says what was sold."""
    series, number = "", 0
    for paper in iterate_papers():
        if paper.series != series:
            series, number = paper.series, 0
        name = paper_name(series=paper.series, number=paper.number)
        where = f"paper {name}"
        if paper.number != number + 1:
            yield Finding(where, f"the number before it is {number}: there is a gap")
        number = paper.number
        yield from (Finding(where, what) for what in _check(paper, name))


def _check(paper: StoredPaper, name: str) -> Iterator[str]:
    digest = paper_digest(
        name=name, document=paper.document, issued_at=paper.issued_at, content=paper.stored
    )
    if digest != paper.sha256:
        yield "its digest is not that of what it says"
    try:
        content = content_of_json(paper.stored)
    except PaperError as error:
        yield str(error)
        return
    if content.series != paper.series:
        yield f"its date makes it one of the series {content.series}"
    if (str(content.total), str(content.tax)) != (str(paper.total), str(paper.tax)):
        yield (
            f"it stands for {paper.total} with {paper.tax} tax, and says {content.total} with "
            f"{content.tax}"
        )
    if content.kind is PaperKind.RECEIPT:
        if paper.document != receipt_document(purchase_id=paper.purchase_id):
            yield f"it is filed under {paper.document}, and is of purchase {paper.purchase_id}"
        if len(content.lines) != len(paper.sold):
            yield f"it has {len(content.lines)} lines, and {len(paper.sold)} were sold"
    sold = {line.document: line for line in paper.sold}
    for line in content.lines:
        # As text: money of two currencies does not compare.
        if line.document not in sold or str(_bare(line)) != str(_bare(sold[line.document])):
            yield f"its line {line.document} is not as it was sold"


def _bare(line: PaperLine) -> PaperLine:
    """A line without names, which may have been corrected since."""
    return replace(line, title="", artist="", release="", isrc="")
