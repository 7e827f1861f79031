"""What runs an ffmpeg: it is held to its files and its limits, and leaves nothing behind.

Each thing that is refused is also tried by the same program where nothing is confined: there it
succeeds, so that the refusal is known to come from the confinement.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pennywhistle.adapters.audio import process as process_module
from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.host import SPARES_MAX
from pennywhistle.adapters.audio.process import (
    MEMORY_BYTES_MAX,
    RUN_SECONDS_MAX,
    Process,
    ProcessFailedError,
    ProcessOverLimitError,
    Run,
    running,
    set_confined,
    start_host,
)

_PATIENCE_SECONDS = 30.0
_QUIET = ("-nostdin", "-hide_banner", "-v", "error", "-y")
_ENDLESS = ("-f", "lavfi", "-i", "anoisesrc")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confinement is Linux's")


@pytest.fixture(params=["confined", "not confined"])
def confined(request: pytest.FixtureRequest) -> Iterator[bool]:
    set_confined(request.param == "confined")
    yield request.param == "confined"
    set_confined(True)


def ffmpeg(
    *arguments: str,
    reads: tuple[Path, ...] = (),
    memory_bytes_max: int = MEMORY_BYTES_MAX,
    cpu_seconds_max: int = RUN_SECONDS_MAX,
) -> Run:
    return Run(
        command=(ffmpeg_path(), *_QUIET, *arguments),
        about="a test",
        reads=reads,
        memory_bytes_max=memory_bytes_max,
        cpu_seconds_max=cpu_seconds_max,
    )


def ended(run: Run) -> tuple[int, bytes, str]:
    """Its code, its output, its last words."""
    with running(run) as process:
        output = b"".join(process.output())
    assert process.code is not None
    return process.code, output, process.last_words


def until(what: Callable[[], object]) -> None:
    ends_at = time.monotonic() + _PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < ends_at, "waited too long"
        time.sleep(0.01)


def host_pid() -> int:
    start_host()
    host = process_module._hosts._host
    assert host is not None
    return host._process.pid


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def descriptors_of(pid: int) -> set[str]:
    return {path.name for path in Path(f"/proc/{pid}/fd").iterdir()}


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_an_encoder_reads_its_master_and_no_other_file(
    confined: bool, audio_samples: dict[str, Path]
) -> None:
    own, other = audio_samples["wav-16"], audio_samples["flac-16-44"]
    decode = ("-f", "s16le", "pipe:1")
    assert ended(ffmpeg("-i", f"file:{own}", *decode, reads=(own,)))[0] == 0
    code, output, said = ended(ffmpeg("-i", f"file:{other}", *decode, reads=(own,)))
    assert (code != 0 and not output) == confined
    assert ("Permission denied" in said) == confined


def test_what_an_encoder_says_of_a_picture_inside_does_not_hide_its_last_words(
    tmp_path: Path,
) -> None:
    whole, cut = tmp_path / "whole.flac", tmp_path / "cut.flac"
    cover = ("-f", "lavfi", "-i", "color=red:s=32x32", "-map", "0:a", "-map", "1:v")
    picture = ("-c:v", "mjpeg", "-frames:v", "1", "-disposition:v", "attached_pic")
    tone = ("-f", "lavfi", "-i", "anoisesrc=d=1")
    command = [ffmpeg_path(), *_QUIET, *tone, *cover, *picture, str(whole)]
    subprocess.run(command, check=True, timeout=_PATIENCE_SECONDS)
    cut.write_bytes(whole.read_bytes()[:-20_000] + bytes(5_000))
    decode = ("-map", "0:a", "-f", "s16le", "pipe:1")
    for path in (whole, cut):
        run = ffmpeg(
            "-codec_whitelist", "flac,pcm_s16le", "-i", f"file:{path}", *decode, reads=(path,)
        )
        _, _, said = ended(run)
        assert "whitelist" not in said
        assert "repeated" not in said.partition("\n")[0]
        assert bool(said) == (path is cut)


def test_an_encoder_writes_into_its_folder_and_nowhere_else(confined: bool, tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    tone = ("-f", "lavfi", "-i", "anoisesrc=d=0.1")
    for folder in (own, other):
        command = (ffmpeg_path(), *_QUIET, *tone, str(folder / "made.wav"))
        code, _, _ = ended(Run(command=command, about="a test", reads=(), writes=own))
        refused = confined and folder is other
        assert (code != 0) == refused
        assert (folder / "made.wav").exists() != refused


def test_an_encoder_reaches_nobody_over_the_network(confined: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(1.0 if confined else _PATIENCE_SECONDS)
        address = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        reached = threading.Event()

        def answer() -> None:
            try:
                listener.accept()[0].close()
                reached.set()
            except TimeoutError:
                pass

        waiting = threading.Thread(target=answer)
        waiting.start()
        code, _, said = ended(ffmpeg("-f", "s16le", "-i", address, "-f", "null", "-"))
        waiting.join()
    assert reached.is_set() != confined
    if confined:
        assert code != 0
        assert "Operation not permitted" in said


def test_an_encoder_starts_no_other_program(confined: bool) -> None:
    script = "/bin/sh", "-c", "/bin/echo started; true"
    code, output, _ = ended(Run(command=script, about="a test", reads=()))
    assert (code != 0 and not output) == confined


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="util-linux has no prlimit here")
def test_an_encoder_puts_no_limit_on_the_store(confined: bool) -> None:
    command = shutil.which("prlimit") or "", "--pid", str(os.getpid()), "--core=0:0"
    code, _, _ = ended(Run(command=command, about="a test", reads=()))
    assert (code != 0) == confined


def test_an_encoder_is_told_nothing_of_the_stores_environment(
    confined: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENNYWHISTLE_DATABASE_URL", "postgresql://shop:secret@db/shop")
    set_confined(not confined)  # So that a host is started that has seen it.
    set_confined(confined)
    env = next(path for path in ("/usr/bin/env", "/bin/env") if Path(path).exists())
    code, output, _ = ended(Run(command=(env,), about="a test", reads=()))
    assert (code, output) == (0, b"")


def test_an_encoder_that_eats_memory_fails_alone() -> None:
    # Each frame of this picture takes 1.2 GB.
    hungry = ("-f", "lavfi", "-i", "color=s=20000x20000", "-frames:v", "2", "-f", "null", "-")
    code, _, said = ended(ffmpeg(*hungry, memory_bytes_max=1_000_000_000))
    assert code != 0, said
    assert ended(ffmpeg(*_ENDLESS, "-t", "1", "-f", "null", "-"))[0] == 0


def test_an_encoder_that_never_ends_runs_out_of_its_seconds() -> None:
    code, _, _ = ended(ffmpeg(*_ENDLESS, "-f", "null", "-", cpu_seconds_max=1))
    assert code in (-signal.SIGXCPU, -signal.SIGKILL, 255)


def test_a_block_that_is_left_leaves_no_process_and_no_descriptor() -> None:
    host = host_pid()
    until(lambda: len(children_of(host)) == SPARES_MAX)
    open_by_host = len(descriptors_of(host))
    open_before = descriptors_of(os.getpid())
    for _ in range(10):
        with running(ffmpeg(*_ENDLESS, "-f", "s16le", "pipe:1")) as process:
            next(iter(process.output()))
    assert descriptors_of(os.getpid()) == open_before
    until(lambda: len(children_of(host)) == SPARES_MAX)
    until(lambda: len(descriptors_of(host)) == open_by_host)


def test_a_program_that_is_not_there_is_said_so() -> None:
    with pytest.raises(ProcessFailedError, match="does not start"):
        ended(Run(command=("/nowhere/ffmpeg",), about="a test", reads=()))


def test_a_host_that_is_killed_costs_what_ran_and_no_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    host = host_pid()
    with (
        pytest.raises(ProcessFailedError, match="host has ended"),
        running(ffmpeg(*_ENDLESS, "-f", "s16le", "pipe:1")) as process,
    ):
        output = process.output()
        next(output)
        encoders = children_of(host)
        os.kill(host, signal.SIGKILL)
        list(output)
    for pid in encoders:
        until(lambda pid=pid: is_gone(pid))  # type: ignore[misc]
    with caplog.at_level(logging.WARNING):
        assert ended(ffmpeg(*_ENDLESS, "-t", "0.1", "-f", "null", "-"))[0] == 0
    assert "is started again" in caplog.text
    assert host_pid() != host


def test_a_host_that_hangs_is_replaced_and_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(process_module, "_HOST_TAKES_SECONDS_MAX", 0.2)
    process_module._hosts.end()
    host = host_pid()
    os.kill(host, signal.SIGSTOP)
    # More than a socket takes from one side before the other reads.
    words = ("-metadata", "comment=" + "x" * 100_000) * 8
    with caplog.at_level(logging.WARNING):
        assert ended(ffmpeg(*_ENDLESS, "-t", "0.1", *words, "-f", "null", "-"))[0] == 0
    assert "hangs (timed out)" in caplog.text
    assert is_gone(host)
    assert host_pid() != host


def test_a_program_whose_host_does_not_tell_of_its_end_leaves_no_descriptor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = host_pid()
    open_before = descriptors_of(os.getpid())
    monkeypatch.setattr(process_module, "_WAIT_AFTER_END_SECONDS", 0.1)
    with (
        pytest.raises(ProcessOverLimitError, match="does not end"),
        running(ffmpeg(*_ENDLESS, "-f", "s16le", "pipe:1")) as process,
    ):
        next(iter(process.output()))
        os.kill(host, signal.SIGSTOP)
    assert descriptors_of(os.getpid()) == open_before
    os.kill(host, signal.SIGCONT)
    assert ended(ffmpeg(*_ENDLESS, "-t", "0.1", "-f", "null", "-"))[0] == 0


def test_encoders_share_the_processor_with_the_server_and_ctrl_c_is_not_theirs() -> None:
    host = host_pid()
    with running(ffmpeg(*_ENDLESS, "-f", "s16le", "pipe:1")) as process:
        next(iter(process.output()))
        for pid in (host, *children_of(host)):
            assert os.getsid(pid) == os.getsid(0)
            assert os.getpgid(pid) == host != os.getpgid(0)


_PARENT = """
import sys
from pennywhistle.adapters.audio import process
run = process.Run(command=tuple(sys.argv[1:]), about="a test", reads=())
with process.running(run) as started:
    output = started.output()
    next(output)
    print(process._hosts._host._process.pid, flush=True)
    for _ in output:
        pass
