-- Quotas of organizations, copied from the control database. `definition` is JSON text: its shape is
-- headwater.contracts.definition's, and staging decodes it.
CREATE TABLE IF NOT EXISTS raw_control.quotas
(
    id String,
    org_id String,
    name String,
    definition String,
    created_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (org_id, id);
