"""What a process that answers pages carries from its start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_LOADED = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "pennywhistle.config.settings"
import django
django.setup()
import pennywhistle.config.urls, pennywhistle.doors.storefront.urls, pennywhistle.doors.desk.urls
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_pages_carry_no_report_engine(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", _LOADED],
        env={"PENNYWHISTLE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    loaded = said.stdout.split()
    assert "django" in loaded
    assert not {"duckdb", "ibis"} & set(loaded)
