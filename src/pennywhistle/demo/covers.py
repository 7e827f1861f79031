"""Covers that the project draws itself: lino cuts in a few inks on warm paper.

The same name gives the same picture.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

import numpy as np

from pennywhistle.demo.linocut import Block, Colour, Point, Print, arc, curve, under

PAPER: Colour = (242, 232, 213)
CREAM: Colour = (250, 243, 229)
INK: Colour = (33, 31, 38)
COPPER: Colour = (178, 92, 46)
OCHRE: Colour = (214, 161, 76)
SEA: Colour = (44, 82, 92)
MOSS: Colour = (86, 102, 68)
DUSK: Colour = (58, 62, 92)
ROSE: Colour = (196, 132, 112)


class UnknownCoverError(KeyError):
    """No cover of that name is drawn here."""


def draw_cover(name: str) -> bytes:
    """The cover of that name as a JPEG of 1400 × 1400. Raises UnknownCoverError."""
    if name not in COVERS:
        raise UnknownCoverError(f"there is no cover {name!r}; there are {', '.join(COVERS)}")
    return COVERS[name](name)


def _ripple(
    level: float, depth: float = 0.0, pace: float = 0.0, shift: float = 0.0
) -> Callable[[float], float]:
    """The height of a sine wave about a level, for `curve`."""
    return lambda x: level + depth * sin(pace * x + shift)


def _whistle(
    block: Block, start: Point, end: Point, width: float, *, cut_holes: bool = True
) -> None:
    """A tin whistle from its mouthpiece to its foot."""
    (x0, y0), (x1, y1) = start, end
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    ux, uy = (x1 - x0) / length, (y1 - y0) / length

    def at(along: float, across: float) -> Point:
        return x0 + ux * along * length - uy * across, y0 + uy * along * length + ux * across

    half = width / 2
    block.shape([at(0.17, -half), at(1, -half * 0.86), at(1, half * 0.86), at(0.17, half)])
    head = [at(0, -half * 0.5), at(0.03, -half * 0.9), at(0.17, -half * 1.35)]
    block.shape([*head, at(0.17, half * 1.35), at(0.05, half * 1.1), at(0, half * 0.7)])
    if cut_holes:
        mouth = [at(0.105, -half * 0.5), at(0.135, -half * 0.5)]
        block.shape([*mouth, at(0.135, half * 0.5), at(0.105, half * 0.5)], cut=True)
        block.shape([at(0.172, -half * 1.5), at(0.18, -half * 1.5), at(0.18, half * 1.5),
                     at(0.172, half * 1.5)], cut=True)  # fmt: skip
        for along in (0.42, 0.49, 0.56, 0.66, 0.73, 0.80):
            block.disc(*at(along, 0), width * (0.2 if along != 0.73 else 0.25), cut=True)


def _lamplight(name: str) -> bytes:
    """A lamp in a dark room throws rays; a whistle stands in its light."""
    sheet = Print(name=name, paper=OCHRE)

    def dark(block: Block) -> None:
        block.box(0, 0, 1, 1)
        block.disc(0.5, 0.43, 0.235, cut=True)
        for number in range(36):
            turn = number / 36 + 1 / 72
            long = 0.50 if number % 2 else 0.40
            fall = max(0.0, sin(2 * pi * turn))  # rays downwards end above the whistle
            inner, outer = 0.262, min(long + 0.03 * sin(number * 2.4), 0.315 / max(fall, 0.3))
            ray = [
                (0.5 + r * cos(2 * pi * turn), 0.43 + r * sin(2 * pi * turn))
                for r in np.linspace(inner, outer, 24)
            ]
            block.stroke(ray, 0.017 if number % 2 else 0.011, cut=True)
        block.box(0, 0.86, 1, 1)

    def light(block: Block) -> None:
        block.disc(0.5, 0.43, 0.2)

    def lamp(block: Block) -> None:
        block.shape([(0.415, 0.365), (0.585, 0.365), (0.61, 0.53), (0.39, 0.53)])
        block.shape([(0.43, 0.385), (0.57, 0.385), (0.591, 0.515), (0.409, 0.515)], cut=True)
        block.shape([(0.40, 0.36), (0.5, 0.285), (0.60, 0.36)])
        block.box(0.385, 0.53, 0.615, 0.552)
        block.stroke(arc(0.5, 0.29, 0.042, 0.5, 1.0), 0.014)
        for x in (0.4705, 0.5295):
            block.box(x - 0.003, 0.385, x + 0.003, 0.515)

    def flame(block: Block) -> None:
        left = [(0.5 - 0.024 * sin(pi * t) ** 1.3, 0.395 + 0.11 * t) for t in np.linspace(0, 1, 30)]
        block.shape(left + [(1 - x, y) for x, y in left[::-1]])

    def whistle(block: Block) -> None:
        _whistle(block, (0.12, 0.80), (0.88, 0.80), 0.044)

    sheet.ink(INK, dark)
    sheet.ink(CREAM, light)
    sheet.ink(INK, lamp, wear=0.4)
    sheet.ink(COPPER, flame, wear=0.3)
    sheet.ink(COPPER, whistle, wear=0.6)
    sheet.ink(PAPER, lambda block: block.text(0.5, 0.915, "LAMPLIGHT & ROSIN", 0.036), wear=0.4)
    return sheet.jpeg()


def _small_hours(name: str) -> bytes:
    """Hills under a late moon, and one lit window."""
    sheet = Print(name=name, paper=DUSK)

    def moon(block: Block) -> None:
        block.disc(0.63, 0.29, 0.155)
        block.disc(0.69, 0.255, 0.135, cut=True)

    def stars(block: Block) -> None:
        random = np.random.default_rng(11)
        for number in range(54):  # one in each patch of sky, so that none is crowded
            x = (number % 9 + random.random()) / 9
            y = 0.02 + (number // 9 + random.random()) * 0.075
            radius = 0.0014 + 0.0034 * random.random() ** 3
            if (x - 0.63) ** 2 + (y - 0.29) ** 2 > 0.21**2:
                block.disc(x, y, radius)

    def far(block: Block) -> None:
        block.shape(
            under(curve(0, 1, lambda x: 0.57 - 0.07 * sin(3.1 * x + 0.4) - 0.02 * sin(9 * x)), 1)
        )

    def middle(block: Block) -> None:
        block.shape(under(curve(0, 1, _ripple(0.66, 0.06, 4.3, 2.0)), 1))
        for row in range(9):
            drop = 0.018 + row * 0.022
            edge = curve(0.02, 0.98, _ripple(0.66 + drop, 0.06, 4.3, 2.0))
            for start in range(row % 3 * 4, 112, 13):
                block.stroke(edge[start : start + 9], 0.0042, cut=True)

    def near(block: Block) -> None:
        block.shape(under(curve(0, 1, _ripple(0.84, -0.05, 3.4, 1.0)), 1))
        block.shape([(0.21, 0.80), (0.21, 0.735), (0.265, 0.69), (0.32, 0.735), (0.32, 0.80)])
        block.box(0.295, 0.685, 0.311, 0.735)

    def window(block: Block) -> None:
        block.box(0.248, 0.747, 0.276, 0.776)

    sheet.ink(CREAM, moon, wear=0.6)
    sheet.ink(CREAM, stars, wear=0)
    sheet.ink((92, 96, 124), far, wear=0.8)
    sheet.ink((44, 46, 70), middle)
    sheet.ink(INK, near, wear=0.6)
    sheet.ink(OCHRE, window, wear=0)
    sheet.ink(CREAM, lambda block: block.text(0.5, 0.92, "THE SMALL HOURS", 0.036), wear=0.4)
    return sheet.jpeg()


def _salt(name: str) -> bytes:
    """Rows of waves like fish scales, a copper sun half sunk in them."""
    sheet = Print(name=name, paper=PAPER)

    def sun(block: Block) -> None:
        block.disc(0.5, 0.42, 0.25)
        for row in range(7):
            y = 0.30 + row * 0.044
            block.stroke(
                curve(0.2, 0.8, _ripple(y, 0.004, 30)),
                0.004 + row * 0.0022,
                cut=True,
            )

    def sea(block: Block) -> None:
        radius = 0.086
        for row in range(8):
            y = 0.56 + row * 0.057
            for column in range(-1, 8):
                x = (column + (row % 2) / 2) / 6.5
                block.disc(x, y + radius * 0.4, radius, cut=True)
                block.disc(x, y + radius * 0.4, radius - 0.006)
                for inner in (0.062, 0.042, 0.022):
                    block.disc(x, y + radius * 0.4, inner, cut=True)
                    block.disc(x, y + radius * 0.4, inner - 0.008)
        block.box(0, 0.972, 1, 1)

    def birds(block: Block) -> None:
        for x, y, wing in ((0.17, 0.19, 0.055), (0.26, 0.135, 0.036), (0.83, 0.17, 0.045)):
            block.stroke(arc(x - wing, y + wing * 0.7, wing * 1.15, 0.58, 0.90, 24), wing * 0.22)
            block.stroke(arc(x + wing, y + wing * 0.7, wing * 1.15, 0.60, 0.92, 24), wing * 0.22)

    sheet.ink(COPPER, sun)
    sheet.ink(SEA, sea)
    sheet.ink(INK, birds, wear=0.3)
    sheet.ink(INK, lambda block: block.text(0.5, 0.075, "SALT ON THE SILL", 0.036), wear=0.4)
    return sheet.jpeg()


def _lino(name: str) -> bytes:
    """A kitchen floor of tiles, and the marks of dancing feet."""
    sheet = Print(name=name, paper=CREAM)
    tiles = 6

    def floor(block: Block) -> None:
        for row in range(tiles):
            for column in range(tiles):
                if (row + column) % 2:
                    x, y, side = column / tiles, row / tiles, 1 / tiles
                    block.box(x, y, x + side, y + side)
                    block.disc(x + side / 2, y + side / 2, 0.022, cut=True)

    def corners(block: Block) -> None:
        for row in range(1, tiles):
            for column in range(1, tiles):
                x, y, d = column / tiles, row / tiles, 0.026
                block.shape([(x, y - d), (x + d, y), (x, y + d), (x - d, y)])

    def steps(block: Block) -> None:
        for x, y, turn in (
            (0.22, 0.74, -0.30), (0.36, 0.62, -0.05), (0.315, 0.395, 0.10), (0.50, 0.30, 0.42),
            (0.66, 0.36, 0.75), (0.76, 0.54, 1.15),
        ):  # fmt: skip
            _shoe(block, x, y, turn)

    sheet.ink(MOSS, floor)
    sheet.ink(COPPER, corners, wear=0.5)
    sheet.ink(INK, steps, wear=0.7)
    sheet.ink(CREAM, lambda block: block.box(0.13, 0.862, 0.87, 0.948), wear=0)
    sheet.ink(INK, lambda block: block.text(0.5, 0.905, "DANCING ON THE LINO", 0.036), wear=0.4)
    return sheet.jpeg()


def _shoe(block: Block, x: float, y: float, turn: float) -> None:
    """The print of a sole and, apart from it, its heel."""

    def at(across: float, along: float) -> Point:
        return x + across * cos(turn) - along * sin(turn), y + across * sin(turn) + along * cos(
            turn
        )

    half = [
        (0.044 * sin(pi * t**0.72) ** 0.62 * (1 - 0.42 * t), -0.105 + 0.145 * t)
        for t in np.linspace(0, 0.93, 50)
    ]
    block.shape([at(a, b) for a, b in half] + [at(-a, b) for a, b in half[::-1]])
    heel = [at(0.029 * cos(t), 0.066 + 0.034 * sin(t)) for t in np.linspace(0, pi, 30)]
    block.shape([*heel, at(-0.029, 0.047), at(0.029, 0.047)])


def _firth(name: str) -> bytes:
    """A sail on still water between two shores."""
    sheet = Print(name=name, paper=ROSE)

    def sky(block: Block) -> None:
        for row in range(15):
            y = 0.06 + row * 0.031
            block.stroke(
                curve(0.0, 1.0, _ripple(y, 0.006, 7, y * 20)),
                0.004 + 0.0011 * row,
            )

    def shore(block: Block) -> None:
        ridge = curve(
            0, 0.6, lambda x: 0.545 - 0.16 * max(0.0, sin(pi * x / 0.62)) ** 1.5 * (1 - x)
        )
        block.shape(under(ridge, 0.56))
        other = curve(0.5, 1.0, lambda x: 0.55 - 0.12 * ((x - 0.5) / 0.5) ** 1.7)
        block.shape(under(other, 0.56))

    def water(block: Block) -> None:
        block.box(0, 0.556, 1, 1)
        random = np.random.default_rng(5)
        for row in range(26):
            y = 0.58 + row * 0.0165
            for _ in range(5):
                x, half = random.random(), 0.03 + 0.05 * random.random()
                if not (0.885 < y < 0.965 and abs(x - 0.5) < 0.33):  # still water for the title
                    glint = curve(x - half, x + half, _ripple(y), 12)
                    block.stroke(glint, 0.0045, cut=True)

    def boat(block: Block) -> None:
        block.shape([(0.40, 0.645), (0.68, 0.645), (0.63, 0.692), (0.45, 0.692)])
        block.box(0.535, 0.30, 0.542, 0.65)

    def sail(block: Block) -> None:
        leech = [
            (0.548 + 0.135 * sin(pi / 2 * t) ** 1.2, 0.30 + 0.325 * t)
            for t in np.linspace(0, 1, 40)
        ]
        block.shape([*leech, (0.548, 0.625)])
        jib = [(0.53 - 0.10 * t**1.3, 0.33 + 0.295 * t) for t in np.linspace(0, 1, 40)]
        block.shape([*jib, (0.53, 0.61)])

    sheet.ink(CREAM, sky, wear=0.6)
    sheet.ink(DUSK, shore)
    sheet.ink(SEA, water)
    sheet.ink(INK, boat, wear=0.3)
    sheet.ink(CREAM, sail, wear=0.5)
    sheet.ink(CREAM, lambda block: block.text(0.5, 0.925, "OVER THE FIRTH", 0.036), wear=0.4)
    return sheet.jpeg()


def _fairies(name: str) -> bytes:
    """A hawthorn on a mound, in a ring of mushrooms under a copper moon."""
    sheet = Print(name=name, paper=PAPER)

    def moon(block: Block) -> None:
        block.disc(0.5, 0.40, 0.33)

    def tree(block: Block) -> None:
        _branch(block, (0.5, 0.80), -0.25, 0.17, 0.040, 7, np.random.default_rng(23))
        block.shape(
            under(
                curve(0.06, 0.94, lambda x: 0.90 - 0.115 * sin(pi * (x - 0.06) / 0.88) ** 1.4),
                0.90,
            )
        )
        block.stroke(curve(0.02, 0.98, _ripple(0.90)), 0.014)

    def rings(block: Block) -> None:
        for number in range(8):
            x = 0.255 + 0.07 * number
            y = 0.890 - 0.072 * sin(pi * (x - 0.06) / 0.88) ** 1.4
            size = 0.013 + 0.004 * (number * 5 % 3)
            block.shape(arc(x, y, size, 0.5, 1.0, 20))
            block.box(x - size * 0.28, y - 0.001, x + size * 0.28, y + size * 1.15)

    sheet.ink(COPPER, moon)
    sheet.ink(INK, tree, wear=0.5)
    sheet.ink(CREAM, rings, wear=0.3)
    sheet.ink(INK, lambda block: block.text(0.5, 0.952, "THE KING OF THE FAIRIES", 0.034), wear=0.4)
    return sheet.jpeg()


def _branch(
    block: Block,
    start: Point,
    turn: float,
    length: float,
    width: float,
    forks_left: int,
    random: np.random.Generator,
) -> None:
    """A branch and what grows from it; `forks_left` ends it."""
    x, y = start
    bend = turn + 0.05 * (random.random() - 0.5)
    end = (x + length * cos(2 * pi * bend), y + length * sin(2 * pi * bend))
    across = (-sin(2 * pi * bend) * width / 2, cos(2 * pi * bend) * width / 2)
    tip = 0.66
    block.shape([
        (x + across[0], y + across[1]), (end[0] + across[0] * tip, end[1] + across[1] * tip),
        (end[0] - across[0] * tip, end[1] - across[1] * tip), (x - across[0], y - across[1]),
    ])  # fmt: skip
    block.disc(*end, width * tip / 2)
    if forks_left == 0:
        return
    for side in (-1, 1):
        spread = side * (0.055 + 0.05 * random.random())
        shrink = 0.72 + 0.16 * random.random()
        _branch(block, end, bend + spread, length * shrink, width * 0.68, forks_left - 1, random)


COVERS: dict[str, Callable[[str], bytes]] = {
    "lamplight": _lamplight,
    "small-hours": _small_hours,
    "salt": _salt,
    "lino": _lino,
    "firth": _firth,
    "fairies": _fairies,
}
