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
    """One grant of one right. The database refuses to change it: what happens to it later is a
    `LicenceChange`."""

    class Right(models.TextChoices):
        RECORDING = "RECORDING"
        WORK = "WORK"

    class Repertoire(models.TextChoices):
        WHOLE = "whole"
        LABEL = "label"
        RELEASE = "release"
        TRACK = "track"

    class Basis(models.TextChoices):
        CONTRACT = "contract"
        PUBLIC_DOMAIN = "public-domain"
        CREATIVE_COMMONS = "creative-commons"

    class Payer(models.TextChoices):
        STORE = "store"
        LABEL = "label"

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
    # The countries that it was expanded to when it was recorded, with commas: no later table changes
    # them. Beside them what was written, and the tables by which it was expanded.
    territories = models.CharField(max_length=1500)
    territories_written = models.CharField(max_length=1500)
    territory_tables = models.CharField(max_length=80)
    # The instants in UTC, and what was written, by the clocks of the licence's own zone.
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    starts_written = models.CharField(max_length=100)
    ends_written = models.CharField(max_length=100, blank=True)
    tariff = models.ForeignKey(Tariff, on_delete=models.PROTECT, related_name="licences")
    document_reference = models.CharField(max_length=200)
    # What it stands on; for Creative Commons which of its licences, such as CC-BY-4.0; and where that
    # can be seen: an address, a file, an opinion. A contract is its own evidence.
    basis = models.CharField(max_length=16, choices=Basis.choices, default=Basis.CONTRACT)
    deed = models.CharField(max_length=20, blank=True)
    evidence = models.CharField(max_length=500, blank=True)
    # Who pays the work's royalty: the store to this licensor, or the label out of its own share.
    mechanical_by = models.CharField(max_length=5, choices=Payer.choices, default=Payer.STORE)
    granted_at = models.DateTimeField()
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

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


class LicenceChange(models.Model):
    """What happened to a licence, from when on, and when the store came to know. Append-only.

    Of what speaks of one instant, what was recorded last is so; the earliest end is.
    """

    class Kind(models.TextChoices):
        ENDED = "ended"
        SUSPENDED = "suspended"
        RESUMED = "resumed"

    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )


class BlockOrder(models.Model):
    """What a court or an authority has ordered not to be shown or sold somewhere. Append-only."""

    reference = models.CharField(max_length=80, unique=True)
    authority = models.CharField(max_length=200)
    reason = models.CharField(max_length=300)
    release = models.ForeignKey("catalogue.Release", null=True, on_delete=models.PROTECT)
    track = models.ForeignKey("catalogue.Track", null=True, on_delete=models.PROTECT)
    # As a licence's own.
    territories = models.CharField(max_length=1500)
    territories_written = models.CharField(max_length=1500)
    territory_tables = models.CharField(max_length=80)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    # Whether what was bought may not be downloaded there any more either.
    closes_downloads = models.BooleanField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="licensing_block_names_one_thing",
                condition=Q(release=None, track__isnull=False)
                | Q(release__isnull=False, track=None),
            ),
            models.CheckConstraint(
                name="licensing_block_ends_after_it_starts",
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
            ),
        ]


class BlockLift(models.Model):
    """An order that was lifted, from when on, and why. Append-only."""

    order = models.OneToOneField(BlockOrder, on_delete=models.PROTECT, related_name="lift")
    lifted_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
