"""supysonic, a Subsonic server that transcodes on the fly, for as long as a comparison lasts.

It lives in an environment of its own (`requirements/bench.txt`, pinned and hashed), apart from the
store's, and is given the store's ffmpeg as its transcoder. https://github.com/spl0k/supysonic
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import client
from bench.store import STOP_SECONDS_MAX, await_port, free_port

REQUIREMENTS = Path("requirements/bench.txt")
WORKERS = 2
_INSTALL_SECONDS_MAX = 300
_CLI_SECONDS_MAX = 60
_USER, _PASSWORD = "bench", "bench"  # of a server that lives for a minute on loopback

_CONFIGURATION = """
[base]
database_uri = sqlite:///{folder}/supysonic.db
[webapp]
cache_dir = {folder}/cache
mount_webui = off
[daemon]
socket = {folder}/daemon.sock
run_watcher = off
[transcoding]
transcoder_flac_mp3 = {ffmpeg} -nostdin -v quiet -i %srcpath -map 0:a -c:a libmp3lame \
-b:a %outratek -f mp3 pipe:1
"""


class NotToBeHadError(RuntimeError):
    """supysonic cannot be installed here; the message says why."""


@dataclass(frozen=True, slots=True)
class Supysonic:
    """A server that answers: its port, the process above its workers, its songs by title, its version."""

    port: int
    process_id: int
    songs: dict[str, str]
    versions: dict[str, str]

    def address(self, title: str, *, kbps: int, is_estimated: bool = False) -> str:
        """The song as MP3 of a bitrate; `is_estimated` asks for its length too."""
        more = {"estimateContentLength": "true"} if is_estimated else {}
        return _address("stream", id=self.songs[title], format="mp3", maxBitRate=kbps, **more)


def _version(environment: Path) -> str:
    """Of the package that is installed."""
    asked = "from importlib.metadata import version; print(version('supysonic'))"
    said = subprocess.run(
        [environment / "bin" / "python", "-c", asked],
        capture_output=True,
        text=True,
        timeout=_CLI_SECONDS_MAX,
        check=True,
    )
    return said.stdout.strip()


def install(environment: Path) -> None:
    """Make its environment, once. Raises `NotToBeHadError`."""
    done = environment / "installed"
    wanted = REQUIREMENTS.read_text()
    if done.is_file() and done.read_text() == wanted:
        return
    python = str(environment / "bin" / "python")
    make = [sys.executable, "-m", "venv", "--clear", str(environment)]
    pip = [python, "-m", "pip", "install", "--quiet", "--no-input", "--require-hashes"]
    try:
        for command in (make, [*pip, "--requirement", str(REQUIREMENTS)]):
            subprocess.run(
                command, timeout=_INSTALL_SECONDS_MAX, check=True, capture_output=True, text=True
            )
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise NotToBeHadError(f"supysonic cannot be installed: {said.strip()[-300:]}") from error
    done.write_text(wanted)


@contextlib.contextmanager
def running(*, environment: Path, folder: Path, music: Path) -> Iterator[Supysonic]:
    """supysonic over the tagged files of `music`, with an empty cache."""
    from pennywhistle.adapters.audio.binary import ffmpeg_path

    folder.mkdir(parents=True)
    (folder / ".supysonic").write_text(_CONFIGURATION.format(folder=folder, ffmpeg=ffmpeg_path()))
    variables = {**os.environ, "HOME": str(folder)}
    for arguments in (
        ("user", "add", _USER, "-p", _PASSWORD),
        ("folder", "add", "music", str(music)),
        ("folder", "scan", "--foreground"),
    ):
        _cli(environment, variables, *arguments)
    port = free_port()
    process = subprocess.Popen(
        [
            *(environment / "bin" / "supysonic-server", "--server", "gunicorn"),
            *("--host", client.HOST, "--port", str(port)),
            *("--processes", str(WORKERS), "--threads", "8"),
        ],
        env=variables,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_port(port)
        yield Supysonic(port, process.pid, _songs(port), {"supysonic": _version(environment)})
    finally:
        process.terminate()
        process.wait(STOP_SECONDS_MAX)


def _cli(environment: Path, variables: dict[str, str], *arguments: str) -> None:
    subprocess.run(
        [environment / "bin" / "supysonic-cli", *arguments],
        env=variables,
        timeout=_CLI_SECONDS_MAX,
        check=True,
        capture_output=True,
    )


def _songs(port: int) -> dict[str, str]:
    """Ids by title."""
    address = _address("search3", query="Length", songCount=500, f="json")
    found = json.loads(client.fetch(port, address).body)["subsonic-response"]
    return {song["title"]: song["id"] for song in found["searchResult3"]["song"]}


def _address(view: str, **asked: object) -> str:
    who = {"u": _USER, "p": _PASSWORD, "v": "1.12.0", "c": "bench"}
    return f"/rest/{view}?{urllib.parse.urlencode({**who, **asked})}"
