"""`scripts/setup.sh` on machines that lack things, with stub programs in place of Python and apt-get."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.guards.house import ROOT

SECONDS_MOST = 30
TOOLS = ("sh", "cat", "cp", "cut", "dirname", "flock", "mkdir", "rm", "sha256sum", "touch")

# A Python that knows just what the script asks of it. It has ensurepip once `has-venv` is there.
STUB_PYTHON = """#!/bin/sh
echo "$0 $*" >>"$STUBS/calls"
case "$*" in
    *version_info*) [ -n "$OLD" ] && exit 1 || exit 0 ;;
    *ensurepip*) [ -e "$STUBS/has-venv" ] ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *"-r requirements"*) [ ! -e "$STUBS/pip-breaks" ] ;;
esac
"""
STUB_APT_GET = """#!/bin/sh
echo "apt-get $*" >>"$STUBS/calls"
case "$*" in install*) touch "$STUBS/has-venv" ;; esac
"""


@dataclass(frozen=True)
class Machine:
    """A checkout in a folder with a space in its name, and all the programs that there are."""

    checkout: Path
    stubs: Path

    def add(self, name: str, program: str) -> None:
        """Install a stub."""
        path = self.stubs / "bin" / name
        path.write_text(program, encoding="utf-8")
        path.chmod(0o755)

    def setup(self, what: str = "run", *, old_python: bool = False) -> tuple[int, str]:
        """Status and output of the script."""
        done = subprocess.run(
            ["sh", "scripts/setup.sh", what],
            cwd=self.checkout,
            env={
                "PATH": str(self.stubs / "bin"),
                "STUBS": str(self.stubs),
                "OLD": "yes" if old_python else "",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS_MOST,
            check=False,
        )
        return done.returncode, done.stdout

    def calls(self) -> str:
        """What was run since the last time, one call a line."""
        log = self.stubs / "calls"
        said = log.read_text(encoding="utf-8") if log.exists() else ""
        log.unlink(missing_ok=True)
        return said


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Debian with Python 3.11, its venv module, and a user who is not root."""
    checkout = tmp_path / "a shop"
    for name in ("scripts/setup.sh", "requirements/run.txt", "requirements/test.txt"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    shutil.copy(ROOT / "pyproject.toml", checkout)
    stubs = tmp_path / "stubs"
    (stubs / "bin").mkdir(parents=True)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (stubs / "bin" / tool).symlink_to(os.path.realpath(found))
    made = Machine(checkout, stubs)
    made.add("python3.11", STUB_PYTHON)
    made.add("id", "#!/bin/sh\necho 1000\n")
    (stubs / "has-venv").touch()
    return made


def test_the_first_run_installs_by_hash_and_the_second_does_nothing(machine: Machine) -> None:
    assert machine.setup()[0] == 0
    calls = machine.calls()
    assert "python3.11 -m venv .venv" in calls
    assert "pip install --require-hashes -r requirements/run.txt" in calls
    assert "--no-deps --no-build-isolation -e ." in calls

    assert machine.setup()[0] == 0
    assert "pip" not in machine.calls()


def test_what_the_tests_need_holds_what_a_store_needs(machine: Machine) -> None:
    assert machine.setup("test")[0] == 0
    machine.calls()
    assert machine.setup("run")[0] == 0
    assert "pip" not in machine.calls()


def test_changed_pins_are_installed_into_the_environment_that_is_there(machine: Machine) -> None:
    machine.setup()
    with (machine.checkout / "requirements" / "run.txt").open("a", encoding="utf-8") as pins:
        pins.write("# changed\n")
    machine.calls()
    assert machine.setup()[0] == 0
    calls = machine.calls()
    assert "-m venv" not in calls
    assert "-r requirements/run.txt" in calls


def test_an_interrupted_setup_is_begun_again_from_nothing(machine: Machine) -> None:
    (machine.stubs / "pip-breaks").touch()
    assert machine.setup()[0] != 0
    (machine.checkout / ".venv" / "left-over").touch()
    (machine.stubs / "pip-breaks").unlink()
    machine.calls()
    assert machine.setup()[0] == 0
    assert "-m venv .venv" in machine.calls()
    assert not (machine.checkout / ".venv" / "left-over").exists()


def test_half_an_environment_is_made_again(machine: Machine) -> None:
    (machine.checkout / ".venv" / "bin").mkdir(parents=True)
    assert machine.setup()[0] == 0
    assert "-m venv .venv" in machine.calls()


def test_without_python_it_says_what_to_install(machine: Machine) -> None:
    (machine.stubs / "bin" / "python3.11").unlink()
    status, said = machine.setup()
    assert status == 1
    assert "needs Python 3.11 or newer: apt-get install python3 python3-venv" in said


def test_a_python_that_is_too_old_is_no_python(machine: Machine) -> None:
    status, said = machine.setup(old_python=True)
    assert status == 1
    assert "needs Python 3.11 or newer" in said


def test_a_later_python_serves_where_the_first_has_no_venv(machine: Machine) -> None:
    (machine.stubs / "has-venv").unlink()
    machine.add("python3.12", STUB_PYTHON.replace('[ -e "$STUBS/has-venv" ]', "exit 0"))
    assert machine.setup()[0] == 0
    assert "python3.12 -m venv .venv" in machine.calls()


def test_a_user_without_debians_venv_package_is_told_its_name(machine: Machine) -> None:
    (machine.stubs / "has-venv").unlink()
    machine.add("apt-get", STUB_APT_GET)
    status, said = machine.setup()
    assert status == 1
    assert "as root: apt-get install python3-venv" in said
    assert "apt-get" not in machine.calls()


def test_root_gets_debians_venv_package_installed(machine: Machine) -> None:
    (machine.stubs / "has-venv").unlink()
    machine.add("apt-get", STUB_APT_GET)
    machine.add("id", "#!/bin/sh\necho 0\n")
    assert machine.setup()[0] == 0
    calls = machine.calls()
    assert "apt-get install -y -qq --no-install-recommends python3-venv" in calls
    assert "-m venv .venv" in calls
