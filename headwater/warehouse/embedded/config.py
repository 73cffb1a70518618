"""The ClickHouse configuration the engine is started with."""

import re
from pathlib import Path
from xml.sax.saxutils import escape

from headwater.warehouse.embedded.query_id import ENGINE_LOG

_UNITS = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_TEMPLATE = """<clickhouse>
    <logger><level>none</level></logger>
    <max_server_memory_usage>{memory}</max_server_memory_usage>
    <users_config>{directory}/headwater-users.xml</users_config>
    <user_files_path>{directory}/user_files/</user_files_path>
    <access_control_improvements>
        <table_engines_require_grant>true</table_engines_require_grant>
    </access_control_improvements>
    <storage_configuration>
        <disks><backups><type>local</type><path>{directory}/backups/</path></backups></disks>
    </storage_configuration>
    <backups><allowed_disk>backups</allowed_disk></backups>
    <query_log>
        <database>system</database>
        <table>{log}</table>
        <partition_by>toYYYYMM(event_date)</partition_by>
        <ttl>event_date + INTERVAL 7 DAY DELETE</ttl>
        <flush_interval_milliseconds>2000</flush_interval_milliseconds>
    </query_log>
</clickhouse>
"""
# Everything, but nothing that reaches outside the data directory, and no view that runs with other rights than these.
# What remains of File is refused by confinement.check unless the server itself makes such a table.
_GRANTS = (
    "GRANT ALL ON *.*",
    "REVOKE SOURCES ON *.*",
    "GRANT READ, WRITE ON DISK",
    "REVOKE TABLE ENGINE ON *",
    "GRANT TABLE ENGINE ON File",
    "REVOKE SET DEFINER ON *",
    "REVOKE ALLOW SQL SECURITY NONE ON *.*",
    # chDB signals the whole process group: this server, and whoever started it.
    "REVOKE SYSTEM SHUTDOWN ON *.*",
    # Without them no statement works, and chDB has no other copy before it starts anew.
    "REVOKE DROP ON system.*",
)
# To compile what a query computes costs 5 ms, and building the models of a million events wins nothing back.
_NOT_COMPILED = ("compile_expressions", "compile_aggregate_expressions", "compile_sort_description")
_USERS = """<clickhouse>
    <profiles><default>{settings}</default></profiles>
    <quotas><default/></quotas>
    <users>
        <default>
            <password></password>
            <networks><ip>::/0</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
            <grants>{grants}</grants>
        </default>
    </users>
</clickhouse>
"""


def parse_bytes(text: str) -> int:
    """Bytes of ``4Gi``, ``512Mi`` or ``1048576``. Raises ValueError."""
    found = re.fullmatch(r"(\d+)\s*(|Ki|Mi|Gi|Ti)B?", text.strip())
    if found is None:
        raise ValueError(f"not a size: {text!r}; write bytes, or a number with Ki, Mi, Gi or Ti")
    return int(found[1]) * _UNITS[found[2]]


def write_config(directory: Path, max_memory: int, max_threads: int) -> Path:
    """Write the engine's configuration into the data directory and return its path.

    ``max_memory`` in bytes; ``max_threads`` of a query, 0 for one a core.
    """
    (directory / "user_files").mkdir(exist_ok=True)
    grants = "".join(f"<query>{grant}</query>" for grant in _GRANTS)
    settings = "".join(f"<{name}>0</{name}>" for name in _NOT_COMPILED)
    if max_threads:
        settings += f"<max_threads>{max_threads}</max_threads>"
    (directory / "headwater-users.xml").write_text(_USERS.format(grants=grants, settings=settings))
    path = directory / "headwater-config.xml"
    path.write_text(_TEMPLATE.format(memory=max_memory, directory=escape(str(directory)), log=ENGINE_LOG))
    return path
