"""The headers that every answer with bytes has."""

from __future__ import annotations

import base64
from unicodedata import combining, normalize
from urllib.parse import quote

from pennywhistle.flows.deliver_album import Album
from pennywhistle.flows.deliver_rendition import Delivery
from pennywhistle.flows.sign_address import safe_name


def headers_of(found: Delivery | Album) -> dict[str, str]:
    """Of the whole file or any part of it, but for lengths."""
    is_heard = not isinstance(found, Album) and found.purpose.is_hearing
    headers = {
        "content-type": found.media_type,
        "etag": found.etag,
        "accept-ranges": "bytes",
        # The address is a secret of one listener; the bytes behind it never change.
        "cache-control": "private, max-age=3600, no-transform",
        "content-disposition": (
            f"{'inline' if is_heard else 'attachment'}; {_disposition_name(found.file_name)}"
        ),
        "x-content-type-options": "nosniff",
    }
    if not isinstance(found, Album) and found.sha256 is not None:
        # https://www.rfc-editor.org/rfc/rfc9530#section-3
        digest = base64.b64encode(bytes.fromhex(found.sha256)).decode()
        headers["repr-digest"] = f"sha-256=:{digest}:"
    return headers


def kept_when_not_modified(headers: dict[str, str]) -> dict[str, str]:
    """Of these, what a 304 has: https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5"""
    return {name: headers[name] for name in ("etag", "cache-control")}


def _disposition_name(name: str) -> str:
    """A plain name for old programs, and the true one.

    https://www.rfc-editor.org/rfc/rfc6266#section-4.3 and https://www.rfc-editor.org/rfc/rfc8187
    """
    stem, _, extension = name.rpartition(".")
    bare = "".join(letter for letter in normalize("NFKD", stem) if not combining(letter))
    simple = bare.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    # A wide quotation mark or slash is a plain one by now.
    plain = safe_name(simple, extension=extension)
    if plain == name:
        return f'filename="{name}"'
    return f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
