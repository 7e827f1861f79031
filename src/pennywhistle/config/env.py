"""Settings from the environment: each value read by a small typed reader that raises on nonsense."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from decimal import Decimal
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from stdnum import bic, iban
from stdnum.exceptions import ValidationError

from pennywhistle.kit.territory import UnknownCountryError, check_country


class SettingError(ValueError):
    """A `PENNYWHISTLE_*` variable that cannot be read."""


def env_text(name: str, default: str) -> str:
    """The variable's text, or `default` where it is unset or blank."""
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, *, default: bool) -> bool:
    """`yes`, `true`, `1`, `on` or their opposites."""
    text = env_text(name, "yes" if default else "no").lower()
    if text in {"yes", "true", "1", "on"}:
        return True
    if text in {"no", "false", "0", "off"}:
        return False
    raise SettingError(f"{name} is {text!r}; write yes or no")


def env_int(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number between `least` and `most`."""
    text = env_text(name, str(default))
    try:
        value = int(text)
    except ValueError:
        raise SettingError(f"{name} is {text!r}; write a whole number") from None
    if not least <= value <= most:
        raise SettingError(f"{name} is {value}; it must lie between {least} and {most}")
    return value


def env_bytes(name: str, default: str, *, least: int) -> int:
    """A number of bytes, at least `least`: `20 GB`, `1.5TB`, `500 MiB`, `20000000000`.

    A megabyte is 1,000,000 bytes here as everywhere in the store, a mebibyte (`MiB`) 1,048,576.
    """
    text = env_text(name, default)
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?)\s*([kmgt]i?)?b?", text.lower())
    if match is None:
        raise SettingError(f"{name} is {text!r}; write 20 GB")
    number, unit = match.groups()
    power = "kmgt".index(unit[0]) + 1 if unit else 0
    value = int(Decimal(number) * (1024 if unit and unit.endswith("i") else 1000) ** power)
    if value < least:
        raise SettingError(f"{name} is {text!r}; it must be at least {least // 1_000_000} MB")
    return value


def env_networks(name: str, default: str) -> list[IPv4Network | IPv6Network]:
    """Networks or single addresses, separated by commas."""
    try:
        return [ip_network(text) for text in env_list(name, default)]
    except ValueError as error:
        raise SettingError(f"{name}: {error}; write 10.0.0.0/8") from None


def env_list(name: str, default: str) -> list[str]:
    """Words separated by commas."""
    return [word.strip() for word in env_text(name, default).split(",") if word.strip()]


def env_choices(name: str, default: str, *, known: Collection[str]) -> list[str]:
    """Words separated by commas, each one of `known` and named once."""
    words = env_list(name, default)
    if strange := [word for word in words if word not in known]:
        raise SettingError(f"{name} names {strange[0]!r}; known are {', '.join(known)}")
    if len(set(words)) < len(words):
        raise SettingError(f"{name} names one twice: {', '.join(words)}")
    return words


def env_mail_address(name: str, default: str) -> str:
    """`shop@example.org`, or `The Shop <shop@example.org>`."""
    text = env_text(name, default)
    _, address = parseaddr(text)
    local, at, host = address.rpartition("@")
    if not (local and at and host) or not text.isprintable():
        raise SettingError(f"{name} is {text!r}; write shop@example.org")
    return text


def env_country(name: str) -> str:
    """A country's two letters in capitals, or nothing where none was set."""
    text = env_text(name, "")
    try:
        return check_country(text) if text else ""
    except UnknownCountryError as error:
        raise SettingError(f"{name}: {error}") from None


def env_iban(name: str) -> str:
    """An account's number as banks write it in data, in capitals without spaces; or nothing."""
    text = env_text(name, "")
    try:
        return str(iban.validate(text)) if text else ""
    except ValidationError:
        raise SettingError(f"{name} is {text!r}, which no bank has given out: check it") from None


def env_bic(name: str) -> str:
    """A bank's code, in capitals; or nothing."""
    text = env_text(name, "")
    try:
        return str(bic.validate(text)) if text else ""
    except ValidationError:
        raise SettingError(f"{name} is {text!r}; write the BIC of 8 or 11 letters") from None


def env_path_prefix(name: str, default: str) -> str:
    """The beginning of an address on this server, with a slash at both ends; or empty."""
    text = env_text(name, default)
    if text and not re.fullmatch(r"/(?:[A-Za-z0-9._~-]+/)+", text):
        raise SettingError(f"{name} is {text!r}; write /renditions/")
    return text


def env_path(name: str, default: str) -> Path:
    """A folder or file, made absolute."""
    return Path(env_text(name, default)).expanduser().resolve()


def env_path_or_none(name: str) -> Path | None:
    """A folder or file, made absolute; None where none is named."""
    return env_path(name, "") if env_text(name, "") else None


def database_from_url(url: str, *, home: Path) -> dict[str, Any]:
    """Django's database settings for `sqlite:///path` or `postgresql://user:secret@host/name`.

    An empty URL is the SQLite file in `home`.
    """
    if not url:
        return _sqlite(home / "store.sqlite3")
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = unquote(parts.path)
        return _sqlite(Path(path.removeprefix("/") if path.startswith("//") else path))
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "pennywhistle.config.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or "") or dict(parse_qsl(parts.query)).get("host", ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise SettingError(
        f"PENNYWHISTLE_DATABASE_URL begins with {parts.scheme!r}; write sqlite:///PATH or "
        "postgresql://USER:SECRET@HOST/NAME"
    )


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "pennywhistle.config.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            # A write takes its lock at BEGIN, so that it waits its turn instead of failing halfway.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL: a purchase that was confirmed survives a power cut.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
