"""What can go wrong with people."""

from __future__ import annotations


class UnknownPersonError(LookupError):
    """Nobody has signed up under that address."""


class AlreadySignedUpError(ValueError):
    """Someone has signed up under that address."""
