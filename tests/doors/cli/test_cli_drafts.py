"""A draft is corrected and discarded by command, and what is left alone is told."""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pennywhistle.doors.cli.main import run
from pennywhistle.shop.catalogue.models import Release, Track
from tests.deliveries import UPC, Sheet, deliver, picture

pytestmark = pytest.mark.django_db

Command = Callable[..., str]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command's own entry with these words; all that it printed."""

    def type_it(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["pennywhistle", *words])
        with contextlib.suppress(SystemExit):
            run()
        said = capsys.readouterr()
        return said.out + said.err

    return type_it


@pytest.fixture
def folder(audio_samples: dict[str, Path], tmp_path: Path) -> Path:
    deliver(audio_samples["wav-16"], tmp_path / "delivery", "01 Wick.wav", Sheet())
    (tmp_path / "delivery" / "cover.jpg").write_bytes(picture())
    return tmp_path / "delivery"


def test_corrected_tags_put_a_draft_right(
    command: Command, folder: Path, audio_samples: dict[str, Path]
) -> None:
    command("ingest", str(folder))
    right = Sheet(title="Wick", isrc="GBZZZ2600001", date="2026-12-01")
    deliver(audio_samples["wav-16"], folder, "01 Wick.wav", right)
    said = command("ingest", str(folder))
    assert re.search(r"^corrected +01 Wick.wav$", said, re.MULTILINE)
    assert "its new tags gave it title, ISRC and work" in said
    assert "  corrected from its tags: release date\n" in said
    assert Track.objects.get().isrc == "GBZZZ2600001"


def test_a_draft_is_discarded_and_goes_in_again(command: Command, folder: Path) -> None:
    command("ingest", str(folder))
    said = command("discard", UPC)
    assert "Lamps on the Quay is discarded; the masters' files stay in their folder." in said
    assert not Release.objects.exists()
    assert re.search(r"^flagged +01 Wick.wav$", command("ingest", str(folder)), re.MULTILINE)
    assert command("publish", UPC).endswith("/\n")
    assert "only a draft can be discarded" in command("discard", UPC)


def test_a_draft_that_a_licence_names_stays(command: Command, folder: Path) -> None:
    command("ingest", str(folder))
    command(
        *("licence", "grant", "--number", "Q-7", "--licensor", "Quay Authors", "--right", "WORK"),
        *("--repertoire", f"release:{UPC}", "--territories", "worldwide", "--rate", "8%"),
        *("--starts", "2026-01-01", "--document", "Letter of 2 May"),
    )
    assert "a licence names 'Lamps on the Quay'" in command("discard", UPC)
    assert Track.objects.count() == 1


def test_an_empty_folder_is_told_without_nonsense(command: Command, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>")
    said = command("ingest", str(tmp_path))
    assert "None" not in said
    assert "logo.svg: a cover is a JPEG or PNG" in said
    assert "No recordings were found here" in said
