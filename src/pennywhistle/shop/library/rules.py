"""What can go wrong with a library."""

from __future__ import annotations


class NotInLibraryError(LookupError):
    """Something that this person does not own."""
