"""Check a Pennywhistle proof, offline: a receipt's, or a licensor's statement's.

    python3 check_proof.py PROOF.json --root CHAIN
    python3 check_proof.py PROOF.json --seals SEALS.json --root CHAIN --statement STATEMENT.csv

This one file is all there is: Python 3.8 or newer, nothing to install, no network, and nothing of
the store's own programs. CHAIN is the 64 digits that the store published for a day, as you noted
them, or as someone you trust did. SEALS.json is a saved copy of the store's /books/seals.json:
give it where the CHAIN that you noted is one of a later day than the proof is about.

Exit status: 0 proven, 1 refused, 2 sound but not compared with anything that was published. How the
hashes are made: https://www.rfc-editor.org/rfc/rfc9162#section-2.1, and the store's docs/proofs.md.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

PROOF_FORMAT = "pennywhistle proof 1"
SEALS_FORMAT = "pennywhistle seals 1"

# Larger files, longer lists and taller trees than these are not from a store.
FILE_BYTES_MOST = 256_000_000
ENTRIES_MOST = 200_000
SEALS_MOST = 100_000
PATH_MOST = 64
VALUES_MOST = 60
TEXT_MOST = 4_000
LINES_SHOWN = 200

_NAMES = (
    *("day", "document_count", "documents_root", "format"),
    *("previous", "transfer_count", "transfers_root"),
)
SEAL_NAMES = {
    "pennywhistle seal 1": _NAMES,
    "pennywhistle seal 2": _NAMES,
    "pennywhistle seal 3": tuple(sorted((*_NAMES, "lines_sha256"))),
}
FIRST = "0" * 64

_HEX = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"0|[1-9][0-9]{0,17}")
_SIGNED = re.compile(r"(-?)([0-9]{1,12})\.([0-9]{6})")


class RefusedError(Exception):
    """The proof proves nothing, and why."""


def read_json(path: str) -> dict[str, object]:
    """The object in the file at `path`. Raises RefusedError for whatever is no such thing."""
    raw = read_bytes(path)
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"{path} is not JSON: {plain(str(error))}") from None
    if not isinstance(value, dict):
        raise RefusedError(f"{path} holds no object")
    return value


def read_bytes(path: str) -> bytes:
    """All bytes of a file of a sensible size."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(FILE_BYTES_MOST + 1)
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {error.strerror}") from None
    if len(raw) > FILE_BYTES_MOST:
        raise RefusedError(f"{path} is larger than {FILE_BYTES_MOST} bytes")
    return raw


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


def plain(text: str) -> str:
    """Text that cannot write into a terminal what it should not."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:TEXT_MOST])


def texts(value: object, where: str) -> dict[str, str]:
    """A small object of names and texts, as every entry and every seal is."""
    if not isinstance(value, dict) or len(value) > VALUES_MOST:
        raise RefusedError(f"{where} is no object of names and texts")
    for name, said in value.items():
        if not isinstance(said, str) or len(name) > TEXT_MOST or len(said) > TEXT_MOST:
            raise RefusedError(f"{where}: {plain(name)} is no text, or too long a one")
    return value


def listed(value: object, where: str, most: int) -> list[object]:
    """A list of at most `most`."""
    if not isinstance(value, list) or len(value) > most:
        raise RefusedError(f"{where} is no list of at most {most}")
    return value


def matching(value: object, pattern: re.Pattern[str], where: str) -> str:
    """A text that the pattern fits wholly."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise RefusedError(f"{where} is not what it should be: {plain(repr(value))[:80]}")
    return value


