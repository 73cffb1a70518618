{{ config(materialized='table', order_by=['currency', 'day']) }}

-- The base itself has the rate 1 on every day on which anything has a rate.
with rates as (
    select day, base, currency, rate, source
    from {{ ref('stg_rates__exchange_rates') }}
    union distinct
    select day, base, base as currency, toDecimal64(1, 8) as rate, max(source) as source
    from {{ ref('stg_rates__exchange_rates') }}
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
