"""What a listener owns."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class OwnedItem(models.Model):
    """One track in one recipe, for good. Ending a licence takes nothing away (law 4).

    What is given back is taken out: nobody is paid for it any more, so nobody licenses it.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="owned_items"
    )
    track = models.ForeignKey("catalogue.Track", on_delete=models.PROTECT, related_name="+")
    recipe = models.CharField(max_length=30)
    sale_line = models.OneToOneField("sales.SaleLine", on_delete=models.PROTECT)
    acquired_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="library_owned_once", fields=["person", "track", "recipe"])
        ]
