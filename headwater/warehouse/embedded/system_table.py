"""SHOW CREATE TABLE for the tables of system, whose definitions chDB does not keep."""

from headwater.warehouse.embedded.confinement import name_of
from headwater.warehouse.embedded.engine import Connection, quote
from headwater.warehouse.embedded.error import QueryError
from headwater.warehouse.embedded.statement import tokens

_UNKNOWN_TABLE = 60
_COLUMNS = """
    SELECT arrayStringConcat(groupArray('    `' || name || '` ' || type), ',\\n')
    FROM system.columns WHERE database = 'system' AND table = {name}
"""
_DEFINITION = """
    SELECT 'CREATE TABLE system.' || name || '\\n(\\n' || ({columns}) || '\\n)\\nENGINE = ' || engine AS statement
    FROM system.tables WHERE database = 'system' AND name = {name}
"""


def define(connection: Connection, sql: bytes, error: QueryError) -> bytes | None:
    """The SELECT that answers a SHOW CREATE TABLE which the engine refused for want of a definition, or None."""
    if error.code != _UNKNOWN_TABLE or "There is no metadata of table" not in str(error):
        return None
    found = list(tokens(sql))
    place = next((at for at, token in enumerate(found) if token.text == "." and token.kind == "other"), None)
    table = found[place + 1] if place is not None else found[-1]
    name = quote(name_of(table))
    if connection.value(f"SELECT count() FROM system.tables WHERE database = 'system' AND name = {name}") == "0":
        return None
    return _DEFINITION.format(columns=_COLUMNS.format(name=name), name=name).encode()