def canonical(entry: dict[str, str]) -> bytes:
    """The only bytes that say these names and texts."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":")).encode("ascii")


def root_from(entry: dict[str, str], index: int, count: int, path: list[str]) -> str:
    """The root that this entry has at this place of a tree with `count` entries.

    https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2
    """
    if index >= count:
        raise RefusedError(f"place {index} is not in a tree of {count}")
    node, last = index, count - 1
    found = hashlib.sha256(b"\x00" + canonical(entry)).digest()
    for step in path:
        if last == 0:
            raise RefusedError("the way up through the tree is too long")
        beside = bytes.fromhex(step)
        if node & 1 or node == last:
            found = hashlib.sha256(b"\x01" + beside + found).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + beside).digest()
        node, last = node >> 1, last >> 1
    if last:
        raise RefusedError("the way up through the tree is too short")
    return found.hex()


class Seal:
    """One day as it was sealed, and the chain that binds it to all days before."""

    def __init__(self, value: object, where: str) -> None:
        said = texts(value, where)
        if tuple(sorted(said)) != SEAL_NAMES.get(said.get("format", "")):
            raise RefusedError(f"{where} is no seal that this check_proof.py knows: get the newest")
        self.day = matching(said["day"], _DAY, f"{where}: its day")
        self.previous = matching(said["previous"], _HEX, f"{where}: the chain before it")
        self.trees = {
            name: (
                int(matching(said[f"{one}_count"], _WHOLE, f"{where}: a count")),
                matching(said[f"{name}_root"], _HEX, f"{where}: a root"),
            )
            for name, one in (("transfers", "transfer"), ("documents", "document"))
        }
        if said.get("lines_sha256"):  # None for a day without lines.
            matching(said["lines_sha256"], _HEX, f"{where}: the hash of its lines")
        self.chain = hashlib.sha256(canonical(said)).hexdigest()


class Proof:
    """A proof file that is sound in itself: each entry is in its day's tree, each tree in its seal."""

    def __init__(self, value: dict[str, object]) -> None:
        if value.get("format") != PROOF_FORMAT:
            raise RefusedError(f"this is no {PROOF_FORMAT}: get the newest check_proof.py")
        self.about = texts(value.get("about"), "what it is about")
        self.seals = read_seals(value.get("seals"), "the proof")
        self.transfers: dict[str, dict[str, str]] = {}
        self.documents: list[dict[str, str]] = []
        self.days: set[str] = set()
        for number, each in enumerate(listed(value.get("entries"), "its entries", ENTRIES_MOST)):
            self._take(each, f"entry {number + 1}")
        if not self.days:
            raise RefusedError("it holds no entry")

    def _take(self, each: object, where: str) -> None:
        if not isinstance(each, dict):
            raise RefusedError(f"{where} is no object")
        seal = self.seals.get(matching(each.get("day"), _DAY, f"{where}: its day"))
        if seal is None:
            raise RefusedError(f"{where}: the proof brings no seal of {each['day']}")
        if each.get("tree") not in ("transfers", "documents"):
            raise RefusedError(f"{where} names no tree of the seal")
        tree = str(each["tree"])
        count, root = seal.trees[tree]
        index = int(matching(each.get("index"), _WHOLE, f"{where}: its place"))
        path = [
            matching(step, _HEX, f"{where}: a step of its way up")
            for step in listed(each.get("path"), f"{where}: its way up", PATH_MOST)
        ]
        entry = texts(each.get("entry"), where)
        if root_from(entry, index, count, path) != root:
            raise RefusedError(f"{where} is not in the tree of {seal.day}: it was changed")
        self._keep(entry, tree, where)
        self.days.add(seal.day)

    def _keep(self, entry: dict[str, str], tree: str, where: str) -> None:
        if tree == "documents":
            self.documents.append(entry)
            return
        if entry.get("kind") != "transfer":
            raise RefusedError(f"{where} is no transfer")
        for name in ("key", "debit", "credit", "currency", "posted_at", "phase", "reason"):
            if name not in entry:
                raise RefusedError(f"{where} lacks its {name}")
        matching(entry.get("amount_micros"), _WHOLE, f"{where}: its amount")
        self.transfers[entry["key"]] = entry


