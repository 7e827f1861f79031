"""The last part of the recount: does every statement that was issued say what the books say?"""

from __future__ import annotations

from collections.abc import Iterator

from pennywhistle.flows.books_report import Finding
from pennywhistle.flows.issue_statement import compose_statement
from pennywhistle.shop.royalties.queries import iterate_statements


def check_statements() -> Iterator[Finding]:
    """Each issued statement against the one that would be written today.

    One that was deleted is missed by the seal of the day that it was issued on.
    """
    for issued in iterate_statements():
        where = f"statement {issued.id}"
        due = compose_statement(
            licensor_id=issued.licensor_id, currency=issued.total.currency, period=issued.period
        )
        if issued.total != due.total:
            yield Finding(where, f"its total is {issued.total}, its lines sum to {due.total}")
        if issued.line_count != due.line_count:
            yield Finding(where, f"it says {issued.line_count} lines, there are {due.line_count}")
        if issued.csv_sha256 != due.csv_sha256:
            yield Finding(where, "its text would be another today: its fingerprint does not fit")
