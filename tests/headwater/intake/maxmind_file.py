"""Writes a small MaxMind database: the published format, version 2.0, IPv4, 24-bit records."""

import ipaddress
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_MAP, _TEXT, _UINT16, _UINT32, _UINT64, _ARRAY = 7, 2, 5, 6, 9, 11
_MARK = b"\xab\xcd\xefMaxMind.com"


def write_maxmind_file(path: Path, networks: Mapping[str, dict[str, Any]]) -> None:
    """One record for each network, as in ``{"192.0.2.0/24": {"country": {"iso_code": "CH"}}}``."""
    nodes: list[list[int | None]] = [[None, None]]
    data, offsets = b"", {}
    for network, record in networks.items():
        offsets[network] = len(data)
        data += _encode(record)
    leaves: list[tuple[int, int, int]] = []
    for network in networks:
        subnet = ipaddress.IPv4Network(network)
        bits = f"{int(subnet.network_address):032b}"[: subnet.prefixlen]
        node = 0
        for bit in bits[:-1]:
            following = nodes[node][int(bit)]
            if following is None:
                nodes.append([None, None])
                following = nodes[node][int(bit)] = len(nodes) - 1
            node = following
        leaves.append((node, int(bits[-1]), offsets[network]))
    count = len(nodes)
    for node, bit, offset in leaves:
        nodes[node][bit] = count + 16 + offset
    tree = b"".join((count if child is None else child).to_bytes(3) for children in nodes for child in children)
    metadata = {
        "node_count": (_UINT32, count),
        "record_size": (_UINT16, 24),
        "ip_version": (_UINT16, 4),
        "database_type": "Test-City",
        "languages": ["en"],
        "binary_format_major_version": (_UINT16, 2),
        "binary_format_minor_version": (_UINT16, 0),
        "build_epoch": (_UINT64, 1_700_000_000),
        "description": {"en": "test"},
    }
    path.write_bytes(tree + bytes(16) + data + _MARK + _encode(metadata))


def _encode(value: Any) -> bytes:
    if isinstance(value, dict):
        return _control(_MAP, len(value)) + b"".join(_encode(key) + _encode(inner) for key, inner in value.items())
    if isinstance(value, list):
        return _control(_ARRAY, len(value)) + b"".join(_encode(inner) for inner in value)
    if isinstance(value, tuple):
        kind, number = value
        digits = struct.pack(">Q", number).lstrip(b"\0")
        return _control(kind, len(digits)) + digits
    text = value.encode()
    return _control(_TEXT, len(text)) + bytes(text)


def _control(kind: int, size: int) -> bytes:
    assert size < 29
    return bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])
