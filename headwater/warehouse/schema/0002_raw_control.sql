-- A copy of the control database's organizations and sites, replaced whole whenever it changed.
CREATE DATABASE IF NOT EXISTS raw_control;

CREATE TABLE IF NOT EXISTS raw_control.organizations
(
    id String,
    name String,
    created_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY id;

CREATE TABLE IF NOT EXISTS raw_control.sites
(
    id String,
    org_id String,
    name String,
    hosts Array(String),
    timezone String,
    created_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (org_id, id);
