"""Which make of processor this is: part of the identity of what comes out otherwise on another."""

from __future__ import annotations

import platform
from functools import cache
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
# What tells one make from another, and the instruction sets by which libraries choose their code.
_FIELDS = ("vendor_id", "cpu family", "model", "CPU implementer", "CPU part")
_CODE_CHOSEN_BY = ("sse4_1", "avx", "avx2", "fma", "avx512f", "asimd")


@cache
def processor_name() -> str:
    """One line such as `x86_64 AuthenticAMD 26 2 avx avx2 fma sse4_1`; at least the architecture.

    Two machines of one name have processors of one make and let programs see the same of them.
    """
    try:
        text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""  # No Linux: the architecture alone has to do.
    return name_of(machine=platform.machine(), cpuinfo=text)


def name_of(*, machine: str, cpuinfo: str) -> str:
    """The name by what `/proc/cpuinfo` says of the first processor.

    https://docs.kernel.org/filesystems/proc.html
    """
    first = cpuinfo.split("\n\n", maxsplit=1)[0]
    said = dict(line.split(":", 1) for line in first.splitlines() if ":" in line)
    fields = {name.strip(): value.strip() for name, value in said.items()}
    flags = set(fields.get("flags", fields.get("Features", "")).split())
    named = [fields[name] for name in _FIELDS if fields.get(name)]
    return " ".join([machine, *named, *sorted(flags.intersection(_CODE_CHOSEN_BY))])
