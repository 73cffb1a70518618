"""A line as it may be kept: without the address of who sent it."""

import ipaddress
import re

_WORD = re.compile(r"[^\s\"',;()\[\]=]+")


def without_addresses(line: str) -> str:
    """The line with its first word, and whatever else is an address, replaced by ``-``."""
    first = True

    def replace(word: re.Match[str]) -> str:
        nonlocal first
        is_address = first or _is_address(word[0])
        first = False
        return "-" if is_address else word[0]

    return _WORD.sub(replace, line)


def _is_address(word: str) -> bool:
    if not (word.count(".") == 3 or ":" in word):
        return False
    try:
        ipaddress.ip_address(word.rpartition(":")[0] if word.count(":") == 1 else word)
    except ValueError:
        return False
    return True
