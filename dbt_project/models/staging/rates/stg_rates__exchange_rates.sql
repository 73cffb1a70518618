{{ config(order_by=['currency', 'day']) }}

with published as (
    select * from {{ source('raw_rates', 'exchange_rates') }}
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
