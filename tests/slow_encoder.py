"""An encoder that can be held, watched and killed: the real ffmpeg behind a gate.

Runs as a process in ffmpeg's place. It writes its process id into `encodes.log`, passes some bytes
on, and waits until there is a file `gate` before it passes on the rest. A gate that holds the word
"fail" makes it fail. While there is a file `other-head`, it begins a FLAC with another size of blocks.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_BEFORE_THE_GATE_BYTES = 40_000
# In FLAC the size of the smallest block: https://www.rfc-editor.org/rfc/rfc9639#name-streaminfo
_CHANGED_AT = 8
_PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class SlowEncoder:
    """The gate and the log of one, from the outside."""

    folder: Path
    program: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes a server run this in ffmpeg's place."""
        return {
            "IMAGEIO_FFMPEG_EXE": str(self.program),
            # A program that starts others and writes a log is what confinement is there against.
            "PENNYWHISTLE_CONFINE_ENCODERS": "no",
            # Every start of it is counted as an encode.
            "PENNYWHISTLE_ENCODERS_READY": "0",
        }

    def open_gate(self, *, fail: bool = False) -> None:
        """Let all encodes go on, or fail."""
        arriving = self.folder / "gate.new"
        arriving.write_text("fail" if fail else "go")
        arriving.rename(self.folder / "gate")

    def begin_otherwise(self, otherwise: bool) -> None:
        """Whether encodes from now on have another head than the real encoder's."""
        head = self.folder / "other-head"
        head.touch() if otherwise else head.unlink()

    def process_ids(self) -> list[int]:
        """Of every encode that was started."""
        log = self.folder / "encodes.log"
        return [int(line) for line in log.read_text().split()] if log.exists() else []


def build_slow_encoder(folder: Path, *, real: str) -> SlowEncoder:
    """Write the program into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "ffmpeg"
    program.write_text(
        f'#!/bin/sh\nexec {sys.executable} -S {Path(__file__).resolve()} {folder} {real} "$@"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return SlowEncoder(folder, program)


def _main(folder: Path, real: str, arguments: list[str]) -> int:
    if "-version" in arguments:
        os.execv(real, [real, *arguments])
    with (folder / "encodes.log").open("a") as log:
        log.write(f"{os.getpid()}\n")
    with subprocess.Popen([real, *arguments], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        began = process.stdout.read(_BEFORE_THE_GATE_BYTES)
        if (folder / "other-head").exists():
            began = began[:_CHANGED_AT] + b"\x01" + began[_CHANGED_AT + 1 :]
        sys.stdout.buffer.write(began)
        sys.stdout.buffer.flush()
        if _wait_for(folder / "gate") == "fail":
            process.kill()
            sys.stderr.write("failed as it was told to")
            return 1
        sys.stdout.buffer.write(process.stdout.read())
        sys.stdout.buffer.flush()
    return process.returncode


def _wait_for(gate: Path) -> str:
    for _ in range(int(_PATIENCE_SECONDS / _LOOK_SECONDS)):
        if gate.exists():
            return gate.read_text()
        time.sleep(_LOOK_SECONDS)
    return "fail"


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
