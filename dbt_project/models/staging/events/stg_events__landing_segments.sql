{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(loaded_at)',
        order_by=['collector_id', 'first_sequence'],
        meta={'loaded_from': ['raw_events.landing_segments']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_events__landing_segments') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select collector_id, first_sequence
from {{ source('raw_events', 'landing_segments') }}
where {{ loaded_since(plan, 'raw_events.landing_segments') }}
-- replaces
(collector_id, first_sequence) in {{ scope }}
-- rows
{%- endif %}
with segments as (
    select *
    from {{ source('raw_events', 'landing_segments') }}
{%- if plan.is_scoped %}
    where (collector_id, first_sequence) in {{ scope }}
{%- endif %}
)

select
    collector_id,
    first_sequence,
    last_sequence,
    events,
    rejected_events,
    sealed_at,
    loaded_at
from segments
order by loaded_at
limit 1 by collector_id, first_sequence
