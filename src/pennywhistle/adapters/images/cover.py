"""Checks a delivered cover and cuts it to the sizes that pages show."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from types import MappingProxyType

from PIL import Image, ImageCms, ImageOps

COVER_BYTES_MAX = 10_000_000
SIDE_PIXELS_MIN = 500
SIDE_PIXELS_MAX = 6_000
# A cover is shown square; up to this ratio of its sides the edges may be cut away.
ASPECT_MAX = 1.5

# Name of a size → length of its side in pixels, and the quality of its JPEG.
COVER_SIDES = MappingProxyType({"large": 600, "small": 160})
_JPEG_QUALITY = 86


class CoverRefusedError(ValueError):
    """This picture cannot be a cover: `reason` says what is wrong, `remedy` what to do."""

    def __init__(self, *, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class CheckedCover:
    """A cover as delivered, and what it is."""

    data: bytes
    media_type: str
    width_pixels: int
    height_pixels: int


def check_cover(data: bytes) -> CheckedCover:
    """Decode `data` wholly, and say what it is. Raises `CoverRefusedError`."""
    if len(data) > COVER_BYTES_MAX:
        raise CoverRefusedError(
            reason=f"the cover has {len(data) / 1e6:.1f} MB",
            remedy=f"save it with {COVER_BYTES_MAX // 1_000_000} MB or less",
        )
    picture = _open(data)
    width, height = picture.size
    if min(width, height) < SIDE_PIXELS_MIN:
        raise CoverRefusedError(
            reason=f"the cover has {width} × {height} pixels",
            remedy=f"deliver {SIDE_PIXELS_MIN} × {SIDE_PIXELS_MIN} or more, best 3000 × 3000",
        )
    if max(width, height) > ASPECT_MAX * min(width, height):
        raise CoverRefusedError(
            reason=f"the cover is no square: {width} × {height} pixels",
            remedy="deliver a square one",
        )
    _decode(picture)
    return CheckedCover(data, f"image/{(picture.format or '').lower()}", width, height)


def cover_sizes(data: bytes) -> dict[str, bytes]:
    """JPEGs of a checked cover, square and in sRGB, by the names in `COVER_SIDES`.

    The same cover gives the same bytes with the same Pillow. Raises `CoverRefusedError` for what
    `check_cover` would refuse to decode.
    """
    picture = _open(data)
    _decode(picture)
    upright = _as_srgb(ImageOps.exif_transpose(picture))
    return {name: _square_jpeg(upright, side) for name, side in COVER_SIDES.items()}


def _open(data: bytes) -> Image.Image:
    """The picture's header, from the two formats that browsers and players all show."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
    except Exception as error:  # hostile headers make Pillow raise nearly anything
        raise _undecodable() from error
    if max(picture.size) > SIDE_PIXELS_MAX:
        raise CoverRefusedError(
            reason=f"the cover has {picture.width} × {picture.height} pixels",
            remedy=f"deliver {SIDE_PIXELS_MAX} × {SIDE_PIXELS_MAX} or less",
        )
    return picture


def _decode(picture: Image.Image) -> None:
    try:
        picture.load()
    except Exception as error:  # so do hostile bodies
        raise _undecodable() from error


def _undecodable() -> CoverRefusedError:
    return CoverRefusedError(
        reason="the cover is no whole JPEG or PNG", remedy="save it again as JPEG or PNG"
    )


def _as_srgb(picture: Image.Image) -> Image.Image:
    """Colours as a browser shows them without a profile; see-through parts become white."""
    profile = picture.info.get("icc_profile")
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            converted = None  # a broken profile says nothing: the plain values are the best guess
        if converted is not None:
            return converted
    if picture.has_transparency_data:
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, picture.convert("RGBA")).convert("RGB")
    return picture.convert("RGB")


def _square_jpeg(picture: Image.Image, side_pixels: int) -> bytes:
    square = ImageOps.fit(picture, (side_pixels, side_pixels), Image.Resampling.LANCZOS)
    held = io.BytesIO()
    square.save(held, "JPEG", quality=_JPEG_QUALITY, optimize=True, progressive=True)
    return held.getvalue()
