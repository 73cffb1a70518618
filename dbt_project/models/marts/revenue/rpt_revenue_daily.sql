{{ config(order_by=['org_id', 'site_id', 'day', 'currency', 'is_recurring']) }}

select
    org_id,
    site_id,
    day,
    currency,
    is_recurring,
    countIf(fct.kind = 'payment') as payments,
    uniqExactIf(customer_id, fct.kind = 'payment' and customer_id != '') as paying_customers,
    sumIf(fct.amount, fct.kind in ('payment', 'payment_failure')) as gross,
    -sumIf(fct.amount, fct.kind in ('refund', 'refund_failure')) as refunded,
    -sumIf(fct.amount, fct.kind in ('dispute', 'dispute_reversal')) as disputed,
    sum(fct.amount) as net,
    sumIf(fct.reporting_amount, fct.kind in ('payment', 'payment_failure')) as reporting_gross,
    -sumIf(fct.reporting_amount, fct.kind in ('refund', 'refund_failure')) as reporting_refunded,
    -sumIf(fct.reporting_amount, fct.kind in ('dispute', 'dispute_reversal')) as reporting_disputed,
    sum(fct.reporting_amount) as reporting_net,
    any(fct.reporting_currency) as reporting_currency,
    any(fct.exchange_rate) as exchange_rate,
    any(fct.rate_day) as rate_day,
    any(fct.rate_source) as rate_source
from {{ ref('fct_transactions') }} as fct
group by org_id, site_id, day, currency, is_recurring
