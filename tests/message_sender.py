"""A label that delivers by release messages, with a card on file and stores of its own."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.adapters.storage.masters import MasterStore
from pennywhistle.adapters.storage.messages import MessageStore
from pennywhistle.flows.rate_cards import read_rate_cards
from pennywhistle.flows.take_delivery import Dock, TakenRelease, take_delivery
from tests.deliveries import picture
from tests.ern_messages import own

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
UPC = "5901234123457"
ISRCS = ("QZZZZ2600001", "QZZZZ2600002", "QZZZZ2600003")
CARDS = {
    "PADPIDA2026010101Q": {
        "licensor": "Quay Lane Records",
        "kind": "label",
        "currency": "EUR",
        "document": "Distribution agreement of 2026-01-02",
        "uses": ["DOWNLOAD", "PREVIEW"],
        "codes": {"QL1": {"rate": "65%", "floor": "0.20"}, "": {"rate": "70%"}},
    },
    "PADPIDA2026040404M": {
        "licensor": "Mole Jetty Distribution",
        "kind": "label",
        "currency": "EUR",
        "document": "Letter of 2026-02-01",
        "codes": {"": {"rate": "60%"}},
    },
}


@dataclass
class Sender:
    """A label with its files; each of its deliveries is a folder of its own."""

    root: Path
    dock: Dock
    sounds: dict[str, Path]
    count: int = 0

    def deliver(self, text: str, *, with_files: bool = True) -> Path:
        """Lay a message down with what it names; its hashes are put right."""
        self.count += 1
        folder = self.root / f"batch-{self.count}"
        resources = folder / UPC / "resources"
        resources.mkdir(parents=True)
        for isrc, sound in self.sounds.items():
            path = Path(shutil.copy(sound, resources / f"{isrc}.flac"))
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            text = re.sub(
                rf"({isrc}\.flac</URI>.*?<HashSumValue>)[0-9a-f]+",
                rf"\g<1>{sha256}",
                text,
                flags=re.DOTALL,
            )
            if not with_files:
                path.unlink()
        (resources / "cover.jpg").write_bytes(picture())
        (folder / UPC / f"{UPC}.xml").write_text(text, encoding="utf-8")
        (folder / f"BatchComplete_{self.count}.xml").write_text("<m/>", encoding="utf-8")
        return folder

    def take(self, folder: Path, now: datetime = NOW) -> TakenRelease:
        """Take a delivery of one release in."""
        (taken,) = take_delivery(folder=folder, dock=self.dock, now=now)
        return taken


def build_sender(root: Path, samples: dict[str, Path]) -> Sender:
    """A label whose card is on file, with three songs."""
    cards = root / "cards.json"
    cards.write_text(json.dumps(CARDS), encoding="utf-8")
    dock = Dock(
        masters=MasterStore(root / "masters"),
        covers=CoverStore(root / "covers"),
        messages=MessageStore(root / "messages"),
        working_folder=root / "encoding",
        cards=read_rate_cards(path=cards),
    )
    sounds = [samples[name] for name in ("flac-24-96", "flac-16-44", "flac-mono")]
    return Sender(root, dock, dict(zip(ISRCS, sounds, strict=True)))


def album(*, day: int = 2, **changes: str) -> str:
    """Our own album in 4.3, sent on a day of March."""
    text = (
        own("album-43")
        .replace("2026-03-02T10", f"2026-03-{day:02}T10")
        .replace("QL-M2", f"QL-{day}")
    )
    for old, new in changes.items():
        text = text.replace(old, new)
    return text
