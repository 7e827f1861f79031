from __future__ import annotations

from pathlib import Path

from pennywhistle.adapters.audio.processor import name_of, processor_name

CPUINFO = """processor	: 0
vendor_id	: AuthenticAMD
cpu family	: 26
model		: 2
flags		: fpu sse4_1 avx avx2 fma

processor	: 1
vendor_id	: Somebody
"""


def test_a_processor_is_named_by_its_make_and_by_what_programs_see_of_it() -> None:
    name = name_of(machine="x86_64", cpuinfo=CPUINFO)
    assert name == "x86_64 AuthenticAMD 26 2 avx avx2 fma sse4_1"
    for told, otherwise in (
        ("AuthenticAMD", "GenuineIntel"),
        ("model		: 2", "model		: 3"),
        (" avx2", ""),
    ):
        other = name_of(machine="x86_64", cpuinfo=CPUINFO.replace(told, otherwise))
        assert other != name


def test_where_nothing_is_said_of_the_processor_its_architecture_names_it() -> None:
    assert name_of(machine="arm64", cpuinfo="") == "arm64"


def test_this_machine_has_a_name_that_holds() -> None:
    assert processor_name() == processor_name()
    if Path("/proc/cpuinfo").exists():
        assert len(processor_name().split()) > 1
