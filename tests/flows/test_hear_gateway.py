"""Messages of a gateway: signed, kept raw, processed once, in any order, and again on demand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from pennywhistle.adapters.gateways.interface import (
    BadSignatureError,
    Card,
    ChargeState,
    NoticeKind,
)
from pennywhistle.adapters.gateways.sandbox import DELAY, DISPUTE_LASTS, SandboxGateway
from pennywhistle.flows.hear_gateway import (
    UnknownGatewayError,
    UnreadableMessageError,
    process_messages,
    receive_message,
    replay,
)
from pennywhistle.flows.seal_books import seal_books
from pennywhistle.flows.top_up_wallet import top_up_wallet
from pennywhistle.flows.verify_books import verify_books
from pennywhistle.kit.ids import new_id
from pennywhistle.shop.ledger.queries import get_balance
from pennywhistle.shop.payments.gateways.messages import MESSAGE_BYTES_MOST, TRIES_MOST
from pennywhistle.shop.payments.gateways.models import GatewayCircuit, GatewayMessage
from pennywhistle.shop.payments.gateways.queries import count_failed_messages, list_messages
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.payments.top_ups.models import TopUp
from tests.cast import NOW, Cast, euros

pytestmark = pytest.mark.django_db

SLOW, DISPUTED, WON = "4000000000000077", "4000000000000259", "4000000000002685"
LATER = NOW + DELAY


@pytest.fixture
def gateway(tmp_path: Path) -> SandboxGateway:
    return SandboxGateway(tmp_path)


def pay(cast: Cast, gateway: SandboxGateway, number: str) -> TopUp:
    return top_up_wallet(
        top_up_id=new_id(now=NOW),
        person_id=cast.alice.pk,
        amount=euros("10.00"),
        card=Card(number),
        gateway=gateway,
        now=NOW,
    )


def tell(
    gateway: SandboxGateway,
    kind: NoticeKind,
    handle: str,
    *,
    event_id: str = "e1",
    now: datetime = LATER,
) -> bool:
    headers, body = gateway.compose_message(kind=kind, handle=handle, event_id=event_id, now=now)
    return receive_message(
        gateway_name="sandbox", gateways={"sandbox": gateway}, headers=headers, body=body, now=now
    )


def process(gateway: SandboxGateway, *, now: datetime = LATER) -> int:
    heard = process_messages(gateways={"sandbox": gateway}, now=now)
    assert heard.troubles == ()
    return heard.done


def balance(cast: Cast) -> str:
    assert verify_books().findings == ()
    return str(get_wallet_balance(person_id=cast.alice.pk, currency="EUR"))


def test_a_message_settles_its_top_up_once_however_often_it_comes(
    cast: Cast, gateway: SandboxGateway
) -> None:
    handle = pay(cast, gateway, SLOW).handle
    assert tell(gateway, NoticeKind.CHARGE, handle) is True
    assert tell(gateway, NoticeKind.CHARGE, handle) is False
    assert balance(cast) == "0.00 EUR"
    assert process(gateway) == 1
    assert process(gateway) == 0
    assert tell(gateway, NoticeKind.CHARGE, handle, event_id="e2") is True
    assert process(gateway) == 1
    assert balance(cast) == "10.00 EUR"


def test_a_message_is_kept_as_it_came(cast: Cast, gateway: SandboxGateway) -> None:
    handle = pay(cast, gateway, SLOW).handle
    headers, body = gateway.compose_message(
        kind=NoticeKind.CHARGE, handle=handle, event_id="e1", now=NOW
    )
    gateways = {"sandbox": gateway}
    receive_message(gateway_name="sandbox", gateways=gateways, headers=headers, body=body, now=NOW)
    assert GatewayMessage.objects.get().body.encode() == body


def test_a_message_that_is_not_signed_not_readable_or_not_ours_is_not_kept(
    cast: Cast, gateway: SandboxGateway
) -> None:
    headers, body = gateway.compose_message(
        kind=NoticeKind.CHARGE, handle="h", event_id="e", now=NOW
    )
    gateways = {"sandbox": gateway}
    long = b" " * (MESSAGE_BYTES_MOST + 1)
    for name, sent, text, late, error in (
        ("stripe", headers, body, 0, UnknownGatewayError),
        ("sandbox", {}, body, 0, BadSignatureError),
        ("sandbox", headers, body + b" ", 0, BadSignatureError),
        ("sandbox", headers, body, 301, BadSignatureError),
        ("sandbox", headers, long, 0, UnreadableMessageError),
    ):
        with pytest.raises(error):
            receive_message(
                gateway_name=name,
                gateways=gateways,
                headers=sent,
                body=text,
                now=NOW + timedelta(seconds=late),
            )
    assert GatewayMessage.objects.count() == 0


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_messages_of_a_charge_and_its_dispute_may_come_in_any_order(
    cast: Cast, gateway: SandboxGateway, order: tuple[int, ...]
) -> None:
    handle = pay(cast, gateway, DISPUTED).handle
    end = NOW + DELAY + DISPUTE_LASTS
    told = [
        (NoticeKind.CHARGE, handle, NOW + DELAY),
        (NoticeKind.DISPUTE, f"dispute-{handle}", NOW + DELAY),
        (NoticeKind.DISPUTE, f"dispute-{handle}", end),
    ]
    for place in order:
        kind, about, at = told[place]
        for _ in range(2):
            tell(gateway, kind, about, event_id=f"e{place}", now=at)
        assert process(gateway, now=max(at, NOW + DELAY)) == 1
    assert balance(cast) == "0.00 EUR"
    clearing = get_balance(code="clearing/sandbox/EUR", currency="EUR")
    # The charge came and went; what the gateway charged for both is gone.
    assert clearing == euros("20.40")


def test_a_dispute_that_is_won_gives_the_money_back(cast: Cast, gateway: SandboxGateway) -> None:
    handle = pay(cast, gateway, WON).handle
    tell(gateway, NoticeKind.DISPUTE, f"dispute-{handle}")
    process(gateway)
    assert balance(cast) == "0.00 EUR"
    end = NOW + DELAY + DISPUTE_LASTS
    tell(gateway, NoticeKind.DISPUTE, f"dispute-{handle}", event_id="e2", now=end)
    process(gateway, now=end)
    assert balance(cast) == "10.00 EUR"


def test_what_fails_is_tried_again_and_given_up_and_can_be_replayed(
    cast: Cast, gateway: SandboxGateway
) -> None:
    handle = pay(cast, gateway, SLOW).handle
    tell(gateway, NoticeKind.CHARGE, handle)
    (gateway.folder / "trouble").write_text("unreachable")
    now, tries = LATER, 0
    while count_failed_messages() == 0:
        GatewayCircuit.objects.all().delete()  # So that the gateway is asked each time.
        heard = process_messages(gateways={"sandbox": gateway}, now=now)
        assert heard.done == 0
        tries += len(heard.troubles)
        now += timedelta(hours=3)
    assert tries == TRIES_MOST
    (gateway.folder / "trouble").unlink()
    GatewayCircuit.objects.all().delete()
    assert process(gateway, now=now) == 0
    failed = list_messages(only_failed=True)
    assert failed[0].trouble
    assert replay(messages=failed, gateways={"sandbox": gateway}, now=now).done == 1
    assert count_failed_messages() == 0
    assert balance(cast) == "10.00 EUR"
    again = replay(messages=list_messages(), gateways={"sandbox": gateway}, now=now)
    assert again.done == 1
    assert balance(cast) == "10.00 EUR"


@dataclass(frozen=True)
class Odd(SandboxGateway):
    """A gateway that answers about one charge in a way that nobody thought of."""

    odd: str = ""

    def find_charge(self, *, handle: str, now: datetime) -> ChargeState | None:
        if handle == self.odd:
            raise KeyError("amount")
        return super().find_charge(handle=handle, now=now)


def test_a_message_that_fails_as_nobody_thought_of_holds_up_no_other(
    cast: Cast, gateway: SandboxGateway, caplog: pytest.LogCaptureFixture
) -> None:
    odd, other = pay(cast, gateway, SLOW).handle, pay(cast, gateway, SLOW).handle
    tell(gateway, NoticeKind.CHARGE, odd, event_id="e1")
    tell(gateway, NoticeKind.CHARGE, other, event_id="e2")
    heard = process_messages(gateways={"sandbox": Odd(gateway.folder, odd=odd)}, now=LATER)
    assert heard.done == 1
    assert heard.troubles == ("sandbox e1: KeyError: 'amount'",)
    assert GatewayMessage.objects.get(event_id="e1").trouble == "KeyError: 'amount'"
    assert "Traceback" in caplog.text
    assert balance(cast) == "10.00 EUR"


def test_a_message_that_comes_while_its_day_is_sealed_is_kept_with_its_trouble(
    cast: Cast, gateway: SandboxGateway
) -> None:
    tell(gateway, NoticeKind.CHARGE, pay(cast, gateway, SLOW).handle)
    seal_books(now=LATER + timedelta(days=2))
    heard = process_messages(gateways={"sandbox": gateway}, now=LATER)
    assert "closed in the books" in heard.troubles[0]
    assert process(gateway, now=LATER + timedelta(days=1)) == 1
    assert balance(cast) == "10.00 EUR"


def test_a_message_about_somebody_elses_charge_changes_nothing(
    cast: Cast, gateway: SandboxGateway
) -> None:
    tell(gateway, NoticeKind.CHARGE, "elsewhere")
    tell(gateway, NoticeKind.OTHER, "whatever", event_id="e2")
    assert process(gateway) == 2
    assert balance(cast) == "0.00 EUR"
