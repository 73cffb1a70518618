"""What the kernel keeps this process from: Linux's Landlock, where it is there.

Grants and the reading of statements follow the engine's rules; this one holds however the engine is asked. Afterwards
the process opens files in its data directory only, besides the ones its libraries need; it starts no program and
connects to nothing.
"""

import ctypes
import os
import re
import site
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_CONNECT = 1 << 1
# Moving files between directories, which merges do, can only be allowed since version 2; TCP can be forbidden since 4.
_MOVES, _TRUNCATES, _CONNECTS = 2, 3, 4
_LIBRARIES = ("/usr", "/lib", "/lib64", "/opt", "/nix/store")
_FACTS = ("/sys", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/loadavg", "/proc/uptime", "/proc/vmstat")
# The engine reads what each of its threads has used. Refused, that is an exception a thread: 1 ms of a SELECT 1.
_OWN_FACTS = (
    "statm",
    "stat",
    "status",
    "smaps_rollup",
    "cgroup",
    "mountinfo",
    "maps",
    "io",
    "limits",
    "task",
    "loginuid",
)
# All that libraries read of the environment once it has been imported.
_PUBLIC = re.compile(rb"(?:TZ|LANG|LANGUAGE|LC_\w+|PATH|HOME)=")
_ENVIRONMENT = slice(47, 49)
_SETUP = ("/etc/localtime", "/etc/timezone", "/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/full")


def confine(directory: Path) -> bool:
    """Confine this process to a directory; whether the kernel could. Before any thread is started."""
    system = ctypes.CDLL(None, use_errno=True)
    _blank_environment()
    version = system.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    if version < _MOVES:
        return False
    files = (1 << (15 if version >= _TRUNCATES else 14)) - 1
    network = _CONNECT if version >= _CONNECTS else 0
    attributes = struct.pack("QQ", files, network)[: 16 if network else 8]
    ruleset = system.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    try:
        _allow(system, ruleset, directory, files & ~_EXECUTE)
        for path in _readable():
            _allow(system, ruleset, path, _READ | _LIST)
        for path in map(Path, _DEVICES):
            _allow(system, ruleset, path, _READ | _WRITE)
        # Without the promise to gain no privileges, only root may confine itself.
        confined: bool = (
            system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0 and system.syscall(_RESTRICT_SELF, ruleset, 0) == 0
        )
        return confined
    finally:
        os.close(ruleset)


def _blank_environment() -> None:
    """Wipe what the process was started with, secrets included, which each thread's directory in /proc shows.

    Python has read it into ``os.environ``, which stays.
    """
    try:
        # The fields behind the name, which may hold spaces, begin with the third.
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return
    start, end = map(int, fields[_ENVIRONMENT])
    if not 0 < start < end:
        return
    for entry in re.finditer(rb"[^\0]+", ctypes.string_at(start, end - start)):
        value = entry[0].find(b"=") + 1
        if value and not _PUBLIC.match(entry[0]):
            ctypes.memset(start + entry.start() + value, 0, len(entry[0]) - value)


def _readable() -> Iterator[Path]:
    yield from map(Path, (*_LIBRARIES, *_FACTS, *_SETUP))
    yield from (Path("/proc/self", name) for name in _OWN_FACTS)
    # Neither the working directory nor the project: secrets lie about there.
    yield from map(Path, (sys.base_prefix, *site.getsitepackages()))


def _allow(system: ctypes.CDLL, ruleset: int, path: Path, access: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not path.is_dir():
            access &= _EXECUTE | _WRITE | _READ | _TRUNCATE
        system.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", access, opened), 0)
    finally:
        os.close(opened)
