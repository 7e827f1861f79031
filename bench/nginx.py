"""nginx beside the store, for as long as a comparison lasts, set up as `docs/operating.md` says."""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from bench.store import STOP_SECONDS_MAX, await_port, free_port

HOW_TO_GET = "nginx is not installed; on Debian: apt-get install nginx-light"
WORKERS = 2

_CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr error;
worker_processes {workers};
{user}
events {{ worker_connections 512; }}
http {{
    access_log off;
    default_type application/octet-stream;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream store {{ server 127.0.0.1:{store}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{port};
        location /plain/ {{ alias {files}/; }}
        location {internal}/ {{
            internal;
            alias {files}/;
            etag off;
            add_header ETag $upstream_http_etag;
            add_header Last-Modified "";
            if_modified_since off;
            add_header Repr-Digest $upstream_http_repr_digest;
            max_ranges 1;
        }}
        location / {{
            proxy_pass http://store;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_buffering off;
        }}
    }}
}}
"""


def is_here() -> bool:
    """Whether this machine has nginx."""
    return _path() is not None


def version() -> str:
    """As nginx says it."""
    said = subprocess.run(
        [_path() or "nginx", "-v"], capture_output=True, text=True, timeout=10, check=True
    )
    found = re.search(r"nginx/(\S+)", said.stderr)
    return found[1] if found else "unknown"


@contextlib.contextmanager
def running(*, folder: Path, files: Path, store_port: int, internal: str) -> Iterator[int]:
    """nginx on a port of its own, which is yielded.

    `/plain/` are the files of `files` below it; all else is asked of the store, which may answer with
    an X-Accel-Redirect below `internal`. `folder` is for its own use.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    # As root it would read files as somebody else.
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            folder=folder,
            files=files,
            workers=WORKERS,
            user=user,
            port=port,
            store=store_port,
            internal=internal.rstrip("/"),
        )
    )
    process = subprocess.Popen(
        [_path() or "nginx", "-p", str(folder), "-e", "stderr", "-c", str(configuration)]
    )
    try:
        await_port(port)
        yield port
    finally:
        process.terminate()
        process.wait(STOP_SECONDS_MAX)


def _path() -> str | None:
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
