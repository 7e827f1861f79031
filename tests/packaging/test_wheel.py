"""A wheel of the project, installed where nothing else is, runs the demo and ends when it is told."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.guards.house import PACKAGE, ROOT, list_project_files

pytestmark = pytest.mark.slow

INSTALL_SECONDS_MOST = 600
READY_SECONDS_MOST = 600  # The demo plays and measures all its music first.
STOP_SECONDS_MOST = 60
ANSWER_SECONDS_MOST = 30


def clean_environment() -> dict[str, str]:
    """The environment without what points to the checkout, its tests or a store."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PENNYWHISTLE_", "PYTHON", "PYTEST", "DJANGO_", "VIRTUAL_ENV"))
    }


def run(*command: str | Path, cwd: Path) -> str:
    """Run to the end; the output of a failure is shown whole."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=INSTALL_SECONDS_MOST,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    (built,) = folder.glob("pennywhistle-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bin` of an environment that holds the pinned requirements and the wheel alone."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    pip = (folder / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-input")
    requirements = ROOT / "requirements" / "run.txt"
    run(*pip, "--require-hashes", "-r", requirements, cwd=folder)
    run(*pip, "--no-deps", wheel, cwd=folder)
    return folder / "venv" / "bin"


def find_free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def fetch(address: str) -> tuple[int, str]:
    """Status and text of an address."""
    with urllib.request.urlopen(address, timeout=ANSWER_SECONDS_MOST) as answer:
        return answer.status, answer.read().decode()


def list_living(session: int) -> list[str]:
    """The commands of all processes of a session that have not ended.

    https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    """
    living = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text(encoding="utf-8").rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue  # It ended while we looked.
        state, _, _, its_session = rest.split()[:4]
        if int(its_session) == session and state not in "ZX":
            living.append(name)
    return living


@contextmanager
def demo(installed: Path, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`pennywhistle demo` in a session of its own; whatever is left of it is ended after the test."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [installed / "pennywhistle", "demo", "--port", str(port)],
            cwd=folder,
            env=clean_environment() | {"PENNYWHISTLE_HOME": str(folder / "home")},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if list_living(process.pid):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def wait_until_it_answers(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Return once the shop is well; fail with its log where it ended or never came up."""
    deadline = time.monotonic() + READY_SECONDS_MOST
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if fetch(f"{address}/healthz")[0] == 200:
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    pytest.fail(f"the demo did not come up:\n{log.read_text(encoding='utf-8')}")


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    expected = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in list_project_files()
        if path.is_relative_to(PACKAGE)
    }
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    assert expected - held == set()
    assert {name for name in held - expected if ".dist-info/" not in name} == set()


def test_an_installed_wheel_runs_the_demo_and_ends_when_told(
    installed: Path, tmp_path: Path
) -> None:
    port = find_free_port()
    address = f"http://127.0.0.1:{port}"
    log = tmp_path / "log"
    with demo(installed, tmp_path, port) as process:
        wait_until_it_answers(process, address, log)

        said = log.read_text(encoding="utf-8")
        assert address in said
        assert "listener@example.org" in said

        status, home = fetch(f"{address}/")
        assert status == 200
        assert "Whistle Stop" in home
        sheets = re.findall(r'<link[^>]+href="(/static/[^"]+\.css)"', home)
        assert sheets
        for sheet in sheets:
            assert fetch(address + sheet)[0] == 200

        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_SECONDS_MOST) == 0, log.read_text(encoding="utf-8")
        assert list_living(process.pid) == []
    assert not (tmp_path / "var").exists()
