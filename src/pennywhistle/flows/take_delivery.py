"""Take a label's delivery by messages in: all of it is right, or nothing is taken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from pennywhistle.adapters.audio.analyse import SUFFIXES, analyse
from pennywhistle.adapters.audio.refusal import AudioRefusedError
from pennywhistle.adapters.ddex.batch import (
    BatchMessage,
    DeliveryRefusedError,
    is_batch,
    read_batch,
)
from pennywhistle.adapters.ddex.read import read_message
from pennywhistle.adapters.storage.arriving import arriving
from pennywhistle.adapters.storage.covers import CoverStore
from pennywhistle.adapters.storage.masters import MasterStore
from pennywhistle.adapters.storage.messages import MessageStore
from pennywhistle.flows.ingest_master import ingest_master
from pennywhistle.flows.keep_cover import COVER_BYTES_MAX, CoverRefusedError, keep_cover
from pennywhistle.flows.license_deals import LicencesBrought, license_deals
from pennywhistle.flows.rate_cards import RateCard, RateCardError
from pennywhistle.kit.lines import clean_line
from pennywhistle.kit.live_deals import Standing, stand, track_windows
from pennywhistle.kit.release_messages import NEW_RELEASE, MessageRelease, MessageTrack
from pennywhistle.shop.catalogue import operations, queries
from pennywhistle.shop.catalogue.identifiers import IdentifierError, checked_isrc, checked_upc
from pennywhistle.shop.catalogue.queries import ReleaseFacts
from pennywhistle.shop.catalogue.rules import NewRelease, NewTrack

_DRAFT = "draft"
# As the catalogue's columns have them.
_LETTERS_MOST = {"title": 300, "artist": 200, "label": 200}
_LOSSLESS = frozenset(suffix for names in SUFFIXES.values() for suffix in names)

__all__ = ["DeliveryRefusedError", "Dock", "TakenRelease", "is_batch", "take_delivery"]


@dataclass(frozen=True, slots=True)
class Dock:
    """Where deliveries go. `schemas` are DDEX's own, where the operator has them."""

    masters: MasterStore
    covers: CoverStore
    messages: MessageStore
    working_folder: Path
    cards: Mapping[str, RateCard]
    schemas: Path | None = None


@dataclass(frozen=True, slots=True)
class TakenRelease:
    """A release that a delivery spoke of; `alerts` are for the operator to look into."""

    slug: str
    title: str
    added_count: int
    licences: LicencesBrought
    alerts: tuple[str, ...]


def take_delivery(*, folder: Path, dock: Dock, now: datetime) -> tuple[TakenRelease, ...]:
    """Check every message and file below `folder`, then take them in, and write an acknowledgement.

    Recordings become tracks of draft releases; the deals that hold become licences of the recording
    right, each song's by the deals of its own release. Each track and each release's licences are a
    transaction of their own; killed anywhere, running it again completes it. Raises
    `DeliveryRefusedError` with all that is wrong, and then nothing is taken; `SchemasMissingError`,
    OSError.
    """
    try:
        batch = _checked(folder, dock)
    except DeliveryRefusedError as error:
        if is_batch(folder):
            _acknowledge(folder, {"taken": False, "problems": error.problems}, now)
        raise
    added: dict[str, int] = {}
    for one in batch:
        for release in one.message.releases:
            if one.message.kind == NEW_RELEASE:
                added[_upc(release)] = _take_tracks(one, release, dock, now)
            dock.messages.keep(content=one.path.read_bytes(), ids=_ids(release))
    taken = [
        _settle(release, added.get(release.icpn or "", 0), dock, now)
        for one in batch
        for release in one.message.releases
    ]
    told = tuple(dict.fromkeys(found for found in taken if found is not None))
    _acknowledge(folder, {"taken": True, "releases": [asdict(found) for found in told]}, now)
    return told


def _checked(folder: Path, dock: Dock) -> list[BatchMessage]:
    batch = read_batch(folder, schemas=dock.schemas)
    if problems := [problem for one in batch for problem in _problems(one, dock)]:
        raise DeliveryRefusedError(problems)
    return batch


def _problems(one: BatchMessage, dock: Dock) -> list[str]:
    """What is wrong with a message and its files beyond what reading it told."""
    found = []
    if one.message.is_test:
        found.append(f"{one.name}: it is a test message: try it with `pennywhistle ern read`")
    if one.message.sender not in dock.cards:
        found.append(f"{one.name}: its sender {one.message.sender[:40]!r} has no rate card")
    for release in one.message.releases:
        name = f"{one.name}, {(release.title or 'a release without a title')[:60]!r}"
        if one.message.kind == NEW_RELEASE:
            found += [f"{name}: {problem}" for problem in _release_problems(one, release, dock)]
        elif not _ids(release):
            found.append(f"{name}: it has neither an ICPN nor a GRid")
    return found


def _release_problems(one: BatchMessage, release: MessageRelease, dock: Dock) -> list[str]:
    try:
        known = queries.find_release_by_upc(upc=_upc(release))
        isrcs = [checked_isrc(text=track.isrc or "") for track in release.tracks]
    except IdentifierError as error:
        return [str(error)]
    found = _name_problems(release)
    if len(set(isrcs)) < len(isrcs):
        found.append("it has one ISRC twice")
    there = _there(known)
    new = [track for isrc, track in zip(isrcs, release.tracks, strict=True) if isrc not in there]
    if new and known is not None and known.state != _DRAFT:
        found.append(f"it is {known.state} already and takes no further tracks")
    found += _file_problems(one, new)
    if (card := dock.cards.get(one.message.sender)) is not None:
        for track in release.tracks:
            found += _price_problems(release, track, card)
    return found


