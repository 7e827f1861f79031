"""The part of the recount that looks at each sale: its offer, licences, shares, and the library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from pennywhistle.flows.books_report import Finding, compare
from pennywhistle.flows.verify_transfers import Marks, check_documents
from pennywhistle.kit.chunks import chunked
from pennywhistle.shop.ledger.rules import TransferFacts
from pennywhistle.shop.library.queries import (
    iterate_given_back_but_owned,
    iterate_sold_but_not_owned,
)
from pennywhistle.shop.licensing.history import History
from pennywhistle.shop.licensing.queries import list_histories_by_id
from pennywhistle.shop.licensing.rules import (
    Covered,
    LicensingError,
    NotCovered,
    Right,
    Use,
    cover,
)
from pennywhistle.shop.payments.rules import wallet_code
from pennywhistle.shop.royalties.queries import list_accruals, list_reversals
from pennywhistle.shop.royalties.rules import (
    RoyaltyError,
    accruals_of,
    divide_price,
    royalty_transfers,
    share_tie_key,
)
from pennywhistle.shop.sales.price_recount import (
    find_price_faults,
    iterate_codes_amiss,
    iterate_upgrades_amiss,
)
from pennywhistle.shop.sales.queries import iterate_lines_unlike_their_quote
from pennywhistle.shop.sales.recount import SoldFacts, iterate_consumed_quotes, iterate_sold
from pennywhistle.shop.sales.refunds import refund_transfers
from pennywhistle.shop.sales.rules import Evidence, SaleError, decide_territory, sale_transfers

Licences = Mapping[int, History]

# Lines that are held in memory at once, with what was owed of them.
LINES_AT_ONCE = 900


class SalesCount:
    """One walk past every sale line."""

    def __init__(self) -> None:
        self.count = 0
        self._licences: dict[int, History] = {}

    def check(self, explained: Marks) -> Iterator[Finding]:
        """Everything that each sale must agree with; marks its transfers in `explained`."""
        yield from _check_by_query()
        for lines in chunked(iterate_sold(), size=LINES_AT_ONCE):
            self.count += len(lines)
            self._learn(lines)
            for sold in lines:
                where = f"sale line {sold.line.document}"
                yield from (Finding(where, what) for what in _check_licences(sold, self._licences))
                yield from (Finding(where, what) for what in _check_evidence(sold))
                yield from (Finding(where, what) for what in find_price_faults(line=sold.line))
            yield from _check_accruals(lines, self._licences)
            yield from _check_reversals(lines)
            yield from check_documents(_expected(lines, self._licences), explained)

    def _learn(self, lines: Sequence[SoldFacts]) -> None:
        """The licences that these lines name, if they are new."""
        named = {sold.line.recording_licence_id for sold in lines}
        named |= {sold.line.work_licence_id for sold in lines}
        if new := named - self._licences.keys():
            self._licences |= list_histories_by_id(licence_ids=new)


def _check_by_query() -> Iterator[Finding]:
    """What the database itself can find among all sales."""
    for quote in iterate_consumed_quotes():
        yield from (Finding(f"quote {quote.id}", what) for what in quote.find_faults())
    for document in iterate_lines_unlike_their_quote():
        yield Finding(f"sale line {document}", "it differs from the quote that was bought")
    for document in iterate_sold_but_not_owned():
        yield Finding(f"sale line {document}", "it is not in its buyer's library as it was sold")
    for where, what in chain(iterate_codes_amiss(), iterate_upgrades_amiss()):
        yield Finding(where, what)
    for document in iterate_given_back_but_owned():
        yield Finding(f"sale line {document}", "it was given back, and is in a library still")


def _expected(lines: Sequence[SoldFacts], licences: Licences) -> Iterator[TransferFacts]:
    """Every transfer that these lines ask for."""
    for sold in lines:
        line = sold.line
        wallet = wallet_code(person_id=line.person_id, currency=line.gross.currency)
        posted = sale_transfers(line=line, wallet=wallet)
        posted += royalty_transfers(line=line, licensor_ids=_licensors_of(sold, licences))
        yield from posted
        if sold.refunded_at is not None:
            yield from refund_transfers(posted=posted, refunded_at=sold.refunded_at)


def _licensors_of(sold: SoldFacts, licences: Licences) -> dict[Right, int]:
    """Whom a sale line pays for each right, as its licences say."""
    return {
        Right.RECORDING: licences[sold.line.recording_licence_id].agreed.licensor_id,
        Right.WORK: licences[sold.line.work_licence_id].agreed.licensor_id,
    }


def _check_licences(sold: SoldFacts, licences: Licences) -> Iterator[str]:
    """That its two licences covered it there and then, as was known then, and ask for the shares
    that it froze."""
    line = sold.line
    recording, work = (
        licences[licence_id].as_known(line.purchased_at)
        for licence_id in (line.recording_licence_id, line.work_licence_id)
    )
    if recording is None or work is None:
        yield "its licences were recorded after it was sold"
        return
    covered = Covered(recording=recording, work=work)
    answer = cover(
        track=sold.track,
        use=Use.DOWNLOAD,
        territory=line.territory,
        instant=line.purchased_at,
        licences=[recording, work],
    )
    if isinstance(answer, NotCovered):
        right = f" for {answer.right}" if answer.right else ""
        yield f"its licences did not cover it{right}: {answer.why}"
    elif answer != covered:
        yield "its licences stand for each other's right"
    tie_key = share_tie_key(quote_id=sold.quote_id, track_id=line.track_id, recipe=line.recipe)
    try:
        due = divide_price(
            gross=line.gross, vat_percent=line.vat_percent, covered=covered, tie_key=tie_key
        )
    except (LicensingError, RoyaltyError) as error:
        yield f"its price cannot be divided: {error}"
        return
    for name, stored, share in (
        ("tax", line.tax, due.tax),
        ("work", line.work, due.work),
        ("recording", line.recording, due.recording),
    ):
        if stored != share:
            yield f"its {name} share is {stored}, and its price and tariffs make it {share}"


def _check_evidence(sold: SoldFacts) -> Iterator[str]:
    """That what it was sold on still tells the country it was sold to."""
    try:
        told = decide_territory(
            evidence=[Evidence(**piece) for piece in sold.evidence],  # type: ignore[arg-type]
            needed=1,
        )
    except (SaleError, TypeError):
        yield f"its evidence does not tell that the buyer was in {sold.line.territory}"
        return
    if told != sold.line.territory:
        yield f"its evidence tells {told}, and it was sold to {sold.line.territory}"
    if sold.evidence != sold.quoted_evidence:
        yield "its evidence is not that of the quote that was bought"


def _check_accruals(lines: Sequence[SoldFacts], licences: Licences) -> Iterator[Finding]:
    unseen = {
        (due.document, due.right): due
        for sold in lines
        for due in accruals_of(line=sold.line, licensor_ids=_licensors_of(sold, licences))
    }
    for accrual in list_accruals(sale_line_ids=[sold.line.id for sold in lines]):
        where = f"accrual of {accrual.document}, {accrual.right}"
        asked = unseen.pop((accrual.document, accrual.right), None)
        yield from (Finding(where, what) for what in compare(accrual, asked))
    for document, right in unseen:
        yield Finding(f"sale line {document}", f"its accrual for {right} is missing")


def _check_reversals(lines: Sequence[SoldFacts]) -> Iterator[Finding]:
    """What accrued of a line is taken back when the line is given back, both rights, and only then."""
    unseen = {
        (sold.line.document, right.value): sold.refunded_at
        for sold in lines
        for right in Right
        if sold.refunded_at is not None
    }
    for document, right, reversed_at in list_reversals(sale_line_ids=[s.line.id for s in lines]):
        if unseen.pop((document, right), None) != reversed_at:
            where = f"reversal of {document}, {right}"
            yield Finding(where, "its sale line was not given back then")
    for document, right in unseen:
        yield Finding(f"sale line {document}", f"its accrual for {right} was not taken back")
