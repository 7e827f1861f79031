"""Encoders that were started ahead: the same bytes, held as tightly, and never more than there should
be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from pennywhistle.adapters.audio import encode as encode_module
from pennywhistle.adapters.audio import ready as ready_module
from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.encode import EncodeOrder, EncoderFailedError, encode
from pennywhistle.adapters.audio.process import Run, running
from pennywhistle.adapters.audio.ready import DEATHS_MAX, Kind, ReadyEncoders, _Ready
from pennywhistle.adapters.storage.working import working_below
from pennywhistle.shop.encoding.recipes import RECIPES, Framing
from pennywhistle.shop.encoding.rules import Excerpt, is_streamed
from tests.renditions import Sample, order_for, render_master
from tests.soak import is_soak

_PATIENCE_SECONDS = 30.0
MASTERS = {
    "stereo": {"frames": 70_001},
    "one sample": {"frames": 1},
    "mono": {"frames": 50_003, "channels": 1},
    "24 bit 96 kHz": {"frames": 60_007, "rate_hz": 96_000, "bits": 24},
    "5.1": {"frames": 30_011, "rate_hz": 48_000, "bits": 24, "channels": 6},
}
# Their other containers: ffmpeg's name of the codec, and the ending.
CONTAINERS = {"flac": "flac", "alac": "m4a", "pcm_s16be": "aiff"}


def until(what: Callable[[], object]) -> None:
    ends_at = time.monotonic() + _PATIENCE_SECONDS
    while not what():
        assert time.monotonic() < ends_at, "waited too long"
        time.sleep(0.005)


@pytest.fixture
def ready(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadyEncoders]:
    """A store's own, without the rest that it gives to others."""
    monkeypatch.setattr(ready_module, "BETWEEN_SECONDS", 0.0)
    encoders = ReadyEncoders(rest_seconds=0.0)
    monkeypatch.setattr(encode_module, "ready_encoders", encoders)
    yield encoders
    encoders.keep(most=0)
    until(lambda: encoders._keeper is None)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    folder = tmp_path_factory.mktemp("ready")
    made = {name: render_master(folder / f"{name}.wav", **is_) for name, is_ in MASTERS.items()}
    for codec, ending in CONTAINERS.items():
        path = folder / f"stereo.{ending}"
        command: list[str | Path] = [
            ffmpeg_path(),
            "-v",
            "error",
            "-i",
            folder / "stereo.wav",
            "-c:a",
            codec,
            path,
        ]
        subprocess.run(command, check=True, timeout=_PATIENCE_SECONDS)
        made[ending] = replace(made["stereo"], path=path)
    return made


def pairs() -> list[tuple[str, str]]:
    """Each framing that streams of each master, each recipe of one; all of them in the long search."""
    seen: set[Framing] = set()
    names, turn, chosen = (*MASTERS, *CONTAINERS.values()), count(), []
    for recipe in RECIPES.values():
        if recipe.streams:
            every = is_soak() or recipe.framing not in seen
            chosen += [(recipe.code, name) for name in names if every]
            if not every:
                chosen.append((recipe.code, names[next(turn) % len(names)]))
            seen.add(recipe.framing)
    return chosen


@pytest.mark.soak
@pytest.mark.parametrize(("code", "name"), pairs())
def test_an_encoder_that_was_started_ahead_makes_the_same_bytes(
    code: str, name: str, samples: dict[str, Sample], ready: ReadyEncoders, tmp_path: Path
) -> None:
    sample, recipe = samples[name], RECIPES[code]
    assert is_streamed(recipe=recipe, master=sample.facts)
    order = order_for(sample, recipe, tmp_path)
    usual = made(order)
    assert made_ahead(order, ready) == usual
    until(lambda: not list(tmp_path.iterdir()))


def made(order: EncodeOrder) -> bytes:
    pieces: list[bytes] = []
    encode(order, pieces.append)
    return b"".join(pieces)


def made_ahead(order: EncodeOrder, ready: ReadyEncoders) -> bytes:
    """Made twice: the first time asks for the encoder that makes it the second time."""
    ready.keep(most=1)
    first = made(order)
    until(ready.count)
    taken = ready.taken
    second = made(order)
    assert (second, ready.taken) == (first, taken + 1)
    ready.keep(most=0)
    return second