def _name_problems(release: MessageRelease) -> list[str]:
    """Names that lack, or that the catalogue has no room for."""
    names = [("title", release.title), ("artist", release.artist), ("label", release.label)]
    for track in release.tracks:
        names += [("title", track.title), ("artist", track.artist or release.artist)]
    return [
        f"its {what} {'lacks' if not clean else 'is too long'}"
        for what, name in names
        if not (clean := clean_line(name or "")) or len(clean) > _LETTERS_MOST[what]
    ]


def _file_problems(one: BatchMessage, tracks: list[MessageTrack]) -> list[str]:
    """Files that lack, that are no masters, or that are one recording under two names."""
    found = []
    heard: dict[str, str | None] = {}
    for track in tracks:
        if not track.files:
            found.append(f"{track.isrc} comes without a file, and the shop does not have it")
            continue
        try:
            sound = analyse(path=_master(one, track)).pcm_sha256
        except AudioRefusedError as error:
            found.append(f"{track.isrc}: {error}")
            continue
        if sound in heard:
            found.append(f"{track.isrc} is the same recording, sample by sample, as {heard[sound]}")
        heard[sound] = track.isrc
    return found


def _master(one: BatchMessage, track: MessageTrack) -> Path:
    """Of several files of a recording, the first that is named as a lossless one."""
    paths = [one.files[file.path] for file in track.files]
    return next((path for path in paths if path.suffix.lower() in _LOSSLESS), paths[0])


def _price_problems(release: MessageRelease, track: MessageTrack, card: RateCard) -> list[str]:
    found = {}
    for windows in track_windows(release=release, track=track).values():
        for window in windows:
            try:
                card.code_of(window.deal)
            except RateCardError as error:
                found[f"the deal at line {window.deal.line} for {track.isrc}: {error}"] = True
    return list(found)


def _there(known: ReleaseFacts | None) -> set[str]:
    if known is None:
        return set()
    return {track.isrc for track in queries.list_tracks_of_release(release_id=known.id)}


def _take_tracks(one: BatchMessage, release: MessageRelease, dock: Dock, now: datetime) -> int:
    """Add the songs that the shop does not have; how many that were."""
    known = queries.find_release_by_upc(upc=_upc(release))
    there = _there(known)
    new = _new_release(release, known)
    count = 0
    for number, track in enumerate(release.tracks, start=1):
        isrc = checked_isrc(text=track.isrc or "")
        if isrc in there:
            continue
        ingest_master(
            path=_master(one, track),
            release=new,
            track=NewTrack(
                title=clean_line(track.title or ""),
                artist=clean_line(track.artist or release.artist or ""),
                disc_number=1,
                track_number=number,
                isrc=isrc,
            ),
            masters=dock.masters,
            working_folder=dock.working_folder,
            now=now,
        )
        count += 1
    _take_cover(one, release, dock)
    return count


def _new_release(release: MessageRelease, known: ReleaseFacts | None) -> NewRelease:
    """As the message has it; a release that is there keeps the names that it is known by."""
    try:
        released_on = date.fromisoformat(release.released_on or "")
    except ValueError:
        released_on = None
    return NewRelease(
        title=known.title if known else clean_line(release.title or ""),
        artist=known.artist if known else clean_line(release.artist or ""),
        label=known.label if known else clean_line(release.label or ""),
        upc=_upc(release),
        released_on=released_on,
        genre=clean_line(release.genre or "")[:100],
        p_line=clean_line(release.p_line or "")[:300],
        c_line=clean_line(release.c_line or "")[:300],
    )


def _take_cover(one: BatchMessage, release: MessageRelease, dock: Dock) -> None:
    """Give a release without a cover the first picture that is one."""
    known = queries.find_release_by_upc(upc=_upc(release))
    if known is None or known.cover_sha256:
        return
    for image in release.images:
        with one.files[image.path].open("rb") as file:
            content = file.read(COVER_BYTES_MAX + 1)
        try:
            sha256, media_type = keep_cover(content=content, covers=dock.covers)
        except CoverRefusedError:
            continue
        operations.set_cover(release_id=known.id, sha256=sha256, media_type=media_type)
        return


def _settle(
    release: MessageRelease, added_count: int, dock: Dock, now: datetime
) -> TakenRelease | None:
    """Replay every message about a release, and bring its licences in line."""
    ids, standing = _replay(_ids(release), dock)
    known = next(
        (
            found
            for one in sorted(ids)
            if one.isdigit() and (found := queries.find_release_by_upc(upc=one)) is not None
        ),
        None,
    )
    if known is None:
        return None
    brought = license_deals(release=known, standing=standing, cards=dock.cards, now=now)
    return TakenRelease(known.slug, known.title, added_count, brought, standing.alerts)


def _replay(ids: frozenset[str], dock: Dock) -> tuple[frozenset[str], Standing]:
    """What holds of a release, found by any identifier that any message about it gives."""
    messages = [
        read_message(content) for one in ids for content in dock.messages.list_about(release_id=one)
    ]
    more = frozenset(
        one
        for message in messages
        for release in message.releases
        if ids & _ids(release)
        for one in _ids(release)
    )
    if more - ids:
        return _replay(ids | more, dock)
    return ids, stand(messages=messages, ids=ids)


def _ids(release: MessageRelease) -> frozenset[str]:
    return frozenset(one for one in (release.icpn, release.grid) if one and one.isalnum())


def _upc(release: MessageRelease) -> str:
    return checked_upc(text=release.icpn or "")


def _acknowledge(folder: Path, said: dict[str, object], now: datetime) -> None:
    """Say beside the messages what became of them."""
    place = folder / f"Acknowledgement_{now:%Y%m%d%H%M%S}.json"
    with arriving(place) as file:
        file.write(json.dumps({"at": now.isoformat(), **said}, indent=2).encode())
