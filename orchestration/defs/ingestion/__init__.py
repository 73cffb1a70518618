"""Raw tables, loaded by dlt."""
