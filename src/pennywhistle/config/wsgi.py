"""Django's pages as WSGI, for `asgi.py` to mount."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pennywhistle.config.settings")

application = get_wsgi_application()
