"""The store's own settings, in a home of their own, so that no test touches `./var`.

`PENNYWHISTLE_TEST_DATABASE_URL` (or `PENNYWHISTLE_DATABASE_URL`) names the database server that the
suite runs on; without it, SQLite in the home folder. The tests' own database is made beside it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

if not os.environ.get("PENNYWHISTLE_HOME"):
    # pytest-xdist's workers inherit the variable, and so the home and the secret key.
    os.environ["PENNYWHISTLE_HOME"] = tempfile.mkdtemp(prefix="pennywhistle-tests-")
    atexit.register(shutil.rmtree, os.environ["PENNYWHISTLE_HOME"], ignore_errors=True)
if os.environ.get("PENNYWHISTLE_TEST_DATABASE_URL"):
    os.environ["PENNYWHISTLE_DATABASE_URL"] = os.environ["PENNYWHISTLE_TEST_DATABASE_URL"]

from pennywhistle.config.settings import *
from pennywhistle.config.settings import DATABASES

# An encode that goes on behind a test would meet the next test's database.
ENCODE_AHEAD = False
# Nor should an encoder wait beyond the test that it was started in.
ENCODERS_READY = 0

# Quick to check, and worth nothing: never outside the tests.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A connection ends with the work it was opened for, not with the thread: a test's threads end with the
# test, and what they leave open is an error.
DATABASES["default"]["CONN_MAX_AGE"] = 0

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as threads share it; and no waiting for the disk, since no test cuts the power.
    DATABASES["default"]["TEST"] = {"NAME": str(Path(os.environ["PENNYWHISTLE_HOME"]) / "test.db")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )
else:
    # Whatever encoding the server's own databases have.
    DATABASES["default"]["TEST"] = {"CHARSET": "UTF8", "TEMPLATE": "template0"}
