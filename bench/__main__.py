"""`python -m bench` lists the figures; `python -m bench NAME …` measures; `all` measures them all.

Each figure is one line of JSON; `holds` says whether its goal was reached. A goal that was missed is
no failure of the run: a busy machine misses some.
"""

from __future__ import annotations

import importlib
import sys

# A name, its module with a `run() -> Iterator[Figure]`, and what it measures.
BENCHES = (
    (
        "encode",
        "bench.encode",
        "first byte of a cold track, alone and in a crowd; CPU of its encode",
    ),
    ("deliver", "bench.deliver", "cached files against nginx; many at once; against supysonic"),
    ("album", "bench.album", "a cold album as a ZIP against bare encoders side by side"),
    ("cache", "bench.cache", "encoding that the cache's policy saves against LRU and LFU"),
    ("ledger", "bench.ledger", "six-leg sales a second through the ledger over bare SQL"),
    ("purchase", "bench.purchase", "purchases a second, and their time over bare SQL"),
    ("coverage", "bench.coverage", "whether a track with 747 deals is licensed, there and then"),
    ("statement", "bench.statement", "a statement of ten million sale lines over a bare group-by"),
    ("store-year", "bench.store_year", "a simulated year of sales and mishaps: laws broken"),
)


def main(names: list[str]) -> int:
    """Run the benches named."""
    known = {name: module for name, module, _ in BENCHES}
    if not names:
        for name, _, what in BENCHES:
            print(f"{name:12} {what}")
        return 0
    if unknown := [name for name in names if name not in known and name != "all"]:
        print(f"no figure is called {', '.join(unknown)}; there are: {', '.join(known)}, all")
        return 2
    for name in known if "all" in names else names:
        for figure in importlib.import_module(known[name]).run():
            print(figure.as_json(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
