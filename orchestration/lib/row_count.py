"""How many rows a table has."""

from headwater.settings import WarehouseSettings
from headwater.warehouse.client import Warehouse

ROWS = "SELECT total_rows FROM system.tables WHERE database = {database:String} AND name = {table:String}"


def count_rows(warehouse: Warehouse, database: str, table: str) -> int:
    """Rows of a table of the MergeTree family; ClickHouse knows them without reading any. Duplicates included."""
    return int(warehouse.value(ROWS, {"database": database, "table": table}))


def count_table_rows(settings: WarehouseSettings, database: str, table: str) -> int:
    """`count_rows` with a client of its own. Raises WarehouseAway or WarehouseRefused."""
    with Warehouse(settings) as warehouse:
        return count_rows(warehouse, database, table)