@pytest.mark.parametrize("code", ["mp3-192", "flac", "opus-128"])
def test_one_serves_masters_of_another_length_and_parts_of_them(
    code: str, samples: dict[str, Sample], ready: ReadyEncoders, tmp_path: Path
) -> None:
    from pennywhistle.flows.encode_order import order_of

    stereo = order_for(samples["stereo"], RECIPES[code], tmp_path)
    part = order_of(
        recipe=RECIPES[code],
        master=samples["stereo"].facts,
        source=samples["stereo"].path,
        working_folder=tmp_path,
        excerpt=Excerpt(0, 1, fades=True),
    )
    usual = made(part)
    ready.keep(most=1)
    made(stereo)
    until(ready.count)
    assert made(part) == usual
    assert ready.taken == 1


@pytest.fixture
def order(samples: dict[str, Sample], tmp_path: Path) -> EncodeOrder:
    return order_for(samples["stereo"], RECIPES["mp3-192"], tmp_path)


def test_of_the_last_orders_as_many_wait_as_were_asked_for(
    order: EncodeOrder, samples: dict[str, Sample], ready: ReadyEncoders, tmp_path: Path
) -> None:
    ready.keep(most=3)
    together = [threading.Thread(target=made, args=(order,)) for _ in range(5)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    until(lambda: ready.count() == 3)
    for code in ("flac", "wav"):
        made(order_for(samples["stereo"], RECIPES[code], tmp_path))

    def muxers() -> list[str]:
        with ready._changed:
            told = [each.kind.command for each in ready._waiting]
        return sorted(command[command.index("-f") + 1] for command in told)

    until(lambda: muxers() == ["data", "flac", "mp3"])
    until(lambda: len(list(tmp_path.iterdir())) == 3)
    ready.keep(most=1)
    until(lambda: muxers() == ["data"])


def test_what_nobody_waits_for_takes_none(order: EncodeOrder, ready: ReadyEncoders) -> None:
    ready.keep(most=1)
    made(order)
    until(ready.count)
    made(replace(order, niceness=8))
    assert (ready.taken, ready.count()) == (0, 1)


def pid_of(ready: ReadyEncoders) -> int:
    """Of the one that waits: the one whose folder that is."""
    with ready._changed:
        (waiting,) = ready._waiting
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == waiting._folder:
                return int(process.name)
        except OSError:
            continue
    raise AssertionError("it is not there yet")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("who", ["encoder", "host"])
def test_one_that_died_while_it_waited_costs_nothing(
    who: str, order: EncodeOrder, ready: ReadyEncoders
) -> None:
    usual = made(order)
    ready.keep(most=1)
    made(order)
    until(ready.count)
    until(lambda: is_loaded(ready))
    pid = pid_of(ready)
    if who == "host":
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(pid, signal.SIGKILL)
    until(ready._waiting[0].process.has_ended)
    assert made(order) == usual
    assert ready.taken == 0


def is_loaded(ready: ReadyEncoders) -> bool:
    try:
        return pid_of(ready) > 0
    except AssertionError:
        return False


def test_where_those_that_wait_always_die_no_more_are_started(
    samples: dict[str, Sample],
    ready: ReadyEncoders,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    kind = Kind(("/bin/false",), tmp_path)
    ready.keep(most=DEATHS_MAX)
    for _ in range(DEATHS_MAX):
        ready._waiting.append(_Ready(kind))
    for waiting in ready._waiting:
        until(waiting.process.has_ended)
    with ready.take(kind, master=samples["stereo"].path, filters="anull") as process:
        assert process is None
    assert "end at once" in caplog.text
    assert list(tmp_path.iterdir()) == []
    with ready.take(kind, master=samples["stereo"].path, filters="anull") as process:
        assert process is None
    assert ready._keeper is None or not ready._asked


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="has no second disk")
def test_a_master_on_another_disk_is_encoded_the_usual_way(
    order: EncodeOrder, ready: ReadyEncoders, caplog: pytest.LogCaptureFixture
) -> None:
    usual = made(order)
    with working_below(Path("/dev/shm")) as other:
        if other.stat().st_dev == order.source.stat().st_dev:
            pytest.skip("the tests' folder is on that disk too")
        away = replace(order, working_folder=other)
        ready.keep(most=1)
        assert made(away) == usual
        until(ready.count)
        assert made(away) == usual
        assert "is of no use" in caplog.text
        until(lambda: ready._keeper is None)
        until(lambda: not list(other.iterdir()))
        assert (made(away), ready.count()) == (usual, 0)


def test_a_master_behind_a_link_is_read(
    order: EncodeOrder, ready: ReadyEncoders, tmp_path: Path
) -> None:
    link = tmp_path / "link.wav"
    link.symlink_to(order.source)
    assert made_ahead(replace(order, source=link), ready) == made(order)


def test_a_broken_master_fails_as_ever(
    order: EncodeOrder, ready: ReadyEncoders, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(order.source.read_bytes()[:20] + bytes(100))
    ready.keep(most=1)
    made(order)
    until(ready.count)
    with pytest.raises(EncoderFailedError, match=r"broken\.wav"):
        made(replace(order, source=broken))
    assert ready.taken == 1


def test_none_waits_once_nobody_has_asked_for_long(
    order: EncodeOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoders = ReadyEncoders(rest_seconds=0.0, idle_seconds_max=0.3)
    monkeypatch.setattr(encode_module, "ready_encoders", encoders)
    encoders.keep(most=2)
    made(order)
    until(lambda: encoders._keeper is None)
    assert encoders.count() == 0
    until(lambda: not list(order.working_folder.iterdir()))


def test_one_that_waits_reads_nothing_but_what_is_put_before_it(
    order: EncodeOrder, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    decode = ("-f", "s16le", "pipe:1")
    for source, is_refused in ((order.source, True), (kept / "linked", True), ("own.wav", False)):
        command = (
            ffmpeg_path(),
            "-v",
            "error",
            "-/filter_threads",
            "pipe:0",
            "-i",
            f"file:{source}",
        )
        run = Run((*command, *decode), "a test", reads=(kept,), inside=kept, is_told=True)
        with running(run) as process:
            if not (kept / "own.wav").exists():
                (kept / "linked").symlink_to(order.source)
                os.link(order.source, kept / "own.wav")
            process.tell(b"1")
            output = b"".join(process.output())
        assert (process.code != 0 and not output) == is_refused
        assert ("Permission denied" in process.last_words) == is_refused


_STORE = """
import sys, time
from pathlib import Path
from pennywhistle.adapters.audio.ready import Kind, ready_encoders
kind = Kind(tuple(sys.argv[2:]), Path(sys.argv[1]))
ready_encoders.keep(most=1)
with ready_encoders.take(kind, master=Path("none"), filters="") as none:
    assert none is None
while not ready_encoders.count():
    time.sleep(0.01)
print("waits", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("how", ["ends", "is killed"])
def test_a_store_that_ends_leaves_none(how: str, order: EncodeOrder, tmp_path: Path) -> None:
    command = (ffmpeg_path(), "-v", "error", "-/filter_threads", "pipe:0", "-i", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", _STORE, tmp_path, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as store:
        assert store.stdout is not None
        assert store.stdout.readline() == "waits\n"
        if how == "is killed":
            store.kill()
        else:
            store.communicate("\n")
    until(lambda: not runs(command))
    if how == "ends":
        assert list(tmp_path.iterdir()) == []


def runs(command: tuple[str, ...]) -> bool:
    told = b"\0".join(map(os.fsencode, command))
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if told in (process / "cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False


def test_a_fork_leaves_the_others_alone(order: EncodeOrder, ready: ReadyEncoders) -> None:
    ready.keep(most=1)
    made(order)
    until(ready.count)
    pid = os.fork()
    if pid == 0:
        ready.forget()
        os._exit(ready.count())
    assert os.waitpid(pid, 0)[1] == 0
    with ready._changed, closing(ready._waiting.pop()) as waiting:
        assert not waiting.process.has_ended()
