"""What the sandbox remembers: files in a folder, each whole or not at all, the first one stays.

| file | what it keeps |
|---|---|
| `REFERENCE.json` | a charge that was begun |
| `REFERENCE.charged` | that it was taken, and when |
| `REFERENCE.answer` | what the listener answered the bank, or that it was cancelled |
| `refunds/REFUND.json` | a refund |
| `trouble` | `unreachable` or `shut`: how the sandbox fails, for trying that out |
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pennywhistle.adapters.gateways.interface import (
    GatewayRefusedError,
    GatewayShutError,
    GatewayUnreachableError,
)
from pennywhistle.adapters.gateways.sandbox_cards import ChargeRecord, RefundRecord
from pennywhistle.kit.money import Money


@dataclass(frozen=True, slots=True)
class SandboxMemory:
    """The files below `folder`. Every call may raise `OSError`."""

    folder: Path

    def check_trouble(self) -> None:
        """Fail as the file `trouble` says, if there is one."""
        with suppress(FileNotFoundError):
            trouble = (self.folder / "trouble").read_text(encoding="utf-8").strip()
            if trouble == "unreachable":
                raise GatewayUnreachableError("The sandbox was told to give no answer.")
            if trouble == "shut":
                raise GatewayShutError("The sandbox was told to serve nobody.")

    def find_charge(self, reference: str) -> ChargeRecord | None:
        """The charge of that reference."""
        begun = self._read(self._path(reference, "json"))
        if begun is None:
            return None
        charged = self._read(self._path(reference, "charged")) or {}
        answer = self._read(self._path(reference, "answer")) or {}
        return ChargeRecord(
            reference=reference,
            number=begun["number"],
            amount=Money(begun["micros"], begun["currency"]),
            begun_at=datetime.fromisoformat(begun["at"]),
            charged_at=_instant(charged),
            answer=answer.get("answer", ""),
            answered_at=_instant(answer),
        )

    def begin(self, reference: str, number: str, amount: Money, now: datetime) -> None:
        """Remember a charge that takes nothing yet."""
        facts = {"number": number, "micros": amount.micros, "currency": amount.currency}
        self._keep(self._path(reference, "json"), facts | {"at": now.isoformat()})

    def take(self, reference: str, now: datetime) -> None:
        """Remember that a charge was taken."""
        self._keep(self._path(reference, "charged"), {"at": now.isoformat()})

    def answer(self, reference: str, answer: str, now: datetime) -> None:
        """Remember what ended the waiting for the listener; the first answer stays."""
        facts = {"answer": answer, "at": now.isoformat()}
        self._keep(self._path(reference, "answer"), facts)

    def keep_refund(self, reference: str, charge: str, amount: Money, now: datetime) -> None:
        """Remember a refund of `charge`."""
        facts = {"charge": charge, "micros": amount.micros, "currency": amount.currency}
        self._keep(self._refund_path(reference), facts | {"at": now.isoformat()})

    def find_refund(self, reference: str) -> RefundRecord | None:
        """The refund of that reference."""
        kept = self._read(self._refund_path(reference))
        charge = self.find_charge(kept["charge"]) if kept else None
        if kept is None or charge is None:
            return None
        return RefundRecord(
            refund_reference=reference,
            charge=charge,
            amount=Money(kept["micros"], kept["currency"]),
            asked_at=datetime.fromisoformat(kept["at"]),
        )

    def iterate_charges(self) -> Iterator[ChargeRecord]:
        """All charges that were begun."""
        for path in sorted(self.folder.glob("*.json")):
            if (charge := self.find_charge(path.stem)) is not None:
                yield charge

    def iterate_refunds(self) -> Iterator[RefundRecord]:
        """All refunds."""
        for path in sorted((self.folder / "refunds").glob("*.json")):
            if (refund := self.find_refund(path.stem)) is not None:
                yield refund

    def _path(self, reference: str, kind: str) -> Path:
        if not reference.replace("-", "").isalnum():
            raise GatewayRefusedError(f"{reference!r} is not a reference")
        return self.folder / f"{reference}.{kind}"

    def _refund_path(self, reference: str) -> Path:
        return self.folder / "refunds" / self._path(reference, "json").name

    def _read(self, path: Path) -> dict[str, Any] | None:
        try:
            facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return facts

    def _keep(self, path: Path, facts: dict[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
        try:
            fresh.write_text(json.dumps(facts), encoding="utf-8")
            with suppress(FileExistsError):
                os.link(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)


def _instant(facts: dict[str, Any]) -> datetime | None:
    return datetime.fromisoformat(facts["at"]) if "at" in facts else None