def read_seals(value: object, where: str) -> dict[str, Seal]:
    """Seals by day. Days that follow each other must be chained."""
    seals: dict[str, Seal] = {}
    newest: Seal | None = None
    for number, each in enumerate(listed(value, f"the seals of {where}", SEALS_MOST)):
        seal = Seal(each, f"seal {number + 1} of {where}")
        if newest is not None and seal.day <= newest.day:
            raise RefusedError(f"the seals of {where} are not in order of their days")
        seals[seal.day] = newest = seal
    return seals


def read_published(path: str) -> dict[str, Seal]:
    """The seals of a saved copy of /books/seals.json, each chained to the one before it."""
    value = read_json(path)
    if value.get("format") != SEALS_FORMAT:
        raise RefusedError(f"{path} is no saved /books/seals.json")
    seals = read_seals(value.get("seals"), path)
    before: Seal | None = None
    for seal in seals.values():
        if before is not None and seal.previous != before.chain:
            raise RefusedError(f"{path}: {seal.day} is not chained to {before.day}")
        before = seal
    return seals


def find_vouched(seals: dict[str, Seal], roots: set[str]) -> dict[str, str]:
    """The chains, by day, that these roots vouch for: a root vouches for its own day, and by the
    chain for every day before it that follows without a gap."""
    vouched: dict[str, str] = {}
    before = ""
    for seal in reversed(list(seals.values())):
        if seal.chain == before or seal.chain in roots:
            vouched[seal.day] = seal.chain
            before = seal.previous
    return vouched


def find_anchored(proof: Proof, published: dict[str, Seal], roots: set[str]) -> set[str]:
    """The days of the proof's entries that the roots vouch for, through what was published too.

    Raises RefusedError where the proof's seals are other ones than those published.
    """
    for day, seal in proof.seals.items():
        if day in published and published[day].chain != seal.chain:
            raise RefusedError(f"its seal of {day} is not the one that was published")
    vouched = find_vouched(published, roots)
    vouched.update(find_vouched(proof.seals, roots | set(vouched.values())))
    return proof.days & set(vouched)


def check_statement(proof: Proof, path: str) -> tuple[int, int]:
    """Hold a statement's file against the proof; (lines of it, lines proven), or RefusedError."""
    raw = read_bytes(path)
    digest = hashlib.sha256(raw).hexdigest()
    sealed = [each for each in proof.documents if each.get("csv_sha256") == digest]
    if not sealed or sealed[0].get("kind") != "statement":
        raise RefusedError(f"{path} is not the statement that was sealed: its bytes are other ones")
    account = f"royalties/{sealed[0].get('licensor')}/{sealed[0].get('currency')}"
    try:
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8"), newline="")))
    except (ValueError, csv.Error) as error:
        raise RefusedError(f"{path} cannot be read: {plain(str(error))}") from None
    moved = {each["key"]: each for each in proof.transfers.values() if each["credit"] == account}
    taken = {
        each.get("reverses"): each
        for each in proof.transfers.values()
        if each["debit"] == account and each.get("reverses")
    }
    lines = [row for row in rows if row.get("sold_at_utc") != "TOTAL"]
    dues = [micros(row.get("due"), path) for row in lines]
    told = sum(micros(row.get("due"), path) for row in rows) - sum(dues)
    if told != sum(dues):
        raise RefusedError(f"the lines of {path} do not sum to its total")
    proven = 0
    for row, due in zip(lines, dues):
        key = f"{row.get('sale_line')}/royalty/{row.get('right')}"
        transfer = moved.get(key) if due > 0 else taken.get(key)
        if transfer is not None and int(transfer["amount_micros"]) != abs(due):
            raise RefusedError(f"{plain(key)}: the books say {money(transfer)}, the line does not")
        proven += transfer is not None or due == 0
    return len(lines), proven


