"""People who sign in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class PersonManager(BaseUserManager["Person"]):
    """Makes people, for Django's and allauth's own machinery."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str, **fields: Any) -> Person:
        return self.create_user(email, password, is_operator=True, **fields)


class Person(AbstractBaseUser, PermissionsMixin):
    """A listener, someone of a label, or the operator. We keep what a sale needs and no more."""

    email = models.EmailField(unique=True)
    country = models.CharField(max_length=2, blank=True)  # Declared by the person, ISO 3166-1.
    is_operator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """Django's word for an operator."""
        return self.is_operator
