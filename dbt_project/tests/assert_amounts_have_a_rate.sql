{{ config(severity='warn') }}

-- Amounts that stand in their own currency because there is no rate of their day: load rates, or name another currency.
select currency, min(day) as first_day, max(day) as last_day, count() as transactions
from {{ ref('fct_transactions') }}
where reporting_currency != '{{ var("reporting_currency") }}'
group by currency
