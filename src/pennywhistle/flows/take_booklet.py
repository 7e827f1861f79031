"""Give a release the booklet that lies beside its recordings."""

from __future__ import annotations

from pathlib import Path

from pennywhistle.adapters.storage.booklets import (
    BOOKLET_BYTES_MAX,
    BookletRefusedError,
    BookletStore,
    check_booklet,
)
from pennywhistle.flows.ingest_report import FileReport, Outcome, Remark
from pennywhistle.shop.catalogue.operations import set_booklet
from pennywhistle.shop.catalogue.queries import ReleaseFacts


def take_booklet(
    *, path: Path, name: str, release: ReleaseFacts, may_replace: bool, booklets: BookletStore
) -> FileReport:
    """Keep the PDF at `path`, and report on it under `name`. What is kept twice is kept once.

    A release that has another booklet keeps it, unless it is a draft and `may_replace`. Raises
    OSError where the disk is full. Transaction: one update, after the file is kept.
    """
    with path.open("rb") as file:
        # One byte more than a booklet may have is enough to refuse it.
        content = file.read(BOOKLET_BYTES_MAX + 1)
    try:
        check_booklet(content)
    except BookletRefusedError as error:
        return FileReport(name, Outcome.REFUSED, (Remark(error.reason, error.remedy),))
    has = release.booklet_sha256
    sha256 = booklets.keep(content=content)
    if has == sha256:
        return FileReport(name, Outcome.ALREADY_THERE)
    if has and not (may_replace and release.state == "draft"):
        remark = Remark(
            "it is not the booklet that the release has, which stays",
            "a draft takes its booklet from the first of its folders, a release on sale keeps it",
        )
        return FileReport(name, Outcome.ALREADY_THERE, (remark,))
    set_booklet(release_id=release.id, sha256=sha256)
    return FileReport(name, Outcome.CORRECTED if has else Outcome.ACCEPTED)
