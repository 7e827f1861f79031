"""The `pennywhistle` command as an operator types it, against the real database."""

from __future__ import annotations

import csv
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from pennywhistle.doors.cli.main import run
from pennywhistle.flows.buy_basket import buy_basket
from pennywhistle.flows.redeem_voucher import redeem_voucher
from pennywhistle.kit.clock import month_period, utc_now
from pennywhistle.shop.accounts.models import Person
from pennywhistle.shop.catalogue.models import Release
from pennywhistle.shop.ledger.models import Transfer
from pennywhistle.shop.licensing.queries import get_licensor
from pennywhistle.shop.payments.codes.models import Voucher
from pennywhistle.shop.payments.queries import get_wallet_balance
from pennywhistle.shop.royalties.queries import get_accrued
from pennywhistle.shop.storefronts.models import Storefront
from tests.cast import NOW, Cast, fill_wallet, quote
from tests.deliveries import UPC, Sheet, deliver, picture
from tests.guards_lifted import guards_lifted

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit status."""

    out: str
    err: str
    status: int


Command = Callable[..., Said]

# A licence that could be granted; words after it take the place of its own.
GRANT = (
    *("licence", "grant", "--licensor", "Quay Authors", "--right", "work", "--number", "Q-7"),
    *("--document", "Letter of 2 May", "--rate", "8%", "--starts", "2026-01-01"),
)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command's own entry with these words."""

    def type_it(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["pennywhistle", *words])
        status: object = 0
        try:
            run()
        except SystemExit as end:
            status = end.code
        said = capsys.readouterr()
        return Said(said.out, said.err, int(status or 0))  # type: ignore[call-overload]

    return type_it


def sell(cast: Cast) -> None:
    fill_wallet(cast.alice, "5.00")
    buy_basket(quote_id=quote(cast).id, person_id=cast.alice.pk, now=NOW)


def test_a_licence_is_granted_listed_asked_about_and_ended(command: Command, cast: Cast) -> None:
    granted = command(
        *("licence", "grant", "--licensor", "Quay Authors", "--right", "work", "--number", "Q-7"),
        *("--document", "Letter of 2 May", "--rate", "8%", "--floor", "0.01"),
        *("--starts", "2026-05-02", "--repertoire", "release:ann-piper-reels"),
        *("--territories", "all-but US", "--preview-seconds", "20"),
    )
    recorded, remark = granted.out.splitlines()
    assert recorded == "Licence Q-7 is recorded."
    assert remark.startswith("Note: Quay Authors is new here")
    assert "previews of 20 s" in command("licence", "list").out

    covered = command("licence", "coverage", "ZZPEN2600001", "DE")
    assert "Q-7" in covered.out  # The narrower repertoire speaks before MER-1.
    heard = command("licence", "coverage", "ZZPEN2600001", "DE", "--use", "PREVIEW")
    assert "Heard:     20 s" in heard.out
    assert covered.status == 0

    assert command("licence", "end", "LAN-1", "--reason", "sold the label").status == 0
    refused = command("licence", "coverage", "ZZPEN2600001", "DE")
    assert refused.out.startswith("No: the licence of the recording ended on ")
    assert refused.status == 1


def test_a_licence_keeps_what_was_written_and_what_happened_to_it(
    command: Command, cast: Cast
) -> None:
    dates = ("--starts", "2026-02-01 Europe/Berlin", "--ends", "2027-02-01")
    command(*GRANT, *dates, "--territories", "2EU but 2BA plus HR")
    assert "2026-02-01 Europe/Berlin to 2027-02-01 Europe/Berlin" in command("licence", "list").out
    assert command("licence", "suspend", "Q-7", "--reason", "a count is missing").status == 0
    again = command("licence", "suspend", "Q-7", "--reason", "twice")
    assert "is suspended from then on already" in again.err
    assert command("licence", "resume", "Q-7", "--reason", "it came").status == 0
    ended = command("licence", "end", "Q-7", "--reason", "over", "--from", "2026-12-24")
    assert ended.out == "Licence Q-7 ends at 2026-12-24.\n"
    told = command("licence", "history", "Q-7").out
    assert "2EU but 2BA plus HR: 35 countries by ISO 3166-1" in told
    assert "Ended:       2026-12-23 23:00:00 UTC, recorded" in told
    assert told.count("recorded") == 3


def test_what_was_known_then_and_what_is_known_now_are_told(command: Command, cast: Cast) -> None:
    asked = ("licence", "asked", "ZZPEN2600001", "--country", "DE", "--at", "2026-06-03")
    assert command(*asked).status == 0
    command("licence", "end", "LAN-1", "--reason", "learnt late", "--from", "2026-06-01")
    told = command(*asked)
    then, now = told.out.splitlines()
    assert then == "As known at 2026-06-03 00:00:00 UTC: yes, by LAN-1 and MER-1."
    assert now.startswith("As known now: no, the licence of the recording ended on 2026-06-01")
    assert told.status == 1
    before = command(*asked, "--known-at", "2025-06-03").out.splitlines()[0]
    assert before.endswith("no, no licence of the recording names this track.")


