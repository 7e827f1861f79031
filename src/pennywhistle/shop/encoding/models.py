"""Renditions that have been made."""

from __future__ import annotations

from django.db import models


class Rendition(models.Model):
    """What came out when a rendition was first encoded. Whoever encodes it again gets the same.

    `key` is its identity (`rules.rendition_key`); the file itself may be gone from the cache.
    """

    key = models.CharField(max_length=64, unique=True)
    master = models.ForeignKey("catalogue.Master", on_delete=models.PROTECT, related_name="+")
    recipe = models.CharField(max_length=30)
    encoder_version = models.CharField(max_length=200)
    tags_digest = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    encoded_at = models.DateTimeField()
