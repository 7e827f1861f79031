"""Keep whom a person's receipts are to be made out to."""

from __future__ import annotations

from datetime import datetime

from pennywhistle.shop.sales import paper_operations
from pennywhistle.shop.sales.business import check_business
from pennywhistle.shop.sales.papers import Buyer
from pennywhistle.shop.sales.vat import Seller


def declare_business(
    *, person_id: int, name: str, address: str, vat_number: str, seller: Seller, now: datetime
) -> Buyer:
    """Make what is bought from now on out to a business. Receipts that are issued stay as they are.

    Transaction: the one insert or update. Raises `BusinessError`.
    """
    buyer = check_business(name=name, address=address, vat_number=vat_number, seller=seller)
    paper_operations.declare_business(person_id=person_id, buyer=buyer, now=now)
    return buyer


def forget_business(*, person_id: int, now: datetime) -> None:
    """Make receipts out to nobody again, as a consumer's are. Transaction: the one delete."""
    paper_operations.declare_business(person_id=person_id, buyer=None, now=now)
