-- Segments that customers define on their sites, copied from the control database as the other definitions are.
CREATE TABLE IF NOT EXISTS raw_control.segments
(
    id String,
    org_id String,
    site_id String,
    name String,
    definition String,
    created_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (org_id, site_id, id);
