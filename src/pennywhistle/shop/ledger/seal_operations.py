"""Writes of seals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.db import DatabaseError, connection, transaction

from pennywhistle.shop.ledger.models import Seal
from pennywhistle.shop.ledger.seals import DAY_IS_SEALED, SealedDayError, SealFacts

# How long sales may be kept waiting by a seal that itself waits for a sale. PostgreSQL only.
LOCK_MS_MOST = 2_000


def store_seal(
    *, facts: SealFacts, tables: Sequence[str], is_unchanged: Callable[[], bool]
) -> bool:
    """Seal a day, unless something was added to it since it was hashed; whether it is sealed.

    Another worker may have sealed it meanwhile, and then so: a seal is a function of its day.

    Transaction: one of its own, short. On PostgreSQL `tables` are locked in their order against new
    rows, which waits for those that are on their way: none can slip in between `is_unchanged` and
    the seal. Raises `OperationalError` where that takes longer than `LOCK_MS_MOST`.
    https://www.postgresql.org/docs/current/explicit-locking.html
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MS_MOST}")
                for table in tables:
                    cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        if Seal.objects.filter(day=facts.day, chain=facts.chain).exists():
            return True
        if not is_unchanged():
            return False
        Seal.objects.create(
            day=facts.day,
            form=facts.form,
            transfer_count=facts.transfers.count,
            transfers_root=facts.transfers.root,
            document_count=facts.documents.count,
            documents_root=facts.documents.root,
            lines_sha256=facts.lines_sha256,
            previous=facts.previous,
            chain=facts.chain,
        )
        return True


@contextmanager
def sealed_days_told() -> Iterator[None]:
    """What the database says of a row that is dated to a sealed day becomes `SealedDayError`."""
    try:
        yield
    except DatabaseError as error:
        if DAY_IS_SEALED not in str(error):
            raise
        raise SealedDayError(
            "The day that this is dated to is closed in the books. Do it again; if that does not "
            "help, the clock of the store is behind."
        ) from error
