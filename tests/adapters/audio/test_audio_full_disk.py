"""An encoder that works in a file, on a disk that is full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_TIMEOUT_SECONDS = 60

# A disk of 3 MB of its own, in namespaces of its own, full of cached songs. What is encoded in a file
# there takes more than is left: songs give way, and it is whole. Where none is left, nothing is.
FULL_DISK = """
import errno, os, subprocess, sys
from pathlib import Path
root = Path(sys.argv[1]) / "disk"
root.mkdir()
from pennywhistle.adapters.audio.encode import encode
from pennywhistle.adapters.storage.rendition_cache import DiskFullError, RenditionCache
from pennywhistle.shop.encoding.rules import get_recipe
from tests.renditions import order_for, render_master
sample = render_master(Path(sys.argv[1]) / "master.wav", frames=300_000)
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "none", root]).returncode:
    print("no mount here"); sys.exit()
cache = RenditionCache(root / "renditions")
for number in range(14):
    with cache.claim(key=f"{number:02x}" * 32, extension="mp3") as claim:
        claim.write(os.urandom(200_000))
        claim.finish()
order = order_for(sample, get_recipe(code="alac"), root / "encoding")
pieces = []
result = encode(order, pieces.append, make_room=cache.give_way)
whole = b"".join(pieces)
assert len(whole) == result.size_bytes > 400_000, len(whole)
assert cache.usage().files < 14
print("made, and left", os.listdir(root / "encoding"))
assert cache.give_way(10**9)
(root / "full").write_bytes(bytes(2_900_000))
for make_room in (cache.give_way, lambda _: False):
    pieces.clear()
    try:
        encode(order, pieces.append, make_room=make_room)
    except DiskFullError as error:
        print(errno.errorcode[error.errno], pieces, os.listdir(root / "encoding"))
(root / "full").unlink()
pieces.clear()
encode(order, pieces.append)
assert b"".join(pieces) == whole
print("well")
"""


def test_the_cache_gives_way_to_what_is_encoded_in_a_file(tmp_path: Path) -> None:
    unshared = ["unshare", "--user", "--map-root-user", "--mount"]
    result = subprocess.run(
        [*unshared, sys.executable, "-c", FULL_DISK, tmp_path],
        check=False,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )
    if "unshare" in result.stderr or "no mount here" in result.stdout:
        pytest.skip("no file system may be mounted here")
    assert result.stdout.splitlines() == [
        "made, and left []",
        "ENOSPC [] []",
        "ENOSPC [] []",
        "well",
    ], result.stderr
