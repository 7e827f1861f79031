"""Settings that are read from words, and refused where they are nonsense."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

import pytest

from pennywhistle.config.env import (
    SettingError,
    env_bic,
    env_bytes,
    env_choices,
    env_iban,
    env_networks,
)

NAME = "PENNYWHISTLE_TRIED_HERE"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20 GB", 20_000_000_000),
        ("20gb", 20_000_000_000),
        ("1.5 TB", 1_500_000_000_000),
        ("500MiB", 524_288_000),
        ("2 GiB", 2_147_483_648),
        ("250 M", 250_000_000),
        ("300000 kB", 300_000_000),
        ("123456789", 123_456_789),
        ("", 7_000_000_000),
    ],
)
def test_a_number_of_bytes_is_read(
    text: str, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, text)
    assert env_bytes(NAME, "7 GB", least=100_000_000) == expected


@pytest.mark.parametrize("text", ["lots", "-1 GB", "1,5 GB", "20 XB", "5 GB or so", "9" * 30])
def test_no_number_of_bytes_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(SettingError, match=f"{NAME} is .*; write 20 GB"):
        env_bytes(NAME, "7 GB", least=0)


def test_too_few_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "99 MB")
    with pytest.raises(SettingError, match="must be at least 100 MB"):
        env_bytes(NAME, "7 GB", least=100_000_000)


def test_networks_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env_networks(NAME, "") == []
    monkeypatch.setenv(NAME, "10.0.0.0/8, ::1 ,192.0.2.7")
    assert env_networks(NAME, "") == [
        ip_network("10.0.0.0/8"),
        ip_network("::1/128"),
        ip_network("192.0.2.7/32"),
    ]
    monkeypatch.setenv(NAME, "10.0.0.1/8")
    with pytest.raises(SettingError, match=r"host bits set; write 10\.0\.0\.0/8"):
        env_networks(NAME, "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ["a", "b"]), ("b", ["b"]), (" b , a ", ["b", "a"])],
)
def test_choices_are_read_in_their_order(
    text: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, text)
    assert env_choices(NAME, "a,b", known=("a", "b", "c")) == expected


@pytest.mark.parametrize("text", ["a,d", "a,b,a", "a b"])
def test_a_choice_that_is_unknown_or_made_twice_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(SettingError, match=NAME):
        env_choices(NAME, "a,b", known=("a", "b", "c"))


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (env_iban, "de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        (env_iban, "", ""),
        (env_bic, "cobadeffxxx", "COBADEFFXXX"),
        (env_bic, "", ""),
    ],
)
def test_an_account_is_read(
    read: Callable[[str], str], text: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, text)
    assert read(NAME) == expected


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (env_iban, "DE88370400440532013000"),
        (env_iban, "DE8937040044053201300"),
        (env_iban, "my account"),
        (env_bic, "COBA"),
        (env_bic, "COBADE99X"),
    ],
)
def test_an_account_that_no_bank_has_given_out_is_refused(
    read: Callable[[str], str], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, text)
    with pytest.raises(SettingError, match=NAME):
        read(NAME)
