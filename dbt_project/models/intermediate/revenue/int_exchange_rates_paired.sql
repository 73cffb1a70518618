{{
    config(
        materialized='partitions',
        partition_by='toYear(day)',
        order_by=['currency', 'day'],
        meta={'upstream': ['stg_rates__exchange_rates'], 'logged': ['currency', 'day']},
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('int_exchange_rates_paired') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct day from {{ changes_of(plan, 'stg_rates__exchange_rates') }}
-- replaces
day in {{ scope }}
-- rows
{%- endif %}
-- The base itself has the rate 1 on every day on which anything has a rate.
with published as (
    select day, base, currency, rate, source
    from {{ ref('stg_rates__exchange_rates') }}
{%- if plan.is_scoped %}
    where day in {{ scope }}
{%- endif %}
),

rates as (
    select day, base, currency, rate, source
    from published
    union distinct
    select day, base, base as currency, toDecimal64(1, 8) as rate, max(published.source) as source
    from published
    group by day, base
),

reporting as (
    select day, base, rate
    from rates
    where currency = '{{ var("reporting_currency") }}'
)

select
    rates.currency as currency,
    rates.day as day,
    argMin(rates.rate, rates.base) as rate_from,
    argMin(reporting.rate, rates.base) as rate_to,
    argMin(rates.source, rates.base) as source
from rates
inner join reporting on reporting.day = rates.day and reporting.base = rates.base
group by currency, day
