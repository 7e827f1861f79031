"""What can go wrong with people."""

from __future__ import annotations


class UnknownPersonError(LookupError):
    """Nobody has signed up under that address."""


class SignUpRefusedError(ValueError):
    """An address that is none, or a password that is too easily guessed."""


class AlreadySignedUpError(ValueError):
    """Someone has signed up under that address."""
