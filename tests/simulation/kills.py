"""Do something in a process of its own, which ends at one of its calls, as a killed server does."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from pathlib import Path

from django.db import connections

from tests.faults import KILLED, counted_calls

# A child that hangs is ended, and that is a finding.
CHILD_SECONDS_MOST = 60
_DONE, _BROKEN = 0, 1


def die_within(
    *,
    call: Callable[[], object],
    fail_at: int,
    only: str,
    folder: Path,
    refusals: tuple[type[Exception], ...],
) -> bool:
    """Fork, do it there, and die at the call number `fail_at` of those that begin with `only`; False where it had fewer calls.

    Whatever the child had in its memory is gone; what it gave to the database and to the gateway
    under `folder` is not. Raises `AssertionError` for a child that ended in any other way.
    """
    connections.close_all()
    child = os.fork()
    if child == 0:
        os._exit(_work(call, fail_at, only, folder, refusals))
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (KILLED, _DONE):
        raise AssertionError(f"the child that was to die at call {fail_at} ended with {code}")
    return code == KILLED


def _work(
    call: Callable[[], object],
    fail_at: int,
    only: str,
    folder: Path,
    refusals: tuple[type[Exception], ...],
) -> int:
    signal.alarm(CHILD_SECONDS_MOST)
    try:
        with counted_calls(folder=folder, fail_at=fail_at, is_fatal=True, only=only):
            call()
    except refusals:
        return _DONE
    except BaseException:  # noqa: BLE001 - the child must never go on as its parent
        traceback.print_exc()
        return _BROKEN
    return _DONE