def test_a_licensor_misspelt_is_told_apart_from_the_one_on_file(
    command: Command, cast: Cast
) -> None:
    granted = command(*GRANT, "--licensor", "Lantern Recrods", "--kind", "label")
    assert "Lantern Recrods is new here" in granted.out
    assert "Lantern Records is on file as another" in granted.out
    assert len(command(*GRANT, "--licensor", "Lantern Recrods", "--kind", "label").out) < 40


def test_a_tariff_that_the_floor_price_cannot_pay_is_told_with_its_numbers(
    command: Command, cast: Cast
) -> None:
    granted = command(*GRANT, "--territories", "DE,AT", "--repertoire", "track:ZZPEN2600001")
    assert "cannot sell" not in granted.out
    dear = command(
        *(*GRANT, "--number", "Q-8", "--territories", "AT,DE,FR", "--floor", "0.05"),
        *("--repertoire", "release:ann-piper-reels", "--starts", "2026-02-01"),
    )
    assert dear.status == 0
    assert (
        "Note: The Whistle Stop cannot sell Drowsy Maggie and 1 more at its floor price in AT and 1 "
        "other country: 0.09 EUR does not pay its own tax (0.015000), the work under Q-8 "
        "(0.050000) and the recording under LAN-1 (0.045000): raise the price or its floor.\n"
    ) in dear.out


def test_the_list_says_rates_and_music_as_contracts_do(command: Command, cast: Cast) -> None:
    command(*GRANT, "--repertoire", "track:ZZPEN2600001", "--rate", "8.75%")
    said = command("licence", "list").out
    assert "track ZZPEN2600001, " in said
    assert "8.75% of net-of-tax" in said
    assert "15% of net-of-tax" in said
    assert "label Lantern, " in said


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("licence", "end", "NONE-9", "--reason", "x"), "no licence has the number 'NONE-9'"),
        (("licence", "end", "LAN-1", "--reason", "a\x1b[2J"), "cannot be seen, U+001B"),
        ((*GRANT, "--number", "a\nb"), "cannot be seen, U+000A"),
        ((*GRANT, "--number", "D/../9"), "does not read as one"),
        ((*GRANT, "--licensor", "Quay\x1b[2J"), "cannot be seen, U+001B"),
        ((*GRANT, "--licensor", "lantern RECORDS"), "write Lantern Records"),
        ((*GRANT, "--territories", "all-but"), "DE,AT, all-but FR,JP or 2EU but CH"),
        ((*GRANT, "--ends", "2025-01-01"), "a licence ends after it starts"),
        (("licence", "coverage", "ZZPEN2600001", "XX"), "is not an ISO 3166-1 alpha-2 country"),
        (("licence", "coverage", "ZZZZZ0000000", "DE"), "no track has the ISRC"),
        (("publish", "nothing-of-the-kind"), "no release has the UPC or the short name"),
        (("statement", "--licensor", "Nobody", "--period", "2026-11"), "no licensor is called"),
        (("voucher", "issue", "0.001"), "whole cents"),
        (("voucher", "issue", "five"), "is not an amount"),
        (("voucher", "issue", "30", "--expires", "2020-01-01"), "choose a later day"),
        (
            ("voucher", "issue", "7", "--currency", "USD"),
            "nothing is sold in USD here; the store sells in EUR",
        ),
        (("storefront", "Two", "--domain", "bad domain/.."), "is not the name of a host"),
        (("storefront", "Two", "--domain", "testserver"), "testserver is The Whistle Stop's"),
        (("storefront", "Two", "--domain", "two.example", "--lossy", "0"), "more than nothing"),
        (("storefront", "Two", "--domain", "two.example", "--lossless", "-1"), "more than nothing"),
        (("storefront", "Two", "--domain", "two.example", "--floor", "0.005"), "whole cents"),
        (("storefront", "T\x1bo", "--domain", "two.example"), "a shop's name is one line"),
        (("operator", "notanemail", "--password", "mind-the-till"), "valid email address"),
        (("operator", "o@quay.example", "--password", "a"), "This password is too short"),
        (("ingest", "no/such/folder"), "there is no folder"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: tuple[str, ...], complaint: str, command: Command, cast: Cast
) -> None:
    said = command(*words)
    assert complaint in said.err
    assert "Traceback" not in said.err
    assert said.status == 1
    assert not Voucher.objects.exists()
    assert Storefront.objects.count() == 1


def test_dates_and_months_that_are_none_are_shown_the_right_form(
    command: Command, cast: Cast
) -> None:
    said = command("statement", "--licensor", "Lantern Records", "--period", "November")
    assert "2026-11" in said.err
    assert said.status == 2


def test_vouchers_are_printed_once_and_can_be_redeemed(command: Command, cast: Cast) -> None:
    codes = command("voucher", "issue", "2.50", "--count", "3", "--batch", "fair").out.split()
    assert len(set(codes)) == 3
    assert all(re.fullmatch(r"([A-Z0-9]{4}-){3}[A-Z0-9]{4}", code) for code in codes)

    redeem_voucher(code=codes[0], person_id=cast.bob.pk, domain="testserver", now=NOW)
    assert get_wallet_balance(person_id=cast.bob.pk, currency="EUR").decimal == Decimal("2.5")


