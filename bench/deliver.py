"""How files are handed over: against nginx, to many at once, and against a server like it."""

from __future__ import annotations

from collections.abc import Iterator

from bench import against_nginx, against_supysonic, crowds
from bench.figure import Figure
from bench.stock import stock_album
from bench.store import open_store


def run() -> Iterator[Figure]:
    """Measure; yields the figures."""
    home = open_store()
    stock = stock_album(home)
    yield from against_nginx.figures(stock, home)
    yield from crowds.figures(stock)
    yield from against_supysonic.figures(stock, home)
