"""The import contracts hold, and each bites: a copy of the house with one wrong import breaks it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_SECONDS_MOST = 120


@dataclass(frozen=True)
class Sample:
    """A wrong import: the contract it breaks, the file of `src/pennywhistle` it goes to, the line."""

    contract: str
    file: str
    line: str


SAMPLES = [
    Sample(
        "floors",
        "flows/end_licence.py",
        "import pennywhistle.look.formats",
    ),
    Sample(
        "floors",
        "shop/ledger/rules.py",
        "import pennywhistle.adapters.audio.sniff",
    ),
    Sample(
        "floors",
        "adapters/geo/__init__.py",
        "import pennywhistle.shop.ledger.rules",
    ),
    Sample("rooms", "shop/ledger/rules.py", "import pennywhistle.shop.sales.vat"),
    Sample("doors-apart", "doors/desk/__init__.py", "import pennywhistle.doors.storefront.pages"),
    Sample("doors-shop", "doors/worker/__init__.py", "import pennywhistle.shop.sales.models"),
    Sample("doors-shop", "doors/worker/__init__.py", "import pennywhistle.shop.sales.operations"),
    Sample("doors-shop", "doors/worker/__init__.py", "import pennywhistle.adapters.geo.country"),
    Sample("look-apart", "look/ink.py", "import pennywhistle.shop.ledger.rules"),
    Sample("libraries", "doors/worker/__init__.py", "import mutagen"),
    Sample("libraries", "flows/end_licence.py", "import PIL.Image"),
    Sample("libraries-demo", "demo/__init__.py", "import imageio_ffmpeg"),
    Sample("adapters", "adapters/geo/__init__.py", "import django.conf"),
    Sample("rules", "shop/sales/rules.py", "import django.db.models"),
    Sample("rules", "shop/sales/vat.py", "import pennywhistle.shop.catalogue.queries"),
    Sample("kit", "kit/clock.py", "import babel"),
]


def configured_contracts() -> dict[str, str]:
    """Every contract's id and name."""
    config = ConfigParser()
    config.read(ROOT / ".importlinter", encoding="utf-8")
    prefix = "importlinter:contract:"
    return {
        section.removeprefix(prefix): config[section]["name"]
        for section in config.sections()
        if section.startswith(prefix)
    }


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    """What import-linter says of the house in this folder."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=house,
        env=os.environ | {"PYTHONPATH": f"{house / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=LINT_SECONDS_MOST,
        check=False,
    )


def broken_contracts(house: Path) -> set[str]:
    """The ids of the contracts that the house in this folder breaks."""
    found = lint(house)
    said = dict(re.findall(r"^(.+) (KEPT|BROKEN)$", found.stdout, flags=re.MULTILINE))
    names = {name: key for key, name in configured_contracts().items()}
    assert said.keys() == names.keys(), found.stdout + found.stderr
    return {names[name] for name, verdict in said.items() if verdict == "BROKEN"}


def copy_of_the_house(folder: Path) -> Path:
    """The Python files and the contracts, in a folder where they may be spoiled."""
    shutil.copytree(
        ROOT / "src" / "pennywhistle",
        folder / "src" / "pennywhistle",
        ignore=lambda where, names: {
            name for name in names if not name.endswith(".py") and not Path(where, name).is_dir()
        },
    )
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


def test_the_house_keeps_every_contract() -> None:
    assert broken_contracts(ROOT) == set()


def test_every_contract_has_a_failing_sample() -> None:
    assert {sample.contract for sample in SAMPLES} == configured_contracts().keys()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.file}-{sample.line[7:]}")
def test_a_wrong_import_breaks_its_contract_and_no_other(sample: Sample, tmp_path: Path) -> None:
    house = copy_of_the_house(tmp_path)
    file = house / "src" / "pennywhistle" / sample.file
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{sample.line}\n", encoding="utf-8")
    assert broken_contracts(house) == {sample.contract}


def test_a_floor_that_no_contract_names_breaks_the_floors(tmp_path: Path) -> None:
    house = copy_of_the_house(tmp_path)
    (house / "src" / "pennywhistle" / "attic.py").write_text("", encoding="utf-8")
    found = lint(house)
    assert found.returncode != 0
    assert "attic" in found.stdout
