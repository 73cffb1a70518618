-- depends_on: {{ ref('stg_events__landing_segments') }}
{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(received_at)',
        order_by=['org_id', 'site_id', 'received_at'],
        meta={
            'loaded_from': ['raw_events.rejected_events'],
            'logged': ['org_id', 'site_id', 'received_at', 'code', 'collector_id', 'sequence'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_events__rejected_events') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select *
from {{ source('raw_events', 'rejected_events') }}
where {{ loaded_since(plan, 'raw_events.rejected_events') }}
-- replaces
toYYYYMM(received_at) in (select toYYYYMM(received_at) from {{ scope }})
    and (collector_id, sequence) in (select collector_id, sequence from {{ scope }})
-- rows
{%- endif %}
with rejected_events as (
    select * from {{ scope if plan.is_scoped else source('raw_events', 'rejected_events') }}
)

select
    received_at,
    org_id,
    site_id,
    code,
    reason,
    field,
    position,
    origin,
    source,
    body,
    collector_id,
    sequence
from rejected_events
limit 1 by collector_id, sequence
