"""Renditions that have been made."""

from __future__ import annotations

from django.db import models


class Rendition(models.Model):
    """What came out when a rendition was first encoded. Whoever encodes it again gets the same.

    `key` is its identity (`rules.rendition_key`), `audio_key` that of its audio, which renditions
    with other tags share; the file itself may be gone from the cache. `crc32` is that of the whole
    file, as ZIP counts it; `cpu_ms` is what the encoder took. Both are null where they were not
    counted.
    """

    key = models.CharField(max_length=64, unique=True)
    audio_key = models.CharField(max_length=64, db_index=True, default="")
    master = models.ForeignKey("catalogue.Master", on_delete=models.PROTECT, related_name="+")
    recipe = models.CharField(max_length=30)
    encoder_version = models.CharField(max_length=200)
    tags_digest = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    crc32 = models.BigIntegerField(null=True)
    cpu_ms = models.IntegerField(null=True)
    encoded_at = models.DateTimeField()
