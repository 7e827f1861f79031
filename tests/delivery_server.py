"""The delivery door alone, for tests that need a real server: see `stocked_shop.server`."""

from __future__ import annotations

import os
from pathlib import Path

import django
from django.conf import settings

django.setup()
for name in ("masters", "covers", "booklets", "renditions", "encoding"):
    setattr(settings, f"{name.upper()}_FOLDER", Path(os.environ["TEST_FOLDER"]) / name)

from starlette.applications import Starlette
from starlette.routing import Mount

from pennywhistle.doors.delivery.app import app

application = Starlette(routes=[Mount("/bytes", app=app)])
