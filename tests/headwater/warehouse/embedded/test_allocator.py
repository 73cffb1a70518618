"""Memory for bodies is kept."""

import subprocess
import sys

_SCRIPT = """
import resource
from headwater.warehouse.embedded.allocator import keep_memory

keep_memory()

def receive():
    # Pieces of a body as they come and go: up to 16 MiB wait for the engine.
    for _ in range(20):
        pieces = [bytes(256 * 1024) for _ in range(64)]
        del pieces

receive()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
receive()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_pieces_that_come_and_go_cost_no_page_faults() -> None:
    output = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True).stdout
    # Mapped anew, they would be 64 pages each.
    assert int(output) < 20 * 64
