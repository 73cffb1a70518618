{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'day', 'currency', 'is_recurring'],
        meta={
            'upstream': ['fct_transactions'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_revenue_daily') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, day from {{ changes_of(plan, 'fct_transactions') }}
-- replaces
(org_id, site_id, day) in {{ scope }}
-- rows
{%- endif %}
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
{%- if plan.is_scoped %}
where {{ is_on_days(scope, 'occurred_at', ['org_id', 'site_id', 'day']) }}
{%- endif %}
group by org_id, site_id, day, currency, is_recurring
