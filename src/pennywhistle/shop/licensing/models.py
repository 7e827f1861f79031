"""Licensors, tariffs and licences, as their contracts say."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pennywhistle.shop.licensing.rules import PREVIEW_SECONDS


class Licensor(models.Model):
    """Who grants: a collecting society, a label, an artist, a publisher."""

    class Kind(models.TextChoices):
        SOCIETY = "society"
        LABEL = "label"
        ARTIST = "artist"
        PUBLISHER = "publisher"

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    label = models.ForeignKey(
        "catalogue.Label", null=True, on_delete=models.PROTECT, related_name="licensors"
    )

    def __str__(self) -> str:
        return self.name


class Tariff(models.Model):
    """`max(rate × base, floor)`; a change is a new version."""

    class Base(models.TextChoices):
        GROSS = "gross"
        NET_OF_TAX = "net-of-tax"

    code = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    rate_numerator = models.PositiveBigIntegerField()
    rate_denominator = models.PositiveBigIntegerField()
    base = models.CharField(max_length=12, choices=Base.choices)
    floor_micros_per_track = models.BigIntegerField(default=0)
    floor_currency = models.CharField(max_length=3, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="licensing_tariff_once", fields=["code", "version"]),
            models.CheckConstraint(
                name="licensing_rate_is_a_share",
                condition=Q(rate_denominator__gt=0) & Q(rate_numerator__lte=F("rate_denominator")),
            ),
            models.CheckConstraint(
                name="licensing_floor_has_a_currency",
                condition=Q(floor_micros_per_track=0)
                | (Q(floor_micros_per_track__gt=0) & ~Q(floor_currency="")),
            ),
        ]


class Licence(models.Model):
    """One grant of one right. Its terms never change; it can only be ended."""

    class Right(models.TextChoices):
        RECORDING = "RECORDING"
        WORK = "WORK"

    class Repertoire(models.TextChoices):
        WHOLE = "whole"
        LABEL = "label"
        RELEASE = "release"
        TRACK = "track"

    number = models.CharField(max_length=40, unique=True)
    licensor = models.ForeignKey(Licensor, on_delete=models.PROTECT, related_name="licences")
    right = models.CharField(max_length=10, choices=Right.choices)
    repertoire = models.CharField(max_length=10, choices=Repertoire.choices)
    label = models.ForeignKey("catalogue.Label", null=True, on_delete=models.PROTECT)
    release = models.ForeignKey("catalogue.Release", null=True, on_delete=models.PROTECT)
    track = models.ForeignKey("catalogue.Track", null=True, on_delete=models.PROTECT)
    uses = models.CharField(max_length=60)  # Words with commas: "DOWNLOAD,PREVIEW".
    # How much of a track may be heard, where PREVIEW is among the uses; None is all of it.
    preview_seconds = models.PositiveIntegerField(null=True, default=PREVIEW_SECONDS)
    territories = models.CharField(max_length=1500)  # As kit.territory.TerritorySet writes it.
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="licences")
    document_reference = models.CharField(max_length=200)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["repertoire", "right"])]
        constraints = [
            models.CheckConstraint(
                name="licensing_period_ends_after_it_starts",
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="licensing_preview_is_heard",
                condition=Q(preview_seconds=None) | Q(preview_seconds__gt=0),
            ),
            models.CheckConstraint(
                name="licensing_repertoire_names_its_target",
                condition=(
                    Q(repertoire="whole", label=None, release=None, track=None)
                    | Q(repertoire="label", label__isnull=False, release=None, track=None)
                    | Q(repertoire="release", label=None, release__isnull=False, track=None)
                    | Q(repertoire="track", label=None, release=None, track__isnull=False)
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number
