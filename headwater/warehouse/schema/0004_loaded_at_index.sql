-- What was loaded since the last build is found without reading loaded_at of all rows: neighbours were loaded together.
ALTER TABLE raw_events.events ADD INDEX IF NOT EXISTS loaded_at loaded_at TYPE minmax GRANULARITY 1;
