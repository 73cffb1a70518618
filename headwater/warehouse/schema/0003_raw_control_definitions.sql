-- What customers define on their sites, copied from the control database. `definition` is JSON text: its shape is
-- headwater.contracts.definition's, and staging decodes it.
CREATE TABLE IF NOT EXISTS raw_control.goals
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

CREATE TABLE IF NOT EXISTS raw_control.funnels
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

CREATE TABLE IF NOT EXISTS raw_control.cohorts
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

CREATE TABLE IF NOT EXISTS raw_control.channel_rules
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
