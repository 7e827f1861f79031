"""Find out about a file that was called broken what the store can tell without playing it."""

from __future__ import annotations

from datetime import datetime

from pennywhistle.adapters.audio.analyse import file_sha256
from pennywhistle.adapters.storage.masters import MasterDamagedError, MasterMissingError
from pennywhistle.flows.encode_rendition import WantedRendition, want_rendition
from pennywhistle.flows.outfit import Outfit
from pennywhistle.shop.catalogue.queries import get_track
from pennywhistle.shop.encoding.queries import RenditionFacts, find_rendition
from pennywhistle.shop.encoding.rules import get_recipe
from pennywhistle.shop.sales.aftercare import (
    ReportFacts,
    get_report,
    list_unexamined_reports,
)
from pennywhistle.shop.sales.operations import store_findings


def examine_reports(*, outfit: Outfit, now: datetime) -> int:
    """Look at the files of the oldest reports that nobody has looked at; how many."""
    waiting = list_unexamined_reports()
    for report_id in waiting:
        examine_report(report_id=report_id, outfit=outfit, now=now)
    return len(waiting)


def examine_report(*, report_id: int, outfit: Outfit, now: datetime) -> dict[str, str]:
    """Hold the master and the file in the cache against their hashes, and keep what was found.

    `master` is `whole`, `damaged` or `missing`; `cached` is `whole`, `damaged` or `absent`;
    `rendition`, `encoder` and `made_at` say what was delivered, where it was ever made. Reads both
    files whole, outside of any transaction (law 8). Raises `UnknownSaleLineError`, OSError.
    """
    report = get_report(report_id=report_id)
    findings = {"master": _look_at_master(report, outfit)}
    if findings["master"] != "missing":
        findings |= _look_at_rendition(report, outfit)
    store_findings(report_id=report_id, findings=findings, now=now)
    return findings


def wanted_of(*, report: ReportFacts, outfit: Outfit) -> WantedRendition:
    """The file that was sold. Raises `MasterMissingError`."""
    track = get_track(track_id=report.line.track_id)
    return want_rendition(track=track, recipe=get_recipe(code=report.line.recipe), outfit=outfit)


def _look_at_master(report: ReportFacts, outfit: Outfit) -> str:
    sha256 = get_track(track_id=report.line.track_id).master.sha256
    try:
        outfit.masters.check(sha256=sha256)
    except MasterDamagedError:
        return "damaged"
    except MasterMissingError:
        return "missing"
    return "whole"


def _look_at_rendition(report: ReportFacts, outfit: Outfit) -> dict[str, str]:
    wanted = wanted_of(report=report, outfit=outfit)
    made = find_rendition(key=wanted.key)
    if made is None:
        return {"cached": "absent"}
    return {
        "cached": _look_into_cache(wanted, made, outfit),
        "rendition": made.sha256,
        "encoder": made.encoder_version,
        "made_at": made.encoded_at.isoformat(),
    }


def _look_into_cache(wanted: WantedRendition, made: RenditionFacts, outfit: Outfit) -> str:
    path = outfit.renditions.find(**wanted.file)
    if path is None:
        return "absent"
    try:
        return "whole" if file_sha256(path) == made.sha256 else "damaged"
    except FileNotFoundError:  # It gave way to another between the two looks.
        return "absent"
