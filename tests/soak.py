"""Whether the long searches are wanted: `make soak` sets `SOAK`, `make test` takes a covering part.

A module with the mark `soak` runs in both; it asks `is_soak` how much of it.
"""

from __future__ import annotations

import os


def is_soak() -> bool:
    """Whether everything is to be tried, however long it takes."""
    return os.environ.get("SOAK") == "yes"
