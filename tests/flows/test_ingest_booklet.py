"""A booklet that lies beside the recordings comes in with them."""

from __future__ import annotations

import pytest

from pennywhistle.flows.ingest_report import IngestReport, Outcome
from pennywhistle.shop.catalogue.models import Release
from tests.dock import Dock, of, said

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n% words\n"
OTHER = b"%PDF-1.7\n% other words\n"


def booklet_of(report: IngestReport) -> str:
    (found,) = report.releases
    return Release.objects.get(pk=found.release.id).booklet_sha256


def test_a_booklet_comes_in_once_and_a_draft_takes_another(album: Dock) -> None:
    path = album.folder / "Booklet.PDF"
    path.write_bytes(PDF)
    report = album.ingest()
    assert of(report, "Booklet.PDF").outcome is Outcome.ACCEPTED
    assert report.ignored == ()
    assert album.booklets.path(sha256=booklet_of(report)).read_bytes() == PDF
    assert of(album.ingest(), "Booklet.PDF").outcome is Outcome.ALREADY_THERE
    path.write_bytes(OTHER)
    report = album.ingest()
    assert of(report, "Booklet.PDF").outcome is Outcome.CORRECTED
    assert album.booklets.path(sha256=booklet_of(report)).read_bytes() == OTHER


def test_a_release_on_sale_keeps_its_booklet(album: Dock) -> None:
    path = album.folder / "booklet.pdf"
    path.write_bytes(PDF)
    before = booklet_of(album.ingest())
    Release.objects.update(state=Release.State.LIVE)
    path.write_bytes(OTHER)
    report = album.ingest()
    assert "which stays" in said(of(report, "booklet.pdf"))
    assert booklet_of(report) == before


def test_what_is_no_booklet_is_refused_and_the_music_goes_in(album: Dock) -> None:
    (album.folder / "booklet.pdf").write_bytes(b"<html>")
    report = album.ingest()
    assert of(report, "booklet.pdf").outcome is Outcome.REFUSED
    assert "export it as PDF" in said(of(report, "booklet.pdf"))
    assert booklet_of(report) == ""
    assert report.releases[0].track_count == 4


def test_a_pdf_of_another_name_is_left_alone_with_a_word_about_it(album: Dock) -> None:
    (album.folder / "contract.pdf").write_bytes(PDF)
    report = album.ingest()
    (left,) = report.ignored
    assert (left.name, "booklet.pdf" in left.why) == ("contract.pdf", True)
    assert booklet_of(report) == ""
