"""A lino cut: blocks are cut, inked and pressed one after another onto a sheet of paper.

Drawn at twice its size, roughened like a print pulled by hand, and brought down to a JPEG.
Coordinates run from 0 to 1 across and down the sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from math import cos, pi, sin
from zlib import crc32

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

SIZE_PX = 1400
SCALE = 2  # drawn larger, then reduced, so that edges are clean
JPEG_QUALITIES = (88, 84, 80, 76, 70)  # the first that keeps to the size is taken
COVER_BYTES_MAX = 300_000
GRAIN = 1.2  # how far the paper wanders, in steps of 255
CANVAS = SIZE_PX * SCALE

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Print:
    """A sheet of paper and the inks that go on it one after another, in units of 0 to 1."""

    def __init__(self, *, name: str, paper: Colour) -> None:
        self.random = np.random.default_rng(crc32(name.encode()))
        self.sheet = Image.new("RGB", (CANVAS, CANVAS), paper)

    def ink(self, colour: Colour, draw: Callable[[Block], None], *, wear: float = 1.0) -> None:
        """Print one block: what `draw` cuts, in one colour, with specks where ink did not take."""
        block = Block()
        draw(block)
        mask = ImageChops.multiply(_ragged(block.mask, self.random), _specks(self.random, wear))
        self.sheet.paste(Image.new("RGB", mask.size, colour), mask=mask)

    def jpeg(self) -> bytes:
        """The finished print with the grain of its paper."""
        small = self.sheet.resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS)
        grain = (self.random.random((SIZE_PX, SIZE_PX, 1)) * 2 - 1) * GRAIN
        pixels = np.clip(np.asarray(small, dtype=np.float32) + grain, 0, 255)
        image = Image.fromarray(np.rint(pixels).astype(np.uint8))
        for quality in JPEG_QUALITIES:
            out = BytesIO()
            image.save(out, "JPEG", quality=quality, optimize=True)
            if out.tell() <= COVER_BYTES_MAX:
                break
        return out.getvalue()


class Block:
    """A block being cut: `fill` leaves it standing, `cut` takes it away again."""

    def __init__(self) -> None:
        self.mask = Image.new("L", (CANVAS, CANVAS), 0)
        self.pen = ImageDraw.Draw(self.mask)

    def shape(self, points: Sequence[Point], *, cut: bool = False) -> None:
        """A polygon."""
        self.pen.polygon([(x * CANVAS, y * CANVAS) for x, y in points], fill=0 if cut else 255)

    def disc(self, x: float, y: float, radius: float, *, cut: bool = False) -> None:
        """A filled circle."""
        box = [(c + d * radius) * CANVAS for d in (-1, 1) for c in (x, y)]
        self.pen.ellipse(box, fill=0 if cut else 255)

    def box(self, x0: float, y0: float, x1: float, y1: float, *, cut: bool = False) -> None:
        """A filled rectangle."""
        self.pen.rectangle([v * CANVAS for v in (x0, y0, x1, y1)], fill=0 if cut else 255)

    def stroke(self, points: Sequence[Point], width: float, *, cut: bool = False) -> None:
        """A line that is thickest in its middle, as a gouge leaves it."""
        self.shape(_tapered(points, width), cut=cut)

    def text(self, x: float, y: float, words: str, size: float, *, cut: bool = False) -> None:
        """Letters centred on a point, spaced out."""
        font = ImageFont.load_default(size=size * CANVAS)
        gap = 0.16 * size * CANVAS
        widths = [font.getlength(letter) for letter in words]
        at = x * CANVAS - (sum(widths) + gap * (len(words) - 1)) / 2
        for letter, width in zip(words, widths, strict=True):
            self.pen.text(
                (at, y * CANVAS),
                letter,
                font=font,
                anchor="lm",
                fill=0 if cut else 255,
                stroke_width=round(0.035 * size * CANVAS),
            )
            at += width + gap


def _tapered(points: Sequence[Point], width: float) -> list[Point]:
    left: list[Point] = []
    right: list[Point] = []
    last = len(points) - 1
    for number, (x, y) in enumerate(points):
        before, after = points[max(number - 1, 0)], points[min(number + 1, last)]
        dx, dy = after[0] - before[0], after[1] - before[1]
        length = (dx * dx + dy * dy) ** 0.5 or 1.0
        half = width / 2 * (0.12 + 0.88 * sin(pi * number / last))
        left.append((x - dy / length * half, y + dx / length * half))
        right.append((x + dy / length * half, y - dx / length * half))
    return left + right[::-1]


def _ragged(mask: Image.Image, random: np.random.Generator) -> Image.Image:
    """Edges as a knife leaves them: a blurred edge cut off at a level that wanders."""
    cells = random.integers(70, 186, (350, 350), dtype=np.uint8)
    level = Image.fromarray(cells).resize(mask.size, Image.Resampling.BICUBIC)
    soft = mask.filter(ImageFilter.BoxBlur(5))
    over = ImageChops.subtract(soft, level, scale=0.2)
    return over.filter(ImageFilter.BoxBlur(1))


def _specks(random: np.random.Generator, wear: float) -> Image.Image:
    """White where ink takes; small holes, more of them in worn patches."""
    patches = Image.fromarray(random.integers(0, 256, (14, 14), dtype=np.uint8))
    worn = np.asarray(patches.resize((700, 700), Image.Resampling.BICUBIC), dtype=np.float32)
    holes = random.random((700, 700)) < wear * (0.004 + 0.05 * (worn / 255) ** 4)
    image = Image.fromarray(np.where(holes, 0, 255).astype(np.uint8))
    return image.resize((CANVAS, CANVAS), Image.Resampling.BICUBIC)


def curve(x0: float, x1: float, height: Callable[[float], float], count: int = 120) -> list[Point]:
    """The points of a line from left to right whose height is given for each x."""
    return [
        (x0 + (x1 - x0) * n / count, height(x0 + (x1 - x0) * n / count)) for n in range(count + 1)
    ]


def under(edge: list[Point], bottom: float) -> list[Point]:
    """The area between a line and a level below it."""
    return [*edge, (edge[-1][0], bottom), (edge[0][0], bottom)]


def arc(
    x: float, y: float, radius: float, start: float, end: float, count: int = 60
) -> list[Point]:
    """Part of a circle; start and end in turns, 0 to the right, clockwise down the sheet."""
    turns = [start + (end - start) * n / count for n in range(count + 1)]
    return [(x + radius * cos(2 * pi * t), y + radius * sin(2 * pi * t)) for t in turns]
