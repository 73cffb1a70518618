"""What the kernel refuses to a confined process."""

import ctypes
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

_LANDLOCK_VERSION = 444
_SCRIPT = """
import json, os, socket, subprocess, sys
from pathlib import Path
from headwater.warehouse.embedded.sandbox import confine

inside, outside, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def refused(act):
    try:
        act()
    except PermissionError:
        return True
    return False

confined = confine(inside)
(inside / "a").mkdir()
(inside / "b").mkdir()
(inside / "a" / "x").write_text("x")
os.rename(inside / "a" / "x", inside / "b" / "x")
os.link(inside / "b" / "x", inside / "a" / "y")
print(json.dumps({
    "confined": confined,
    "read": refused((outside / "secret").read_text),
    "environment": refused(Path("/proc/self/environ").read_bytes),
    "threads": "s3cret" in Path("/proc/thread-self/environ").read_text(),
    "list": refused(lambda: os.listdir(outside)),
    "write": refused(lambda: (outside / "new").write_text("x")),
    "run": refused(lambda: subprocess.run(["true"])),
    "connect": refused(lambda: socket.create_connection(("127.0.0.1", port), 5)),
}))
"""


def test_confined_process_stays_in_its_directory(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret").write_text("s3cret")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [sys.executable, "-c", _SCRIPT, str(inside), str(outside), str(listening.getsockname()[1])]
        environment = {**os.environ, "HEADWATER_CLICKHOUSE_PASSWORD": "s3cret"}
        output = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    version = ctypes.CDLL(None).syscall(_LANDLOCK_VERSION, None, 0, 1)
    files = dict.fromkeys(("confined", "read", "environment", "list", "write", "run"), version >= 2)
    assert json.loads(output) == {**files, "threads": False, "connect": version >= 4}
