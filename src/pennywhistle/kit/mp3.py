"""How many frames LAME makes: sizes are priced by it, and heads tell it to players."""

from __future__ import annotations

# Samples in a frame of MPEG-1 Layer III. http://www.mp3-tech.org/programmer/frame_header.html
MP3_FRAME_SAMPLES = 1152


def mp3_frame_count(*, frames: int) -> int:
    """MP3 frames that LAME makes of `frames` samples per channel, the Info frame not counted.

    It flushes at least 576 samples behind the music, which after its delay of 576 is always one frame
    more than the music fills.
    https://svn.code.sf.net/p/lame/svn/trunk/lame/libmp3lame/lame.c (lame_encode_flush)
    """
    return -(-frames // MP3_FRAME_SAMPLES) + 1
