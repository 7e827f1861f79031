"""Brands over the shared catalogue: name, domain, currency, price list, notice."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Storefront(models.Model):
    """One shop window."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    domain = models.CharField(max_length=200, unique=True)
    currency = models.CharField(max_length=3)
    territories = models.CharField(max_length=1500, default="worldwide")  # Where it sells.
    # Independent pieces of evidence of the buyer's country that a sale needs: one suffices below
    # the small-seller threshold of EU VAT (Implementing Regulation 282/2011, art. 24b).
    evidence_needed = models.PositiveSmallIntegerField(default=1)
    collects_vat = models.BooleanField(default=True)
    # Who runs it and how to reach them, as the operator words it; shown on every page.
    imprint = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.name


class PriceList(models.Model):
    """Prices of one storefront in one currency from one instant on. A change is a new row."""

    storefront = models.ForeignKey(Storefront, on_delete=models.PROTECT, related_name="price_lists")
    currency = models.CharField(max_length=3)
    valid_from = models.DateTimeField()
    lossy_micros_per_mb = models.BigIntegerField()
    reduced_micros_per_mb = models.BigIntegerField()
    lossless_micros_per_mb = models.BigIntegerField()
    floor_micros_per_track = models.BigIntegerField()
    # {"lossy": 5000000, …}: the most that a whole release costs, by kind of recipe.
    album_micros = models.JSONField(default=dict)
    # [[20000000, "5"], …]: who has spent so many micros before pays so many per cent less.
    tiers = models.JSONField(default=list)
    # {"bank": "2.5", …}: per cent that a top-up by that gateway brings on top.
    bonuses = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="storefronts_one_price_list_at_once",
                fields=["storefront", "currency", "valid_from"],
            ),
            models.CheckConstraint(
                name="storefronts_prices_above_zero",
                condition=Q(lossy_micros_per_mb__gt=0)
                & Q(reduced_micros_per_mb__gt=0)
                & Q(lossless_micros_per_mb__gt=0)
                & Q(floor_micros_per_track__gt=0),
            ),
        ]


class ExchangeRate(models.Model):
    """What one unit of `base` was in `quote` on a day, and who says so. Never changed."""

    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    day = models.DateField()
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    source = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="storefronts_one_rate_a_day", fields=["base", "quote", "day"]
            ),
            models.CheckConstraint(
                name="storefronts_rate_above_zero",
                condition=Q(numerator__gt=0) & Q(denominator__gt=0) & ~Q(source=""),
            ),
        ]
