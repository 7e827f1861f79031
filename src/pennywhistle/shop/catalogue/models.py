"""Artists, labels, releases, tracks, works and masters."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Label(models.Model):
    """Who releases music, in DDEX's sense of a LabelName."""

    name = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(max_length=220, unique=True, allow_unicode=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="labels")

    def __str__(self) -> str:
        return self.name


class Artist(models.Model):
    """The main artist of releases and tracks."""

    name = models.CharField(max_length=200, unique=True)
    slug = models.SlugField(max_length=220, unique=True, allow_unicode=True)
    search_text = models.CharField(max_length=400)

    def __str__(self) -> str:
        return self.name


class Work(models.Model):
    """A composition, as societies know it."""

    title = models.CharField(max_length=300)
    composer = models.CharField(max_length=300)
    iswc = models.CharField(max_length=11, null=True, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="catalogue_work_once", fields=["title", "composer"])
        ]


class Master(models.Model):
    """A lossless recording as it was delivered: what was measured of it, once.

    The bytes lie in the masters' folder under `sha256`. `pcm_sha256` is over interleaved
    little-endian signed samples at the master's own depth, `flac_md5` as FLAC's STREAMINFO has it.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    pcm_sha256 = models.CharField(max_length=64, unique=True)
    flac_md5 = models.CharField(max_length=32)
    container = models.CharField(max_length=10)
    codec = models.CharField(max_length=20)
    size_bytes = models.BigIntegerField()
    frames = models.BigIntegerField()
    sample_rate_hz = models.IntegerField()
    bits_per_sample = models.SmallIntegerField()
    channels = models.SmallIntegerField()
    duration_ms = models.IntegerField()
    loudness_lufs = models.FloatField(null=True)
    true_peak_dbtp = models.FloatField(null=True)
    peaks = models.BinaryField()
    # What it comes to in the recipes whose size is known only by encoding, and which audio was
    # counted: {"flac": {"bytes": 5212345, "audio_key": "9f…"}}. See `facts.MeasuredSize`.
    measured_sizes = models.JSONField(default=dict)
    # How many momentary loudness values it has, by tenths of LUFS: {"-231": 14}. Empty where it was
    # taken in before they were gathered. Album loudness is computed from them.
    loudness_blocks = models.JSONField(default=dict)
    ingested_at = models.DateTimeField()


class Release(models.Model):
    """An album, EP or single."""

    class State(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        WITHDRAWN = "withdrawn"

    label = models.ForeignKey(Label, on_delete=models.PROTECT, related_name="releases")
    artist = models.ForeignKey(Artist, on_delete=models.PROTECT, related_name="releases")
    title = models.CharField(max_length=300)
    slug = models.SlugField(max_length=330, unique=True, allow_unicode=True)
    upc = models.CharField(max_length=14, null=True, unique=True)
    released_on = models.DateField(null=True)
    genre = models.CharField(max_length=100, blank=True)
    p_line = models.CharField(max_length=300, blank=True)
    c_line = models.CharField(max_length=300, blank=True)
    cover_sha256 = models.CharField(max_length=64, blank=True)
    cover_media_type = models.CharField(max_length=20, blank=True)
    # The booklet's PDF, kept under its hash; empty where there is none.
    booklet_sha256 = models.CharField(max_length=64, blank=True)
    musicbrainz_release_id = models.CharField(max_length=36, blank=True)
    # Of all its tracks together, fixed when it is published; null where they cannot be told.
    loudness_lufs = models.FloatField(null=True)
    true_peak_dbtp = models.FloatField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    search_text = models.CharField(max_length=800)

    class Meta:
        indexes = [models.Index(fields=["state", "-released_on"])]
        constraints = [
            models.UniqueConstraint(
                name="catalogue_release_once", fields=["label", "artist", "title"]
            )
        ]

    def __str__(self) -> str:
        return self.title


class Track(models.Model):
    """One recording on one release."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="tracks")
    disc_number = models.SmallIntegerField(default=1)
    track_number = models.SmallIntegerField()
    title = models.CharField(max_length=300)
    artist = models.ForeignKey(Artist, on_delete=models.PROTECT, related_name="tracks")
    isrc = models.CharField(max_length=12, blank=True)
    musicbrainz_recording_id = models.CharField(max_length=36, blank=True)
    lyrics = models.TextField(blank=True)
    work = models.ForeignKey(Work, on_delete=models.PROTECT, related_name="tracks")
    master = models.ForeignKey(Master, on_delete=models.PROTECT, related_name="tracks")
    search_text = models.CharField(max_length=800)

    class Meta:
        ordering = ["disc_number", "track_number"]
        constraints = [
            models.UniqueConstraint(
                name="catalogue_track_place", fields=["release", "disc_number", "track_number"]
            )
        ]

    def __str__(self) -> str:
        return self.title


class CorrectionMade(models.Model):
    """One field that was corrected after its release had been on sale: what it said and says.

    `track` is None for a field of the release. `field` is its name here; a cover is its SHA-256.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="corrections")
    track = models.ForeignKey(Track, on_delete=models.PROTECT, null=True, related_name="+")
    field = models.CharField(max_length=40)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-made_at", "-pk"]
