"""The mails of an account, in the name of the shop that the listener is in."""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings

from pennywhistle.doors.storefront.visitor import visit_of


class ShopMail(DefaultAccountAdapter):  # type: ignore[misc]
    """Names the shop as the sender, in the subject and to the templates `account/email/*.txt`."""

    def format_email_subject(self, subject: str) -> str:
        """The subject behind the shop's name."""
        return f"{self._shop_name()}: {subject}"

    def get_from_email(self) -> str:
        """The sender that the operator has set, under the shop's name unless it has one."""
        name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        return formataddr((name or self._shop_name(), address))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of the account's mails."""
        super().send_mail(template_prefix, email, {**context, "shop_name": self._shop_name()})

    def _shop_name(self) -> str:
        return visit_of(self.request).shop.name
