"""`python -m pennywhistle.doors.worker [PARENT]`: the background loop as a process of its own.

It ends by itself when PARENT, a process id, is no longer its parent.
"""

from __future__ import annotations

import os
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pennywhistle.config.settings")
    django.setup()
    from pennywhistle.doors.worker.loop import run

    run(parent_pid=int(sys.argv[1]) if len(sys.argv) > 1 else None)
