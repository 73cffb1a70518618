"""Metrics: defined once in the dbt project's semantic layer, compiled to ClickHouse SQL, served as JSON."""
