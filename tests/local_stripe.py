"""A Stripe of one's own for as long as it is needed: see `localstripe_server.py`."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pennywhistle.adapters.gateways.stripe_cards import StripeGateway
from tests.browser.running import free_port

READY_SECONDS_MOST = 30
SECRET_KEY, PUBLIC_KEY, WEBHOOK_SECRET = "sk_test_1234", "pk_test_1234", "whsec_of_the_tests"

GOOD, DECLINED_LATER = "4242424242424242", "4000000000000341"
REFUSED_AT_ONCE = "4000000000000002"
ASKS, ASKS_AND_DECLINED = "4000002500003155", "4000008260003178"


@dataclass(frozen=True)
class LocalStripe:
    """Where it answers."""

    url: str

    @property
    def gateway(self) -> StripeGateway:
        """The store's gateway to it."""
        return StripeGateway(
            secret_key=SECRET_KEY,
            public_key=PUBLIC_KEY,
            webhook_secrets=("whsec_an_older_one", WEBHOOK_SECRET),
            api_base=self.url,
            script_url=f"{self.url}/js.stripe.com/v3/",
        )

    @property
    def settings(self) -> dict[str, str]:
        """The settings of a store that takes cards through it."""
        return {
            "PENNYWHISTLE_STRIPE_SECRET_KEY": SECRET_KEY,
            "PENNYWHISTLE_STRIPE_PUBLIC_KEY": PUBLIC_KEY,
            "PENNYWHISTLE_STRIPE_WEBHOOK_SECRETS": f"whsec_an_older_one,{WEBHOOK_SECRET}",
            "PENNYWHISTLE_STRIPE_API": self.url,
            "PENNYWHISTLE_STRIPE_SCRIPT": f"{self.url}/js.stripe.com/v3/",
        }

    def post(self, path: str, **fields: str) -> dict[str, Any]:
        """What a browser's script, or another who knows the key, asks of it."""
        body = urllib.parse.urlencode(fields).encode()
        headers = {"Authorization": f"Bearer {SECRET_KEY}"}
        request = urllib.request.Request(f"{self.url}{path}", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                said: dict[str, Any] = json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            said = json.load(error)
        return said

    def be_in_trouble(self, status: int | None) -> None:
        """Answer everything with that status; None ends it."""
        body = json.dumps({} if status is None else {"status": status}).encode()
        request = urllib.request.Request(f"{self.url}/_config/tests/trouble", data=body)
        urllib.request.urlopen(request, timeout=10).close()

    def writes(self) -> list[dict[str, str]]:
        """What was written, and under which idempotency key."""
        with urllib.request.urlopen(f"{self.url}/_config/tests/writes", timeout=10) as answer:
            listed: list[dict[str, str]] = json.load(answer)
        return listed

    def hand_over(self, secret: str, number: str) -> str:
        """As the browser's script does with a card and no questions asked; the setup's handle."""
        handle = secret.partition("_secret_")[0]
        card = {"number": number, "exp_month": "12", "exp_year": "2034", "cvc": "123"}
        fields = {f"payment_method_data[card][{name}]": value for name, value in card.items()}
        path = f"/v1/setup_intents/{handle}/confirm"
        fields |= {"payment_method_data[type]": "card", "client_secret": secret}
        if self.post(path, **fields).get("status") == "requires_action":
            self.post(path, client_secret=secret)
        return handle

    def answer_bank(self, handle: str, secret: str, *, is_accepted: bool) -> None:
        """As the browser's script does with what the listener tells the bank."""
        self.post(
            f"/v1/payment_intents/{handle}/_authenticate?success={str(is_accepted).lower()}",
            client_secret=secret,
        )


@contextlib.contextmanager
def local_stripe() -> Iterator[LocalStripe]:
    """Start it, wait until it answers, and end it."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.localstripe_server", str(port)])
    running = LocalStripe(f"http://127.0.0.1:{port}")
    try:
        give_up_at = time.monotonic() + READY_SECONDS_MOST
        while True:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                running.writes()
                break
            assert process.poll() is None, "localstripe ended by itself"
            assert time.monotonic() < give_up_at, "localstripe did not answer"
            time.sleep(0.1)
        yield running
    finally:
        process.terminate()
        process.wait(10)
