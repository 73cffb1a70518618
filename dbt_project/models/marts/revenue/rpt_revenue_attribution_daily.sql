{{
    config(
        materialized='partitions',
        partition_by='toYYYYMM(day)',
        order_by=['org_id', 'site_id', 'day', 'model', 'channel', 'source', 'medium', 'campaign', 'currency'],
        meta={
            'upstream': ['fct_revenue_attribution'],
        },
    )
}}
{%- set plan = build_plan() %}
{%- set scope = scope_of('rpt_revenue_attribution_daily') %}
{{ plan.header }}
{%- if plan.is_scoped %}
select distinct org_id, site_id, day from {{ changes_of(plan, 'fct_revenue_attribution') }}
-- replaces
(org_id, site_id, day) in {{ scope }}
-- rows
{%- endif %}
select
    org_id,
    site_id,
    day,
    model,
    channel,
    source,
    medium,
    campaign,
    currency,
    uniqExactIf(fct.transaction_id, fct.kind = 'payment') as payments_touched,
    sumIf(fct.amount, fct.kind in ('payment', 'payment_failure')) as gross,
    sum(fct.amount) as net,
    sumIf(fct.amount, fct.is_first_payment and fct.kind in ('payment', 'payment_failure')) as first_gross,
    sumIf(fct.amount, fct.is_first_payment) as first_net,
    sumIf(fct.reporting_amount, fct.kind in ('payment', 'payment_failure')) as reporting_gross,
    sum(fct.reporting_amount) as reporting_net,
    any(fct.reporting_currency) as reporting_currency
from {{ ref('fct_revenue_attribution') }} as fct
{%- if plan.is_scoped %}
where {{ is_on_days(scope, 'occurred_at', ['org_id', 'site_id', 'day']) }}
{%- endif %}
group by org_id, site_id, day, model, channel, source, medium, campaign, currency