def micros(text: str | None, where: str) -> int:
    """`0.032773` as 32773."""
    found = _SIGNED.fullmatch(text or "")
    if not found:
        raise RefusedError(f"{where}: {plain(repr(text))[:80]} is no amount")
    return int(found.group(1) + found.group(2) + found.group(3))


def money(transfer: dict[str, str]) -> str:
    """`0.260000 EUR`."""
    whole, part = divmod(int(transfer["amount_micros"]), 1_000_000)
    return f"{whole}.{part:06d} {plain(transfer['currency'])}"


def tell_entries(proof: Proof, out: Callable[[str], None]) -> None:
    """Every transfer in words, oldest first."""
    found = sorted(proof.transfers.values(), key=lambda each: (each["posted_at"], each["key"]))
    for each in found[:LINES_SHOWN]:
        verb = {"pending": "is held to go", "voids": "is not going"}.get(each["phase"], "went")
        undoes = f", undoing {plain(each['reverses'])}" if each.get("reverses") else ""
        out(
            f"  {plain(each['posted_at'])}  {money(each)} {verb} from {plain(each['debit'])} to "
            f"{plain(each['credit'])} ({plain(each['reason'])}, {plain(each['key'])}{undoes})"
        )
    if len(found) > LINES_SHOWN:
        out(f"  … and {len(found) - LINES_SHOWN} more")
    for each in proof.documents[:LINES_SHOWN]:
        said = ", ".join(f"{plain(n)} {plain(v)}" for n, v in sorted(each.items()) if v)
        out(f"  {said}")


def tell_what_it_is_worth(out: Callable[[str], None]) -> None:
    """What is proven by it, and what nobody should read into it."""
    out("Proven: on those days the store had exactly this in its books, and has published a number")
    out("that cannot be kept if any of it is changed, left out or put in afterwards.")
    out("Not proven: what the file calls itself; that money was paid out; that the books, or what")
    out("it is about, hold nothing else than the lines above; that the published number is the")
    out("store's, if you have it from the one who gave you this file.")


def check(arguments: argparse.Namespace, out: Callable[[str], None]) -> int:
    """Check, and say what was found. Exit status."""
    proof = Proof(read_json(arguments.proof))
    roots = {matching(root.strip().lower(), _HEX, "the root given") for root in arguments.root}
    published: dict[str, Seal] = {}
    if arguments.seals:
        published = read_published(arguments.seals)
    if published and not roots:
        newest = list(published.values())[-1]
        roots = {newest.chain}
        out(f"The newest chain in {arguments.seals}, of {newest.day}: {newest.chain}")
    about = ", ".join(f"{plain(name)} {plain(said)}" for name, said in proof.about.items())
    out(f"The file calls itself (nothing proves this line, only those below): {about}")
    tell_entries(proof, out)
    if arguments.statement:
        lines, proven = check_statement(proof, arguments.statement)
        out(f"{arguments.statement} is the statement that was sealed; its lines sum to its total,")
        out(f"and {proven} of its {lines} lines are in the books as it says.")
    anchored = find_anchored(proof, published, roots)
    missing = sorted(proof.days - anchored)
    if missing:
        for day in missing[:LINES_SHOWN]:
            out(f"Compare with what the store published for {day}: {proof.seals[day].chain}")
        if roots:
            raise RefusedError(f"what you gave says nothing of {', '.join(missing[:9])}")
        out("SOUND, but not compared: give what was published as --root or --seals.")
        return 2
    tell_what_it_is_worth(out)
    out("PROVEN")
    return 0


def main(words: list[str] | None = None) -> int:
    """Exit status of the whole."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("proof", help="the proof, a JSON file from the store")
    parser.add_argument("--root", action="append", default=[], help="a published chain, 64 digits")
    parser.add_argument("--seals", help="a saved copy of the store's /books/seals.json")
    parser.add_argument("--statement", help="the statement's own CSV file")
    try:
        return check(parser.parse_args(words), print)
    except RefusedError as error:
        print(f"REFUSED: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
