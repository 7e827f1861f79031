"""What labels ask for their music, and codes that lower prices."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class AskedPrice(models.Model):
    """What is asked for a track or a release in one storefront and currency from one instant on.

    The newest speaks; `size` goes back to the price by the megabyte. Never changed.
    """

    class Scope(models.TextChoices):
        """The release bought whole, each of its tracks, or one track."""

        WHOLE = "whole"
        EACH = "each"
        TRACK = "track"

    class Kind(models.TextChoices):
        """By the size, for a price that is fixed, or for one that the listener names."""

        SIZE = "size"
        FIXED = "fixed"
        NAMED = "named"

    storefront = models.ForeignKey("storefronts.Storefront", on_delete=models.PROTECT)
    currency = models.CharField(max_length=3)
    scope = models.CharField(max_length=10, choices=Scope.choices)
    release = models.ForeignKey("catalogue.Release", on_delete=models.PROTECT, related_name="+")
    track = models.ForeignKey(
        "catalogue.Track", on_delete=models.PROTECT, related_name="+", null=True
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    micros = models.BigIntegerField()  # The price, or the least that may be named.
    suggested_micros = models.BigIntegerField(null=True)
    valid_from = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="pricing_asked_of_one_thing",
                condition=Q(scope="track", track__isnull=False)
                | (~Q(scope="track") & Q(track__isnull=True)),
            ),
            models.CheckConstraint(
                name="pricing_asked_something",
                condition=Q(kind="size", micros=0, suggested_micros=None)
                | Q(kind="fixed", micros__gt=0, suggested_micros=None)
                | Q(kind="named", micros__gt=0, suggested_micros__gte=F("micros")),
            ),
        ]
        indexes = [models.Index(fields=["release", "storefront", "currency"])]


class Promotion(models.Model):
    """A code that lowers prices, by a percentage or by an amount over all that it covers.

    Its terms are never changed; it is stopped by `ended_at`.
    """

    storefront = models.ForeignKey("storefronts.Storefront", on_delete=models.PROTECT)
    code = models.CharField(max_length=40)  # In capitals.
    percent = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    amount_micros = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    uses_most = models.PositiveIntegerField(null=True)
    uses_per_person_most = models.PositiveIntegerField(null=True)
    releases = models.ManyToManyField("catalogue.Release", related_name="+")
    labels = models.ManyToManyField("catalogue.Label", related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="pricing_one_promotion_of_a_code", fields=["storefront", "code"]
            ),
            models.CheckConstraint(
                name="pricing_promotion_by_percent_or_amount",
                condition=Q(percent__gt=0, percent__lte=100, amount_micros=None, currency="")
                | (Q(percent=None, amount_micros__gt=0) & ~Q(currency="")),
            ),
        ]


class PromotionUse(models.Model):
    """A code that was used by a purchase. Never changed."""

    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="uses")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    quote_id = models.UUIDField(unique=True)
    used_at = models.DateTimeField()
