"""`python -m headwater.warehouse.embedded`."""

import argparse
import sys
from pathlib import Path

from headwater.settings import HomeSettings, WarehouseSettings
from headwater.warehouse.embedded.error import StartError
from headwater.warehouse.embedded.server import serve


def main() -> int:
    """Run the server; exit code 1 and one line when it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m headwater.warehouse.embedded", description=serve.__doc__)
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on")
    parser.add_argument("--data-dir", type=Path, help="data directory")
    given = parser.parse_args()
    try:
        serve(HomeSettings(), WarehouseSettings(), host=given.host, port=given.port, data_dir=given.data_dir)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
