"""One load against a server of its own, to be watched from outside: `python -m tests.ingestion.load_traced`.

Reads its home and port from the environment; writes the folders of the events table's parts to stdout.
"""

import subprocess
import sys
import time

from headwater.settings import HomeSettings, WarehouseSettings
from headwater.warehouse.client import Warehouse, answers
from ingestion.loader import load_once
from tests.ingestion.landed import Landed


def main() -> None:
    settings, home = WarehouseSettings(), HomeSettings()
    server = subprocess.Popen([sys.executable, "-m", "headwater.warehouse.embedded"], stdout=subprocess.DEVNULL)
    try:
        while not answers(settings):
            if server.poll() is not None:
                sys.exit("the embedded ClickHouse did not start")
            time.sleep(0.05)
        Landed(home).land(3)
        load_once()
        with Warehouse(settings) as client:
            sql = "SELECT data_paths[1] FROM system.tables WHERE database = 'raw_events' AND name = 'events'"
            print(client.value(sql))
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
