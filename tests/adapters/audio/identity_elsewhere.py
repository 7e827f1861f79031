"""Encodes what another process encodes too, and prints the hashes: see `test_audio_identity`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pennywhistle.adapters.audio.encode import encode
from pennywhistle.shop.encoding.rules import MasterFacts, get_recipe
from tests.renditions import Sample, order_for


def main(folder: Path) -> None:
    """Reads pairs and masters' facts from standard input."""
    asked = json.load(sys.stdin)
    samples = {}
    for name, (frames, rate_hz, bits, channels, md5) in asked["facts"].items():
        facts = MasterFacts(frames, rate_hz, bits, channels, md5, {})
        samples[name] = Sample(folder / f"{name}.wav", b"", facts)
    found = {}
    for code, name in asked["pairs"]:
        order = order_for(samples[name], get_recipe(code=code), folder)
        found[f"{code} {name}"] = encode(order, lambda _: None).sha256
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
