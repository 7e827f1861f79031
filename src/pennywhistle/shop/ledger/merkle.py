"""A Merkle tree over a list of entries, hashed as Certificate Transparency hashes its log.

The prefixes keep a node from ever passing for a leaf:
https://www.rfc-editor.org/rfc/rfc9162#section-2.1.1
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

# The root of a list of nothing.
EMPTY_ROOT = hashlib.sha256(b"").hexdigest()


def leaf_hash(entry: bytes) -> bytes:
    """The 32 bytes that stand for one entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


class Tree:
    """A tree that leaves are added to one by one. Keeps one hash for each level and no more.

    `_peaks` are the roots of the whole trees so far, the largest first: their sizes are the ones of
    the count in binary, so each new leaf joins as many as the count has ones at its end.
    """

    def __init__(self) -> None:
        self._peaks: list[bytes] = []
        self.count = 0

    def add(self, leaf: bytes) -> None:
        """Put a leaf's hash at the end."""
        self._peaks.append(leaf)
        joins = self.count
        while joins & 1:
            right, left = self._peaks.pop(), self._peaks.pop()
            self._peaks.append(_node(left, right))
            joins >>= 1
        self.count += 1

    @property
    def root(self) -> str:
        """The root over all leaves so far, in hex."""
        if not self._peaks:
            return EMPTY_ROOT
        *left, root = self._peaks
        for peak in reversed(left):
            root = _node(peak, root)
        return root.hex()


def paths_of(leaves: Sequence[bytes], indexes: Iterable[int]) -> dict[int, list[str]]:
    """The audit path of each of these leaves, in hex, the nearest first.

    https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3. Goes through the tree level by level, where
    what has nothing to its right goes up as it is. Holds one level at a time.
    """
    paths: dict[int, list[str]] = {index: [] for index in indexes}
    places = {index: index for index in paths}
    level = list(leaves)
    while len(level) > 1:
        for index, place in places.items():
            if place ^ 1 < len(level):
                paths[index].append(level[place ^ 1].hex())
            places[index] = place >> 1
        pairs = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return paths


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
