"""ClickHouse: the client, the raw tables, and the embedded server."""
