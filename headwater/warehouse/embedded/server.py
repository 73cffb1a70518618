"""The process: one data directory, one engine, one port."""

from pathlib import Path

from headwater.settings import HomeSettings, WarehouseSettings
from headwater.warehouse.embedded.app import Application
from headwater.warehouse.embedded.config import write_config
from headwater.warehouse.embedded.engine import Engine
from headwater.warehouse.embedded.execution import Executor


def serve(
    home: HomeSettings,
    warehouse: WarehouseSettings,
    *,
    host: str | None = None,
    port: int | None = None,
    data_dir: Path | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Raises StartError when it cannot start."""
    import uvicorn

    directory = (data_dir or home.warehouse_dir).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    host, port = host or warehouse.host, port or warehouse.port
    engine = Engine(directory, write_config(directory, warehouse.max_memory))
    executor = Executor(engine, warehouse.max_concurrent_queries)
    app = Application(executor, warehouse.user, warehouse.password.get_secret_value())
    print(f"ClickHouse {engine.version} at http://{host}:{port}, data in {directory}", flush=True)
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        server_header=False,
        timeout_keep_alive=30,
    )
    executor.sessions.close()
    engine.close()
