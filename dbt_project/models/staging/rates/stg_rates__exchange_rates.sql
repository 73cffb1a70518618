{{
    config(
        materialized='partitions',
        partition_by='toYear(day)',
        order_by=['currency', 'day'],
        meta={'loaded_from': ['raw_rates.exchange_rates'], 'logged': ['day']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('stg_rates__exchange_rates') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct day
from {{ source('raw_rates', 'exchange_rates') }}
where {{ loaded_since(plan, 'raw_rates.exchange_rates') }}
-- replaces
day in {{ scope }}
-- rows
{%- endif %}
with published as (
    select *
    from {{ source('raw_rates', 'exchange_rates') }}
{%- if plan.is_scoped %}
    where day in {{ scope }}
{%- endif %}
)

select
    day,
    lower(published.base) as base,
    lower(published.currency) as currency,
    argMax(published.rate, (published.loaded_at, published.rate)) as rate,
    argMax(published.source, (published.loaded_at, published.rate)) as source
from published
where published.rate > 0
group by day, base, currency
