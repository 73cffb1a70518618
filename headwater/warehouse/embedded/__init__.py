"""ClickHouse in a process of its own: chDB behind ClickHouse's own HTTP interface.

From the wire inwards: ``app`` takes a request, ``request`` reads it, ``execution`` runs it from first to last byte,
``workspace`` is the connection it runs on (its own, or its ``session``'s), ``engine`` is chDB. ``answer`` writes what
goes back. Start it with ``python -m headwater.warehouse.embedded`` or ``server.serve``.
"""
