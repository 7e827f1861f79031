"""`ern read` needs no store, changes nothing, and says where and why a message is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from pennywhistle.doors.cli.main import run
from tests.ern_messages import OWN
from tests.message_sender import CARDS


def ern_read(*words: str, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a label would, where no store is."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PENNYWHISTLE_")
    }
    return subprocess.run(
        [sys.executable, "-m", "pennywhistle", "ern", "read", *words],
        cwd=home,
        env=environment | settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_what_a_message_says_is_printed_as_json_and_nothing_is_left_behind(tmp_path: Path) -> None:
    done = ern_read(str(OWN / "album-43.xml"), "--json", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert (said["version"], said["message_id"]) == ("4.3", "QL-M2")
    assert said["releases"][0]["tracks"][0]["isrc"] == "QZZZZ2600002"
    assert list(tmp_path.iterdir()) == []


def test_without_json_it_is_told_to_a_person(tmp_path: Path) -> None:
    hostile = tmp_path / "message.xml"
    text = (OWN / "album-382.xml").read_text(encoding="utf-8")
    hostile.write_text(text.replace(">Lantern Row<", ">Lantern\u202eRow<"), encoding="utf-8")
    done = ern_read(str(hostile), home=tmp_path)
    assert done.returncode == 0
    assert "OPENS SALE; all but US,CA; 2026-04-01 to further notice" in done.stdout
    assert "opens no sale: copy-protected; CA" in done.stdout
    assert "  QZZZZ2600002  3:05  Lantern\ufffdRow\n" in done.stdout


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("<m>", "line 1: this is not well-formed XML"),
        ("<!DOCTYPE m><m/>", "line 1: it declares a document type"),
        ("<m/>", "line 1: this is 'm', and not a release message of DDEX (ERN)"),
    ],
)
def test_a_message_that_is_refused_is_one_line_and_status_1(
    content: str, why: str, tmp_path: Path
) -> None:
    (tmp_path / "message.xml").write_text(content, encoding="utf-8")
    done = ern_read("message.xml", "--json", home=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"pennywhistle: {why}")
    assert done.stderr.count("\n") == 1


def test_a_file_that_is_not_there_and_a_folder_of_schemas_without_any_are_told(
    tmp_path: Path,
) -> None:
    missing = ern_read("nothing.xml", home=tmp_path)
    assert (missing.returncode, missing.stderr.count("\n")) == (1, 1)
    assert "nothing.xml: No such file" in missing.stderr
    without = ern_read(
        str(OWN / "single-43.xml"), home=tmp_path, PENNYWHISTLE_DDEX_SCHEMAS=str(tmp_path)
    )
    assert (without.returncode, without.stderr.count("\n")) == (1, 1)
    assert "there is no schema for http://ddex.net/xml/ern/43" in without.stderr


@pytest.mark.django_db
def test_a_delivery_that_is_refused_is_told_line_by_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    settings: Settings,
) -> None:
    (tmp_path / "BatchComplete_1.xml").write_text("<m/>", encoding="utf-8")
    (tmp_path / "message.xml").write_text(
        (OWN / "single-43.xml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    monkeypatch.setattr(sys, "argv", ["pennywhistle", "ingest", str(tmp_path)])
    settings.DDEX_SENDERS = None
    with pytest.raises(SystemExit, match="1"):
        run()
    assert "set PENNYWHISTLE_DDEX_SENDERS to a file of rate cards" in capsys.readouterr().err
    settings.DDEX_SENDERS = tmp_path / "cards.json"
    settings.DDEX_SENDERS.write_text(json.dumps(CARDS), encoding="utf-8")
    with pytest.raises(SystemExit, match="1"):
        run()
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "refused  message.xml, line 56: 'resources/QZZZZ2600001.flac' is missing",
        "refused  message.xml, line 88: 'resources/cover.jpg' is missing",
        "Nothing of the delivery is taken.",
    ]
