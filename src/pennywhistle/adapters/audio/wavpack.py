"""WavPack blocks: the facts that an encoder on a pipe lacks, put in as its blocks pass by.

Every block's head tells how many samples the whole file has, which ffmpeg goes back to write, and
only into the first of them. The samples' MD5, which it never writes, goes into a last block of its
own, and the first one says that it is there, as the reference encoder has it. ffmpeg's blocks carry
no checksum over their heads.

https://www.wavpack.com/WavPack5FileFormat.pdf
"""

from __future__ import annotations

import struct

_HEAD = struct.Struct("<4sIHBBIIIII")
_MAGIC = b"wvpk"
# What `size` in a head leaves out: the magic and itself.
_UNCOUNTED_BYTES = 8
# "Unknown"; more needs another field, and an ingested master never comes near.
_FRAMES_MAX = 2**32 - 2
_FLAG_INITIAL, _FLAG_CHECKSUM = 1 << 11, 1 << 28
_VERSION = 0x410
_MD5_ID = 0x26
# The encoder's settings, three bytes of flags and one that fills up, of which this is "has an MD5".
_MD5_FOLLOWS = bytes((0x25 | 0x40, 2, 0, 0, 0x08, 0))
# https://wiki.hydrogenaudio.org/index.php?title=APE_Tags_Header
_TAG_MAGIC = b"APETAGEX"


class WavpackError(ValueError):
    """A stream that is not the WavPack that the encoder should have written."""


class BlockPatcher:
    """Feeds on WavPack blocks and gives them back with the sample count in each.

    The first of them says that an MD5 follows if `md5_follows`. Blocks without samples and what
    comes behind the blocks (a tag) are left out, so that a finished file comes out as what its
    encoder wrote would.
    """

    def __init__(self, *, frames: int, md5_follows: bool) -> None:
        if frames > _FRAMES_MAX:
            raise WavpackError(f"{frames} samples are more than a WavPack head can count")
        self._frames = frames
        self._md5_follows = md5_follows
        self._seen_frames = 0
        self._pending = b""
        self._body_left = 0
        self._keeps_body = True
        self._ended = False

    def feed(self, data: bytes) -> bytes:
        """What can be passed on after `data`. Raises `WavpackError`."""
        out: list[bytes] = []
        data, at = self._pending + data, 0
        while not self._ended:
            taken = min(self._body_left, len(data) - at)
            if taken and self._keeps_body:
                out.append(data[at : at + taken])
            at, self._body_left = at + taken, self._body_left - taken
            if self._body_left or len(data) - at < _HEAD.size + len(_MD5_FOLLOWS):
                break
            out.append(self._head(data[at : at + _HEAD.size + len(_MD5_FOLLOWS)]))
            at += _HEAD.size
        self._pending = b"" if self._ended else data[at:]
        return b"".join(out)

    def finish(self) -> None:
        """Raises `WavpackError` where the stream ended early or is not as long as its master."""
        if self._body_left or self._pending:
            raise WavpackError("the WavPack stream ended inside a block")
        if self._seen_frames != self._frames:
            raise WavpackError(f"{self._frames} samples were to come, {self._seen_frames} came")

    def _head(self, start: bytes) -> bytes:
        """The new head of a block, from its `start`."""
        head, body = start[: _HEAD.size], start[_HEAD.size :]
        if head.startswith(_TAG_MAGIC):
            self._ended = True
            return b""
        magic, size, _, _, _, _, _, samples, flags, _ = _HEAD.unpack(head)
        if magic != _MAGIC or size < _HEAD.size - _UNCOUNTED_BYTES:
            raise WavpackError(f"no WavPack block where one should start: {head[:4]!r}")
        self._body_left = size + _UNCOUNTED_BYTES - _HEAD.size
        self._keeps_body = samples > 0
        if not self._keeps_body:
            return b""
        if flags & _FLAG_CHECKSUM:
            raise WavpackError("a block whose head is signed cannot be told its sample count")
        added = b""
        if self._md5_follows and not self._seen_frames and body != _MD5_FOLLOWS:
            added = _MD5_FOLLOWS
        if flags & _FLAG_INITIAL:
            self._seen_frames += samples
        length = struct.pack("<I", size + len(added))
        total = struct.pack("<BI", 0, self._frames)
        return head[:4] + length + head[8:11] + total + head[16:] + added


def md5_block(*, frames: int, md5: str) -> bytes:
    """The last block, of 50 bytes: no samples, but the hex `md5` of all of them."""
    body = bytes((_MD5_ID, len(bytes.fromhex(md5)) // 2)) + bytes.fromhex(md5)
    size = _HEAD.size - _UNCOUNTED_BYTES + len(body)
    return _HEAD.pack(_MAGIC, size, _VERSION, 0, 0, frames, 0, 0, 0, 0) + body