"""


def test_a_parent_that_is_killed_leaves_neither_host_nor_encoder() -> None:
    command = ffmpeg(*_ENDLESS, "-f", "s16le", "pipe:1").command
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, *command], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        host = int(parent.stdout.readline())
        encoders = children_of(host)
        assert encoders
        parent.kill()
    for pid in (host, *encoders):
        until(lambda pid=pid: is_gone(pid))  # type: ignore[misc]


_OLD_KERNEL = """
import logging, sys
from pathlib import Path
logging.basicConfig()
from pennywhistle.adapters.audio import confine, process
# This process, and what it starts, find neither Landlock nor seccomp nor namespaces of their own.
gone = {"landlock": (444, 444), "unshare": (272, 97), "prctl": (157, 167)}
confine._REFUSED = gone
confine._MACHINES = {name: (*row[:2], 9999, 9999) for name, row in confine._MACHINES.items()}
confine._prctl(confine._PR_SET_NO_NEW_PRIVS, 1)
confine._install_filter()
path = Path(sys.argv[-1])
for _ in range(2):
    run = process.Run(command=tuple(sys.argv[1:-1]), about=path.name, reads=(path,))
    with process.running(run) as started:
        length = sum(map(len, started.output()))
    print(started.code, length)
"""


def test_a_kernel_that_cannot_confine_is_told_of_once_and_encodes(
    audio_samples: dict[str, Path],
) -> None:
    path = audio_samples["wav-16"]
    command = ffmpeg("-i", f"file:{path}", "-f", "s16le", "pipe:1").command
    done = subprocess.run(
        [sys.executable, "-c", _OLD_KERNEL, *command, path],
        capture_output=True,
        text=True,
        check=True,
        timeout=_PATIENCE_SECONDS,
    )
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["0", "0"], done.stderr
    assert done.stderr.count("could read other files (no Landlock)") == 1
    assert done.stderr.count("could open sockets") == 1


def test_what_a_program_says_last_is_kept(audio_samples: dict[str, Path]) -> None:
    code, output, said = ended(ffmpeg("-i", "file:/nowhere.wav", "-f", "null", "-"))
    assert (code != 0, output) == (True, b"")
    assert "/nowhere.wav" in said


def test_the_processor_time_is_that_of_the_program() -> None:
    with running(ffmpeg("-f", "lavfi", "-i", "anoisesrc=d=60", "-f", "null", "-")) as process:
        _drain(process)
    assert process.code == 0
    assert process.cpu_ms > 0


def _drain(process: Process) -> None:
    for _ in process.output():
        pass
