"""Put a rate of exchange on file, with who published it and for which day."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from pennywhistle.shop.storefronts import operations
from pennywhistle.shop.storefronts.rules import Rate, StorefrontError, check_currency


def record_rate(*, base: str, quote: str, amount: str, day: date, source: str) -> Rate:
    """One unit of `base` was `amount` of `quote` on that day. Again, it is a no-op.

    Transaction: one of its own. Raises `StorefrontError`.
    """
    try:
        exact = Fraction(amount.strip())
    except (ValueError, ZeroDivisionError):
        raise StorefrontError(f"{amount!r} is not a rate; write 0.8571 or 6/7") from None
    rate = Rate(check_currency(base), check_currency(quote), exact, source.strip(), day)
    operations.record_rate(rate=rate)
    return rate
