"""A mapping that computes what it lacks and forgets the oldest: what is looked up for event after event."""

from collections.abc import Callable
from itertools import islice
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memo(dict[Key, Value]):
    """``memo[key]`` is ``compute(key)``, computed once while it is remembered.

    A hit costs one dictionary look-up. Beyond ``size`` entries the older half is forgotten.
    """

    def __init__(self, compute: Callable[[Key], Value], size: int) -> None:
        super().__init__()
        self._compute = compute
        self._size = size

    def __missing__(self, key: Key) -> Value:
        if len(self) >= self._size:
            for old in list(islice(self, self._size // 2)):
                self.pop(old, None)
        value = self[key] = self._compute(key)
        return value
