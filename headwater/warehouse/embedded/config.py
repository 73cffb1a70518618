"""The ClickHouse configuration the engine is started with."""

import re
from pathlib import Path
from xml.sax.saxutils import escape

_UNITS = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_TEMPLATE = """<clickhouse>
    <logger><level>none</level></logger>
    <max_server_memory_usage>{memory}</max_server_memory_usage>
    <backups><allowed_path>{directory}/backups/</allowed_path></backups>
    <query_log>
        <database>system</database>
        <table>query_log</table>
        <partition_by>toYYYYMM(event_date)</partition_by>
        <ttl>event_date + INTERVAL 7 DAY DELETE</ttl>
        <flush_interval_milliseconds>5000</flush_interval_milliseconds>
    </query_log>
</clickhouse>
"""


def parse_bytes(text: str) -> int:
    """Bytes of ``4Gi``, ``512Mi`` or ``1048576``. Raises ValueError."""
    found = re.fullmatch(r"(\d+)\s*(|Ki|Mi|Gi|Ti)B?", text.strip())
    if found is None:
        raise ValueError(f"not a size: {text!r}; write bytes, or a number with Ki, Mi, Gi or Ti")
    return int(found[1]) * _UNITS[found[2]]


def write_config(directory: Path, max_memory: int) -> Path:
    """Write the engine's configuration into the data directory and return its path. ``max_memory`` in bytes."""
    path = directory / "headwater-config.xml"
    path.write_text(_TEMPLATE.format(memory=max_memory, directory=escape(str(directory))))
    return path
