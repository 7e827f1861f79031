"""The benches can be listed and named; their figures have the form that the README quotes."""

from __future__ import annotations

import importlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench import client
from bench.__main__ import BENCHES, main
from bench.figure import at_least, at_most, exactly, not_measured
from bench.processes import encoders_of_tree, resident_bytes_of_tree, tree_of
from pennywhistle.adapters.audio.binary import ffmpeg_path
from pennywhistle.adapters.audio.process import Run, running
from pennywhistle.adapters.audio.ready import MASTER


def test_without_a_name_the_benches_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == [name for name, _, _ in BENCHES]


def test_a_name_that_is_none_is_refused_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["nonsense"]) == 2
    assert "no figure is called nonsense; there are: encode" in capsys.readouterr().out


def test_every_bench_can_be_run() -> None:
    for _, module, _ in BENCHES:
        assert callable(importlib.import_module(module).run)


def test_a_figure_says_whether_its_goal_holds() -> None:
    assert at_most("f", 1.3, 1.3, "ratio", "x").holds is True
    assert at_most("f", 1.31, 1.3, "ratio", "x").holds is False
    assert at_least("f", 0.89, 0.9, "ratio", "x").holds is False
    assert at_least("f", 5, None, "ratio", "x").holds is None


def test_a_figure_is_one_line_of_json_in_the_promised_form() -> None:
    line = at_most("first byte", 1.23456, 1.3, "ratio", "bare").as_json()
    read = json.loads(line)
    assert list(read) == ["figure", "value", "unit", "goal", "holds", "against", "versions"]
    assert (read["value"], read["goal"]) == (1.235, "≤ 1.3")
    assert "django" in read["versions"]
    assert "\n" not in line


def test_a_number_that_must_be_met_exactly_is_met_or_not() -> None:
    assert exactly("f", 1, 1, "encodes", "x").holds is True
    assert exactly("f", 2, 1, "encodes", "x").holds is False


def test_what_cannot_be_measured_here_has_no_value_and_says_why() -> None:
    read = json.loads(not_measured("f", "≤ 0.7", "ratio", "apt-get install it").as_json())
    assert (read["value"], read["holds"], read["goal"]) == (None, None, "≤ 0.7")
    assert read["against"] == "not measured: apt-get install it"


def test_a_file_that_breaks_off_is_told_apart_from_a_whole_one() -> None:
    body = b"x" * 100
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n"
    with socket.create_server((client.HOST, 0)) as server:
        port = server.getsockname()[1]
        answering = threading.Thread(target=_answer_once, args=(server, head + body))
        answering.start()
        answer = client.fetch(port, "/file")
        answering.join()
    assert (answer.status, answer.body, answer.cut) == (200, body, True)


def test_the_first_byte_and_the_first_of_music_are_told_apart() -> None:
    pieces = iter([b"tags", b"more tags", b"music"])
    came = client.arrival(lambda: next(pieces), 13, time.perf_counter())
    assert 0 < came.first < came.music
    assert next(pieces, None) is None


def test_the_processes_below_one_are_found_with_what_they_use() -> None:
    program = [sys.executable, "-c", "input(print('up', flush=True) or '')"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()  # Until then it has next to nothing in memory.
        assert {os.getpid(), child.pid} <= set(tree_of(os.getpid()))
        assert encoders_of_tree(child.pid) == set()
        assert resident_bytes_of_tree(child.pid) > 1_000_000
        child.communicate(b"\n")


def test_an_encoder_that_waits_is_none_until_it_has_a_master(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine.wav", tmp_path / "other.wav"
    for path in (mine, other):
        path.write_bytes(b"RIFF")
    command = (
        ffmpeg_path(),
        "-v",
        "quiet",
        "-/filter_threads",
        "pipe:0",
        "-i",
        f"file:{MASTER}",
        "-",
    )
    run = Run(command, "a test", reads=(tmp_path,), inside=tmp_path, is_told=True)
    with running(run):
        ends_at = time.monotonic() + 30
        while not any(map(_waits, tree_of(os.getpid()))):
            assert time.monotonic() < ends_at, "it does not start"
            time.sleep(0.01)
        assert encoders_of_tree(os.getpid()) == set()
        (tmp_path / MASTER).hardlink_to(mine)
        assert len(encoders_of_tree(os.getpid())) == 1
        assert len(encoders_of_tree(os.getpid(), master=mine)) == 1
        assert encoders_of_tree(os.getpid(), master=other) == set()


def _waits(pid: int) -> bool:
    """True of the encoder itself: who starts it has its command beforehand."""
    process = Path(f"/proc/{pid}")
    is_encoder = (process / "comm").read_text().startswith("ffmpeg")
    return is_encoder and f"file:{MASTER}".encode() in (process / "cmdline").read_bytes()


def _answer_once(server: socket.socket, answer: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(answer)
