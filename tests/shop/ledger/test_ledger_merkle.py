"""The tree is the one of RFC 9162, as others build it too."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from pennywhistle.shop.ledger.merkle import EMPTY_ROOT, Tree, leaf_hash, paths_of

# The leaves, and below the roots, that Certificate Transparency's own tests have:
# https://github.com/google/certificate-transparency/blob/master/python/ct/crypto/merkle_test.py
LEAVES = [
    b"",
    b"\x00",
    b"\x10",
    bytes.fromhex("2021"),
    bytes.fromhex("3031"),
    bytes.fromhex("40414243"),
    bytes.fromhex("5051525354555657"),
    bytes.fromhex("606162636465666768696a6b6c6d6e6f"),
]

entries = st.lists(st.binary(max_size=40), min_size=1, max_size=70)


def root_of(leaves: list[bytes]) -> str:
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf_hash(leaf))
    assert tree.count == len(leaves)
    return tree.root


def by_the_words_of_the_rfc(leaves: list[bytes]) -> bytes:
    """Section 2.1.1, as it is written: split at the largest power of two below the count."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = by_the_words_of_the_rfc(leaves[:k]), by_the_words_of_the_rfc(leaves[k:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def path_by_the_words_of_the_rfc(index: int, leaves: list[bytes]) -> list[bytes]:
    """Section 2.1.3.1, as it is written."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return [
            *path_by_the_words_of_the_rfc(index, leaves[:k]),
            by_the_words_of_the_rfc(leaves[k:]),
        ]
    return [
        *path_by_the_words_of_the_rfc(index - k, leaves[k:]),
        by_the_words_of_the_rfc(leaves[:k]),
    ]


def test_nothing_has_the_hash_of_nothing() -> None:
    assert root_of([]) == EMPTY_ROOT == by_the_words_of_the_rfc([]).hex()


def test_the_trees_of_known_leaves_have_the_known_roots() -> None:
    known = {
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }
    for count, root in known.items():
        assert root_of(LEAVES[:count]) == root


@given(entries)
def test_a_root_is_that_of_the_rfc_and_of_pymerkle(leaves: list[bytes]) -> None:
    theirs = InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        theirs.append_entry(leaf)
    ours = root_of(leaves)
    assert ours == by_the_words_of_the_rfc(leaves).hex() == theirs.get_root().hex()


@given(entries)
def test_every_path_is_that_of_the_rfc(leaves: list[bytes]) -> None:
    hashes = [leaf_hash(leaf) for leaf in leaves]
    paths = paths_of(hashes, range(len(leaves)))
    for index in range(len(leaves)):
        due = [node.hex() for node in path_by_the_words_of_the_rfc(index, leaves)]
        assert paths[index] == due
