"""Quotes, purchases and sale lines."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pennywhistle.shop.pricing.rules import PriceKind
from pennywhistle.shop.sales.bad_files import Answer, Held, Trouble
from pennywhistle.shop.sales.refunds import RefundReason


class Line(models.Model):
    """What a quote freezes and a sale keeps of one track in one recipe.

    The price divides into tax, the two rights' royalties, and what is left to the store. It is
    `list_micros` less the `reductions`, each `{"kind": "tier", "code": "…", "micros": 10000}`.
    """

    number = models.PositiveSmallIntegerField()
    track = models.ForeignKey("catalogue.Track", on_delete=models.PROTECT, related_name="+")
    recipe = models.CharField(max_length=30)
    size_bytes = models.BigIntegerField()
    size_is_exact = models.BooleanField()
    gross_micros = models.BigIntegerField()
    list_micros = models.BigIntegerField()  # The price before any reduction.
    price_kind = models.CharField(
        max_length=10, choices=[(kind, kind) for kind in PriceKind], default=PriceKind.SIZE
    )
    reductions = models.JSONField(default=list)
    vat_percent = models.DecimalField(max_digits=5, decimal_places=2)
    tax_micros = models.BigIntegerField()
    tax_country = models.CharField(max_length=2, blank=True)  # Whom the tax is owed to.
    recording_licence = models.ForeignKey(
        "licensing.Licence", on_delete=models.PROTECT, related_name="+"
    )
    recording_micros = models.BigIntegerField()
    work_licence = models.ForeignKey(
        "licensing.Licence", on_delete=models.PROTECT, related_name="+"
    )
    work_micros = models.BigIntegerField()

    class Meta:
        abstract = True


def _line_constraints(table: str) -> list[models.BaseConstraint]:
    shares = F("tax_micros") + F("recording_micros") + F("work_micros")
    return [
        models.CheckConstraint(
            name=f"sales_{table}_shares_fit",
            condition=Q(gross_micros__gt=0)
            & Q(list_micros__gte=F("gross_micros"))
            & Q(size_bytes__gt=0)
            & Q(tax_micros__gte=0)
            & Q(recording_micros__gte=0)
            & Q(work_micros__gte=0)
            & Q(gross_micros__gte=shares),
        ),
        models.CheckConstraint(
            name=f"sales_{table}_tax_has_country",
            condition=Q(tax_micros=0) | ~Q(tax_country=""),
        ),
    ]


class Quote(models.Model):
    """A frozen, expiring offer. A purchase consumes it and recomputes nothing (law 3)."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    storefront = models.ForeignKey("storefronts.Storefront", on_delete=models.PROTECT)
    price_list = models.ForeignKey("storefronts.PriceList", on_delete=models.PROTECT)
    currency = models.CharField(max_length=3)
    total_micros = models.BigIntegerField()
    territory = models.CharField(max_length=2)
    evidence = models.JSONField()  # [{"kind": "declared", "country": "DE", "detail": "…"}]
    promotion_code = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()


class QuoteLine(Line):
    """One track of a quote."""

    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="sales_quote_line_number", fields=["quote", "number"]),
            models.UniqueConstraint(
                name="sales_quote_line_once", fields=["quote", "track", "recipe"]
            ),
            *_line_constraints("quote_line"),
        ]


class Purchase(models.Model):
    """A sale: one quote, consumed once."""

    quote = models.OneToOneField(Quote, on_delete=models.PROTECT, related_name="purchase")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="purchases"
    )
    purchased_at = models.DateTimeField(db_index=True)
    # When the buyer gave up the right of withdrawal, and to which version of the words they agreed.
    waived_withdrawal_at = models.DateTimeField(null=True)
    waiver_text = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="sales_purchase_waiver_has_its_words",
                condition=Q(waived_withdrawal_at=None, waiver_text="")
                | (Q(waived_withdrawal_at__isnull=False) & ~Q(waiver_text="")),
            )
        ]


class SaleLine(Line):
    """One track sold. The database takes none without its licences and its territory (law 4)."""

    purchase = models.ForeignKey(Purchase, on_delete=models.PROTECT, related_name="lines")
    currency = models.CharField(max_length=3)
    territory = models.CharField(max_length=2)
    evidence = models.JSONField()
    document = models.CharField(max_length=100, unique=True)  # What its transfers are filed under.

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="sales_sale_line_number", fields=["purchase", "number"]),
            models.CheckConstraint(
                name="sales_sale_line_has_territory", condition=~Q(territory="")
            ),
            *_line_constraints("sale_line"),
        ]


class Refund(models.Model):
    """A sale line given back, once and for good. Its transfers reverse those of the line."""

    sale_line = models.OneToOneField(SaleLine, on_delete=models.PROTECT, related_name="refund")
    reason = models.CharField(
        max_length=12, choices=[(one.value, one.value) for one in RefundReason]
    )
    note = models.CharField(max_length=300, blank=True)
    # The operator who gave it back; none where a report of a bad file did at once.
    refunded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    refunded_at = models.DateTimeField(db_index=True)


class FileReport(models.Model):
    """A listener says that a file is broken. Whether the money came back is told by the refund.

    `held` is why it did not come back at once. `findings` is what the store found out about the
    file afterwards, and `answer` what the operator says; `may_claim` is whether this listener's
    next reports are paid back at once, where the answer says anything about that.
    """

    sale_line = models.OneToOneField(SaleLine, on_delete=models.PROTECT, related_name="file_report")
    trouble = models.CharField(max_length=13, choices=[(one.value, one.value) for one in Trouble])
    words = models.CharField(max_length=500, blank=True)
    reported_at = models.DateTimeField(db_index=True)
    held = models.CharField(
        max_length=17, choices=[(one.value, one.value) for one in Held], blank=True
    )
    examined_at = models.DateTimeField(null=True)
    findings = models.JSONField(default=dict)
    answer = models.CharField(
        max_length=13, choices=[(one.value, one.value) for one in Answer], blank=True
    )
    answer_words = models.CharField(max_length=300, blank=True)
    may_claim = models.BooleanField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="sales_report_answered_by_someone",
                condition=Q(answer="", answered_at=None, answered_by=None)
                | (~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False)),
            )
        ]


class BusinessBuyer(models.Model):
    """Whom a business wants its receipts made out to."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="business"
    )
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=300)
    vat_number = models.CharField(max_length=20)
    declared_at = models.DateTimeField()


class PaperSeries(models.Model):
    """A row to hold while the next number of a series is given."""

    name = models.CharField(max_length=12, primary_key=True)


class Paper(models.Model):
    """A receipt or a credit note. Within its series numbers run from 1 without a gap.

    `content` is all that it says, whatever may be corrected elsewhere later; `rules.PaperContent`.
    """

    series = models.ForeignKey(PaperSeries, on_delete=models.PROTECT, related_name="papers")
    number = models.PositiveIntegerField()
    document = models.CharField(max_length=100, unique=True)  # `purchase/12`, `refund/…`
    purchase = models.ForeignKey(Purchase, on_delete=models.PROTECT, related_name="papers")
    total_micros = models.BigIntegerField()
    tax_micros = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)  # Of the content.
    issued_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="sales_paper_number", fields=["series", "number"])
        ]
