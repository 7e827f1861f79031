"""Settings from the environment: each value read by a small typed reader that raises on nonsense."""

from __future__ import annotations

import os
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


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


def env_list(name: str, default: str) -> list[str]:
    """Words separated by commas."""
    return [word.strip() for word in env_text(name, default).split(",") if word.strip()]


def env_mail_address(name: str, default: str) -> str:
    """`shop@example.org`, or `The Shop <shop@example.org>`."""
    text = env_text(name, default)
    _, address = parseaddr(text)
    local, at, host = address.rpartition("@")
    if not (local and at and host) or not text.isprintable():
        raise SettingError(f"{name} is {text!r}; write shop@example.org")
    return text


def env_path(name: str, default: str) -> Path:
    """A folder or file, made absolute."""
    return Path(env_text(name, default)).expanduser().resolve()


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
            "ENGINE": "django.db.backends.postgresql",
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
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            # A write takes its lock at BEGIN, so that it waits its turn instead of failing halfway.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL: a purchase that was confirmed survives a power cut.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
