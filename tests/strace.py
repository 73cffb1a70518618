"""Reading the order of a process's system calls, as `strace` wrote it."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_LINE = re.compile(r"^(?P<thread>\d+) +(?P<rest>.*)$")
_RESUMED = re.compile(r"^<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)$")
_UNFINISHED = re.compile(r"^(?P<call>.*?) *<unfinished \.\.\.>$")
_CALL = re.compile(r"^(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+|\?).*$")


@dataclass(frozen=True, slots=True)
class Call:
    """One system call. ``began`` and ``ended`` are places in the trace: of two events, the lower came first."""

    name: str
    arguments: str
    result: int
    began: int
    ended: int


def strace_command(output: Path, calls: str) -> list[str]:
    """How to start a process under strace, with the paths of its file handles shown. Fails the test without strace."""
    if shutil.which("strace") is None:
        pytest.fail("strace is absent, so the order of system calls is unproved; install it: apt-get install strace")
    return ["strace", "-f", "-y", "-qq", "-s", "200", "-e", f"trace={calls}", "-e", "signal=none", "-o", str(output)]


def read_calls(output: Path) -> list[Call]:
    """The calls, failed ones (``result`` below 0) included, in the order in which they returned."""
    return sorted(_calls(output), key=lambda call: call.ended)


def _calls(output: Path) -> Iterator[Call]:
    begun: dict[str, tuple[int, str]] = {}
    for place, line in enumerate(output.read_text(errors="replace").splitlines()):
        if not (parts := _LINE.match(line)):
            continue
        thread, text, began = parts["thread"], parts["rest"], place
        if unfinished := _UNFINISHED.match(text):
            begun[thread] = place, unfinished["call"]
            continue
        if resumed := _RESUMED.match(text):
            began, start = begun.pop(thread)
            text = start + resumed["rest"]
        if (call := _CALL.match(text)) and call["result"] != "?":
            yield Call(call["name"], call["arguments"], int(call["result"]), began, place)
