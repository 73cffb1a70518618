-- Objects that an event names and Stripe would not show: one row each time it was asked for. It is refused no more when its
-- own table has a later version of it.
CREATE TABLE IF NOT EXISTS raw_stripe.refused_objects
(
    org_id LowCardinality(String),
    site_id LowCardinality(String),
    livemode Bool,
    object LowCardinality(String),
    id String,
    asked_at DateTime64(3, 'UTC'),
    reason String,
    loaded_at DateTime64(3, 'UTC') DEFAULT now64(3),
    INDEX loaded_at loaded_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, object, id, asked_at)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
