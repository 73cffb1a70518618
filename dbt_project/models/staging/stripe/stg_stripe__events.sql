{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(occurred_at)',
        order_by=['object_type', 'org_id', 'site_id', 'object_id', 'occurred_at'],
        settings={'index_granularity': 256},
        meta={
            'upstream': ['stg_stripe__connections'],
            'loaded_from': ['raw_stripe.events'],
            'logged': ['org_id', 'site_id', 'object_type', 'object_id', 'event_id'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_stripe__events') %}
{{ plan.header }}
{%- if plan.is_scoped %}
-- By event and not by object: the texts of an object's older events, 2 kB each, are left where they are.
select distinct org_id, site_id, object_type, object_id, id as event_id
from {{ source('raw_stripe', 'events') }}
where {{ loaded_since(plan, 'raw_stripe.events') }}
union distinct
select distinct org_id, site_id, object_type, object_id, id as event_id
from {{ source('raw_stripe', 'events') }}
where (org_id, site_id) in {{ changed_sites(plan, ['stg_stripe__connections']) }}
-- replaces
event_id in (select event_id from {{ scope }}) and (org_id, site_id, object_type, object_id, event_id) in {{ scope }}
-- rows
{%- endif %}
-- The object inside is cut out of the event here, once: every kind of object then reads its own slice of this table.
with events as (
    select *
    from {{ source('raw_stripe', 'events') }}
    where (org_id, site_id, livemode) in (
        select org_id, site_id, livemode from {{ ref('stg_stripe__connections') }}
    )
        -- What has no id is no object, and would be that of all that name none: an invoice that is to come.
        and object_id != ''
{%- if plan.is_scoped %}
        and id in (select event_id from {{ scope }})
        and (org_id, site_id, object_type, object_id, id) in {{ scope }}
{%- endif %}
    -- The feed and the webhook bring the same event; the feed's copy has the interface's version that we ask for.
    order by org_id, site_id, object_type, object_id, id, origin, loaded_at
    limit 1 by org_id, site_id, object_type, object_id, id
)

select
    org_id,
    site_id,
    id as event_id,
    toLowCardinality(type) as event_type,
    toLowCardinality(object_type) as object_type,
    object_id,
    created as occurred_at,
    is_deleted,
    JSONExtractRaw(object, 'data', 'object') as snapshot,
    loaded_at
from events