def test_a_statement_is_a_file_whose_total_is_the_ledgers(
    command: Command, cast: Cast, tmp_path: Path
) -> None:
    sell(cast)
    said = command(
        *("statement", "--licensor", "Meridian Society", "--period", "2026-11"),
        *("--out", str(tmp_path)),
    )
    [path] = tmp_path.glob("statement-meridian-society-2026-11-EUR*.csv")
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    due = rows[0].index("due")
    total = Decimal(rows[-1][due])

    ledger = get_accrued(
        licensor_id=get_licensor(name="Meridian Society").id,
        currency="EUR",
        period=month_period("2026-11"),
    )
    assert total == ledger.decimal == sum(Decimal(row[due]) for row in rows[1:-1])
    assert str(path) in said.out


def test_the_file_of_a_month_that_still_runs_is_named_provisional(
    command: Command, cast: Cast, tmp_path: Path
) -> None:
    now = utc_now()
    fill_wallet(cast.alice, "5.00")
    buy_basket(quote_id=quote(cast, now=now).id, person_id=cast.alice.pk, now=now)
    for month, state in ((f"{now:%Y-%m}", "-provisional"), ("2026-01", "")):
        command(
            *("statement", "--licensor", "Meridian Society", "--period", month),
            *("--out", str(tmp_path)),
        )
        assert (tmp_path / f"statement-meridian-society-{month}-EUR{state}.csv").exists()


def test_the_recount_is_clean_and_then_names_a_row_that_was_changed(
    command: Command, cast: Cast
) -> None:
    sell(cast)
    assert command("verify-books").status == 0
    row = Transfer.objects.order_by("pk").last()
    assert row is not None
    with guards_lifted(connection):
        Transfer.objects.filter(pk=row.pk).update(amount_micros=row.amount_micros + 1)
    said = command("verify-books")
    assert f"WRONG  transfer {row.pk} " in said.out
    assert said.status == 1


def test_a_storefront_and_an_operator_are_made_by_command(command: Command, db: None) -> None:
    opened = command("storefront", "The Quay", "--domain", "quay.example", "--floor", "0.05")
    assert opened.out == "The Quay is open at quay.example.\n"
    assert command("operator", "otto@quay.example", "--password", "mind-the-till").status == 0
    assert Person.objects.get(email="otto@quay.example").is_operator
    again = command("operator", "otto@quay.example", "--password", "mind-the-till")
    assert "has signed up already" in again.err


def test_a_folder_goes_in_is_published_and_goes_in_again_unchanged(
    command: Command, db: None, audio_samples: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "delivery"
    deliver(audio_samples["wav-16"], folder, "01 Wick.wav", Sheet(isrc="GBZZZ2600001"))
    shutil.copy(audio_samples["mp3"], folder / "02 Lossy.mp3")
    (folder / "cover.jpg").write_bytes(picture())

    first = command("ingest", str(folder))
    assert re.search(r"^accepted +01 Wick.wav$", first.out, re.MULTILINE)
    assert re.search(r"^refused +02 Lossy.mp3$", first.out, re.MULTILINE)
    assert first.status == 1  # One file stayed outside.

    (folder / "02 Lossy.mp3").unlink()
    again = command("ingest", str(folder))
    assert "already-there" in again.out
    assert "Nothing changed." in again.out
    assert again.status == 0

    assert "is a draft and on no shelf" in command("withdraw", UPC).err
    assert Release.objects.get().state == Release.State.DRAFT
    for word, state in (
        ("publish", Release.State.LIVE),
        ("withdraw", Release.State.WITHDRAWN),
        ("publish", Release.State.LIVE),
    ):
        assert command(word, UPC).status == 0
        assert Release.objects.get().state == state


def test_a_storefront_run_again_is_as_it_was_then_told(command: Command, db: None) -> None:
    command("storefront", "The Quay", "--domain", "quay.example")
    again = command("storefront", "The Quay", "--domain", "new.example", "--evidence", "2")
    assert again.out == "The Quay is open at new.example.\n"
    shop = Storefront.objects.get()
    assert (shop.domain, shop.evidence_needed) == ("new.example", 2)
    assert "is not a currency" in command("storefront", "Odd", "--currency", "XXX").err
    other_money = command("storefront", "The Quay", "--domain", "new.example", "--currency", "GBP")
    assert "sells in EUR" in other_money.err


def test_someone_of_a_label_is_let_in_by_command(command: Command, cast: Cast) -> None:
    made = command(
        "member", "mia@lantern.example", "--label", "Lantern", "--password", "wick-oil-7"
    )
    assert made.status == 0
    assert Person.objects.get(email="mia@lantern.example").labels.get().name == "Lantern"
    assert "no label is called" in command("member", "bob@example.org", "--label", "Lantrn").err
    mistyped = command("member", "new@x.example", "--label", "Lantrn", "--password", "wick-oil-7")
    assert "no label is called" in mistyped.err
    assert not Person.objects.filter(email="new@x.example").exists()
    assert "nobody has signed up" in command("member", "no@example.org", "--label", "Lantern").err
