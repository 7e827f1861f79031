"""The account's mails: from the shop, in its name, in the listener's language."""

from __future__ import annotations

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMessage as Sent
from django.test import Client
from pytest_django.fixtures import Settings

from pennywhistle.config.env import SettingError, env_mail_address
from pennywhistle.shop.storefronts.models import Storefront
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_mail_was_sent_before() -> None:
    """An address is written to once in a few minutes; every test has them before it."""
    cache.clear()


def sign_up(language: str = "en") -> Sent:
    """Somebody new; the mail that they get."""
    client = Client(headers={"accept-language": language})
    client.post("/account/signup/", {"email": "new@example.org", "password1": PASSWORD})
    (sent,) = mail.outbox
    return sent


def ask_for_a_password(email: str) -> Sent:
    """Somebody who forgot theirs; the mail that they get."""
    Client().post("/account/password/reset/", {"email": email})
    (sent,) = mail.outbox
    return sent


def test_who_signs_up_is_written_to_in_the_name_of_the_shop(cast: Cast, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "hello@stop.example"
    sent = sign_up()
    assert sent.from_email == "The Whistle Stop <hello@stop.example>"
    assert sent.subject == "The Whistle Stop: Is this address yours?"
    assert "http://testserver/account/confirm-email/" in sent.body
    assert "Thank you for using" not in sent.body


def test_a_sender_with_a_name_of_its_own_keeps_it(cast: Cast, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Otto <otto@stop.example>"
    assert sign_up().from_email == "Otto <otto@stop.example>"


def test_a_mail_is_plain_text_and_escapes_nothing(cast: Cast) -> None:
    Storefront.objects.update(name="Reed & Sons")
    sent = sign_up()
    assert sent.subject.startswith("Reed & Sons: ")
    assert "gave this address to Reed & Sons." in sent.body


@pytest.mark.parametrize(
    ("language", "subject"), [("de", "Ist das deine Adresse?"), ("ru", "Это ваш адрес?")]
)
def test_a_mail_is_in_the_language_of_who_gets_it(cast: Cast, language: str, subject: str) -> None:
    assert sign_up(language).subject == f"The Whistle Stop: {subject}"


def test_a_forgotten_password_is_answered_with_a_link(cast: Cast) -> None:
    sent = ask_for_a_password("alice@example.org")
    assert sent.subject == "The Whistle Stop: A new password"
    assert "http://testserver/account/password/reset/key/" in sent.body


def test_an_address_that_has_no_account_is_told_so_by_mail(cast: Cast) -> None:
    sent = ask_for_a_password("nobody@example.org")
    assert sent.subject == "The Whistle Stop: No account has this address"
    assert "http://testserver/account/signup/" in sent.body


@pytest.mark.parametrize("text", ["shop", "@example.org", "shop@", "a@b.example\nBcc: c@d.example"])
def test_a_sender_that_is_no_address_stops_the_start(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENNYWHISTLE_MAIL_FROM", text)
    with pytest.raises(SettingError, match="PENNYWHISTLE_MAIL_FROM"):
        env_mail_address("PENNYWHISTLE_MAIL_FROM", "shop@example.org")
