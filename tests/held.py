"""What an object keeps in memory."""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator
from functools import lru_cache

_CODE = (type, types.ModuleType, types.FunctionType, type(lru_cache()(int)))


def bytes_within(root: object) -> Iterator[bytes]:
    """All bytes that are held by it, but for what code holds."""
    seen, left = {id(root)}, [root]
    while left:
        held = left.pop()
        if isinstance(held, bytes):
            yield held
        for each in gc.get_referents(held):
            if id(each) not in seen and not isinstance(each, _CODE):
                seen.add(id(each))
                left.append(each)
